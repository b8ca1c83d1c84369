"""How long things may be: files 400 lines, headers 120, functions 40. sizes.ratchet lists the exceptions."""

import re

from support.lint import LintTest, files, main, text_of

FILE, HEADER, FUNCTION = 400, 120, 40
RATCHET = "tests/lint/sizes.ratchet"


def limit_of(name):
    return HEADER if name.endswith(".h") else FILE


def is_source(name):
    if name.endswith((".c", ".h", ".py", ".sql", ".js", ".css", ".build")):
        return True
    return "." not in name.rpartition("/")[2] and text_of(name).startswith("#!")


def functions(text):
    """(name, first line, lines) of each function of a C file, as clang-format lays it out."""
    lines = text.splitlines()
    start = None
    for number, line in enumerate(lines):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            head = " ".join(lines[max(0, start - 4):start])
            named = re.findall(r"(\w+)\s*\(", re.split(r"[;}]|\*/", head)[-1])
            yield (named[0] if named else "?"), start + 1, number - start - 1
            start = None


def measured():
    """{what: (size, limit)} of everything that is too long."""
    found = {}
    for name in files():
        try:
            if not is_source(name):
                continue
        except UnicodeDecodeError:
            continue
        text = text_of(name)
        size = len(text.splitlines())
        if size > limit_of(name):
            found[name] = (size, limit_of(name))
        if name.endswith((".c", ".h")) and not name.startswith("tests/"):
            for function, _, length in functions(text):
                if length > FUNCTION:
                    found[f"{name}:{function}"] = (length, FUNCTION)
    return found


def ratchet():
    rows = [line.split() for line in text_of(RATCHET).splitlines() if line and not line.startswith("#")]
    return {row[0]: int(row[1]) for row in rows}


class Sizes(LintTest):
    def test_nothing_is_too_long(self):
        allowed = ratchet()
        self.assert_none(f"{what}: {size} lines, at most {max(limit, allowed.get(what, 0))}"
                         for what, (size, limit) in measured().items() if size > allowed.get(what, limit))

    def test_the_ratchet_only_tightens(self):
        now = measured()
        self.assert_none(f"{RATCHET}: {what} stands with {size} and has {now.get(what, ('no more than allowed',))[0]}: "
                         "tighten it" for what, size in ratchet().items() if now.get(what, (0,))[0] < size)


if __name__ == "__main__":
    main()
