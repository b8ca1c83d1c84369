"""The manual pages: well formed, and of what there is."""

import re
import subprocess

from support.lint import ROOT, LintTest, files, main, text_of

PAGES = re.compile(r"\.[1-8]$")


class Manual(LintTest):
    def test_pages_are_well_formed(self):
        pages = [name for name in files() if PAGES.search(name)]
        self.assertGreaterEqual(len(pages), 2)
        said = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *pages], cwd=ROOT, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        self.assert_none(said.stdout.splitlines())

    def test_every_command_line_option_of_kezekd_is_described(self):
        page = text_of("daemon/kezekd.8")
        known = set(re.findall(r'\{"([a-z][a-z-]+)",\s*(?:no_argument|required_argument|optional_argument)',
                               "".join(text_of(n) for n in files(".c") if n.startswith("daemon/")
                                       and not n.startswith("daemon/cli/"))))
        self.assertIn("config", known)
        self.assert_none(f"daemon/kezekd.8: --{option} is not described" for option in sorted(known)
                         if f"Fl Fl {option}" not in page and f"Fl -{option}" not in page)

    def test_every_verb_and_option_of_kezek_is_described(self):
        page = text_of("daemon/cli/kezek.1")
        verbs = re.findall(r'^X\(\w+, \w+, "([a-z -]+?)(?: \[?[A-Z].*?)?"', text_of("daemon/cli/phrases.def"), re.M)
        options = re.findall(r'^X\(\w+, "([a-z-]+)"', text_of("daemon/cli/options.def"), re.M)
        self.assertIn("catalogue load", verbs)
        self.assertGreater(len(options), 60)
        described = set(re.findall(r"-([a-z][a-z-]*)", " ".join(re.findall(r"^.*\bFl .*$|^\.It Fl.*$", page, re.M))))
        self.assert_none(f"daemon/cli/kezek.1: {verb} is not described" for verb in verbs
                         if not re.search(rf"^\.It Ic {verb}( |$)", page, re.M))
        self.assert_none(f"daemon/cli/kezek.1: --{option} is not described" for option in options
                         if option not in described)


if __name__ == "__main__":
    main()
