"""The house itself: its rooms, their READMEs, clean text, no trace of somebody's machine."""

import re
import subprocess

from support.lint import ROOT, LintTest, files, folders, main, text_of

TOP = {"LICENSE", "README.md", "meson.build", "meson_options.txt", "config", "daemon", "include", "lib", "migrations",
       "systemd", "tests"}
SCREEN = 45
# Folders of data or of one kind of file, which the README above them speaks of.
SPOKEN_FOR = {"include", "daemon/db/sql", "lib/words", "migrations/functions", "tests", "tests/data/calendars",
              "tests/data/terms", "tests/isolation/specs", "tests/lint", "tests/unit"}
# Built from parts, so that this file does not find itself.
TRACES = re.compile("|".join([
    "/(?:" + "work|farm)/(?:main|steering|in|out|shared)", "bash" + "_jobs", "/" + "tmp/kw", r"/\." + "library",
    "/ho" + "me/[a-z]", "/Us" + "ers/[A-Za-z]", "/ro" + r"ot/\.", "farm-(?:" + "studio|bench)"]))


def is_binary(name):
    return b"\0" in (ROOT / name).read_bytes()


def plain_files():
    return [name for name in files() if not name.startswith("tests/fuzz/corpus/") and not is_binary(name)]


class House(LintTest):
    def test_the_top_level_is_fixed(self):
        self.assertEqual(sorted({n.split("/")[0] for n in files() if not n.startswith(".")} - TOP), [])

    def test_every_folder_says_who_lives_there(self):
        def is_spoken_for(folder):
            parts = folder.split("/")
            return folder in SPOKEN_FOR or parts[0].startswith(".") or parts[:3] == ["tests", "fuzz", "corpus"] \
                or parts[0] == "config" and len(parts) > 1

        self.assert_none(f"{folder}: no README.md" for folder in folders()
                         if not is_spoken_for(folder) and not (ROOT / folder / "README.md").exists())

    def test_a_readme_fits_a_screen(self):
        self.assert_none(f"{name}: {len(text_of(name).splitlines())} lines, at most {SCREEN}"
                         for name in files("README.md") if "/" in name and len(text_of(name).splitlines()) > SCREEN)

    def test_no_trace_of_somebodys_machine(self):
        offences = []
        for name in plain_files():
            for number, line in enumerate(text_of(name).splitlines(), 1):
                if TRACES.search(line):
                    offences.append(f"{name}:{number}: {line.strip()[:120]}")
        self.assert_none(offences)

    def test_nothing_is_left_for_later(self):
        later = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX)\b")
        offences = []
        for name in plain_files():
            for number, line in enumerate(text_of(name).splitlines(), 1):
                # mktemp's pattern is no note.
                if later.search(line) and not re.search(r"X{4}", line):
                    offences.append(f"{name}:{number}: {line.strip()[:120]}")
        self.assert_none(offences)

    def test_text_is_clean(self):
        offences = []
        for name in plain_files():
            data = (ROOT / name).read_bytes()
            if not data or name == "LICENSE":
                continue
            if not data.endswith(b"\n"):
                offences.append(f"{name}: does not end with a line break")
            if b"\r" in data or data.startswith(b"\xef\xbb\xbf"):
                offences.append(f"{name}: a CR or a BOM")
            for number, line in enumerate(data.decode("utf-8").split("\n"), 1):
                if line != line.rstrip():
                    offences.append(f"{name}:{number}: blanks at the end of the line")
        self.assert_none(offences)

    def test_links_in_readmes_lead_somewhere(self):
        offences = []
        for name in files(".md"):
            for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", text_of(name)):
                if not (ROOT / name).parent.joinpath(link).exists():
                    offences.append(f"{name}: {link}")
        self.assert_none(offences)


class Scripts(LintTest):
    def test_shell_scripts_are_well_formed(self):
        offences = []
        for name in plain_files():
            first = text_of(name).partition("\n")[0]
            if re.match(r"#!.*\b(ba)?sh\b", first):
                shell = "bash" if "bash" in first else "sh"
                done = subprocess.run([shell, "-n", str(ROOT / name)], stderr=subprocess.PIPE, text=True, check=False)
                if done.returncode:
                    offences.append(f"{name}: {done.stderr.strip()}")
        self.assert_none(offences)

    def test_scripts_can_be_run_and_only_they(self):
        offences = []
        for name in plain_files():
            is_script = text_of(name).startswith("#!")
            if is_script != bool((ROOT / name).stat().st_mode & 0o100):
                offences.append(f"{name}: {'not executable' if is_script else 'executable without a #! line'}")
        self.assert_none(offences)

    def test_python_compiles_and_needs_only_what_it_brings(self):
        import sys
        known = set(sys.stdlib_module_names) | {"support"}
        offences = []
        for name in plain_files():
            text = text_of(name)
            if not name.endswith(".py") and not re.match(r"#!.*python", text):
                continue
            compile(text, name, "exec")
            here = (ROOT / name).parent
            tests = ROOT / "tests"  # where the path of every test begins
            beside = {p.stem for p in here.glob("*.py")} | {p.parent.name for p in here.glob("*/__init__.py")}
            beside |= {p.stem for p in tests.glob("*.py")} if tests in here.parents else set()
            for module in re.findall(r"^\s*(?:import|from) (\w+)", text, re.M):
                if module not in known | beside:
                    offences.append(f"{name}: imports {module}, which is not of the standard library")
        self.assert_none(offences)


if __name__ == "__main__":
    main()
