"""The C files look as clang-format lays them out."""

import re
import subprocess

from support.lint import ROOT, LintTest, files, main, text_of


class Style(LintTest):
    def test_clang_format_changes_nothing(self):
        said = subprocess.run(["clang-format", "--dry-run", "-Werror", *files(".c", ".h")], cwd=ROOT,
                              stderr=subprocess.PIPE, text=True, check=False)
        wrong = sorted(set(re.findall(r"^(\S+?):\d+:\d+: error", said.stderr, re.M)))
        self.assert_none(f"{name}: run clang-format -i on it" for name in wrong)
        self.assertEqual(said.returncode, 0, said.stderr[:2000])

    def test_a_file_opens_with_its_purpose(self):
        self.assert_none(f"{name}: does not begin with a comment" for name in files(".c", ".h", ".def")
                         if not text_of(name).startswith("/*"))

    def test_a_header_is_read_once(self):
        self.assert_none(f"{name}: no #pragma once" for name in files(".h")
                         if "#pragma once" not in text_of(name))

    def test_no_typedef(self):
        offences = []
        for name in files(".c", ".h"):
            for number, line in enumerate(text_of(name).splitlines(), 1):
                if re.match(r"\s*typedef\b", line):
                    offences.append(f"{name}:{number}: {line.strip()}")
        self.assert_none(offences)


if __name__ == "__main__":
    main()
