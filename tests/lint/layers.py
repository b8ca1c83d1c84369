"""Who may include whom: each folder's one-line rule in .may_include, and what the pure rooms may call."""

import fnmatch
import pathlib
import re
import subprocess

from support.house import BUILD
from support.lint import ROOT, LintTest, files, main, text_of

ROOMS = ["include/kezek", "lib", "lib/client", "daemon", "daemon/net", "daemon/db", "daemon/api", "daemon/jobs",
         "daemon/cli"]
# <c>: the language's own library, without clock, files and terminal, which are policed by symbol below.
STANDARD = """assert complex ctype errno fenv float inttypes limits math setjmp stdalign stdarg stdatomic stdbool
stddef stdint stdio stdlib stdnoreturn string strings uchar wchar wctype endian""".split()
FOREIGN = ("event2/", "libpq-fe.h", "postgres", "openssl/", "json-c/", "curl/", "systemd/", "qrencode.h")
# What a pure room may not call: clocks, descriptors, the environment, processes, threads, chance.
IMPURE = re.compile(
    r"^(time|clock|gettimeofday|clock_\w+|localtime\w*|mktime|nanosleep|usleep|sleep|getenv|secure_getenv|setenv|"
    r"open(at)?(64)?|creat|read|write|pread\w*|pwrite\w*|close|socket|connect|accept4?|listen|bind|send\w*|recv\w*|"
    r"poll|select|epoll_\w+|f(re)?open(64)?|fread|fwrite|fgets|fputs|puts|v?printf|v?dprintf|v?fprintf|syslog|"
    r"perror|fork|exec\w*|system|popen|signal|sigaction|kill|pthread_\w+|thrd_\w+|s?rand(om)?(_r)?|getrandom|"
    r"getpid|gethostname|setlocale|__(v?f?printf|dprintf)_chk|event_\w+|evbuffer_\w+|PQ\w+|SSL_\w+|EVP_\w+|sd_\w+)$")


def is_standard(header):
    return header.removesuffix(".h") in STANDARD


def allows(token, header, is_system):
    """Does one token of a rule allow this include? A `*` stops at a slash."""
    if token == "<c>":
        return is_system and is_standard(header)
    if token == "<posix>":
        return is_system and not header.startswith(FOREIGN)
    if token.startswith("<"):
        if not is_system:
            return False
        token = token.strip("<>")
    elif is_system:
        return False
    return token.count("/") == header.count("/") and fnmatch.fnmatchcase(header, token)


def rules_of(room):
    """{file name or "": tokens}: the folder's line, then lines `file: …` for single files."""
    rules = {}
    for line in text_of(f"{room}/.may_include").splitlines():
        name, colon, rest = line.partition(":")
        rules[name if colon else ""] = (rest if colon else line).split()
    return rules


class Layers(LintTest):
    def test_every_room_has_its_rule(self):
        self.assert_none(f"{room}: no .may_include" for room in ROOMS
                         if list((ROOT / room).glob("*.[ch]")) and not (ROOT / room / ".may_include").exists())

    def test_includes_follow_the_rules(self):
        offences = []
        for room in ROOMS:
            if not (ROOT / room / ".may_include").exists():
                continue
            rules = rules_of(room)
            for name in files(".c", ".h", ".def"):
                path = pathlib.PurePath(name)
                if str(path.parent) != room:
                    continue
                tokens = rules.get(path.name, rules[""])
                for number, line in enumerate(text_of(name).splitlines(), 1):
                    found = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line)
                    if not found:
                        continue
                    header = found[2].removeprefix("include/")
                    if not any(allows(token, header, found[1] == "<") for token in tokens):
                        offences.append(f"{name}:{number}: may not include {found[2]}")
        self.assert_none(offences)

    def test_the_rules_library_is_pure(self):
        library = BUILD / "lib" / "librules.a"
        said = subprocess.run(["nm", "-u", "-A", str(library)], stdout=subprocess.PIPE, text=True, check=True)
        offences = []
        for line in said.stdout.splitlines():
            symbol = line.split()[-1].partition("@")[0]
            if IMPURE.match(symbol):
                offences.append(f"{line.split(':')[1]}: calls {symbol}")
        self.assert_none(offences)

    def test_no_sql_text_in_c(self):
        sql = re.compile(r'"\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|CALL|CREATE|ALTER|DROP)\s[^"]*"')
        # What makes the schema runs before there is one to prepare statements against.
        before_the_schema = {"daemon/db/migrate.c", "daemon/db/bootstrap.c", "daemon/db/partitions.c"}
        offences = []
        for name in files(".c", ".h"):
            if name.startswith("daemon/") and name not in before_the_schema:
                for number, line in enumerate(text_of(name).splitlines(), 1):
                    if sql.search(line):
                        offences.append(f"{name}:{number}: SQL belongs into daemon/db/sql: {line.strip()}")
        self.assert_none(offences)


if __name__ == "__main__":
    main()
