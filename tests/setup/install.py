"""What `meson install` puts where, and that it works from there."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from support.house import run
from support.kezek import main

# Installed are programs without sanitizers.
BUILD = pathlib.Path(os.environ.get("KEZEK_BUILD_GCC") or "")


@unittest.skipUnless((BUILD / "build.ninja").exists(), "the gcc build is not there")
class Installing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="kezek-install-", dir="/tmp"))
        cls.addClassCleanup(shutil.rmtree, cls.root, ignore_errors=True)
        run("meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", cls.root)
        cls.prefix = cls.root / "usr" / "local"

    def test_everything_is_there(self):
        found = {str(p.relative_to(self.prefix)) for p in self.prefix.rglob("*") if p.is_file()}
        for name in ("bin/kezek", "sbin/kezekd", "include/kezek/kezek.h", "include/kezek/types.h",
                     "lib/systemd/system/kezekd.service", "lib/systemd/system/kezekd.socket",
                     "lib/sysusers.d/kezek.conf", "lib/tmpfiles.d/kezek.conf", "share/man/man1/kezek.1",
                     "share/man/man5/kezekd.conf.5", "share/man/man8/kezekd.8", "share/kezek/roles.sql",
                     "share/kezek/kezekd.conf", "share/kezek/calendars/kg-state.json"):
            self.assertIn(name, found)
        self.assertTrue(any(name.endswith("pkgconfig/kezek.pc") for name in found))

    def test_programs_run_from_there(self):
        self.assertRegex(run(self.prefix / "sbin" / "kezekd", "--version").stdout, r"^kezekd \d")
        self.assertRegex(run(self.prefix / "bin" / "kezek", "version").stdout, r"\d+\.\d+")

    def test_nothing_needs_a_library_that_is_not_listed(self):
        # Each shared library must come from a package of config/packages, or from one that is always there.
        from support.lint import text_of
        listed = {line.split()[0] for line in text_of("config/packages").splitlines()
                  if line and line[0] not in "#["} | {"libc6", "libgcc-s1"}
        for program in ("sbin/kezekd", "bin/kezek"):
            said = run("readelf", "-d", self.prefix / program).stdout
            needed = [line.split("[")[1].rstrip("]") for line in said.splitlines() if "(NEEDED)" in line]
            self.assertTrue(needed)
            for library in needed:
                package = owner_of(library)
                self.assertIn(package, listed, f"{program} needs {library} of {package}")

    def test_a_client_program_builds_against_the_installed_library(self):
        source = self.root / "client.c"
        source.write_text("#include <kezek/kezek.h>\nint main(void) { return 0; }\n")
        compile_ = ["gcc", "-Wall", "-Wextra", "-Werror", "-std=c11", f"-I{self.prefix}/include", str(source), "-o",
                    str(self.root / "client")]
        done = subprocess.run(compile_, text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)


def owner_of(library):
    """The Debian package that a shared library belongs to."""
    paths = [line.split()[-1] for line in run("/sbin/ldconfig", "-p").stdout.splitlines()
             if line.strip().startswith(library + " ")]
    for path in dict.fromkeys([*paths, *(str(pathlib.Path(p).resolve()) for p in paths)]):
        for name in (path, path.removeprefix("/usr"), "/usr" + path):
            done = run("dpkg-query", "-S", name, check=False)
            if done.returncode == 0:
                return done.stdout.split(":")[0]
    return None


if __name__ == "__main__":
    main()
