"""config/packages: each package has its reason, and the README's table says the same."""

import re

from support.lint import LintTest, main, text_of


def packages():
    """(section, name, reason) of each line."""
    section = None
    for line in text_of("config/packages").splitlines():
        if re.fullmatch(r"\[\w+\]", line):
            section = line[1:-1]
        elif line and not line.startswith("#"):
            name, _, reason = line.partition("#")
            yield section, name.strip(), reason.strip()


class Packages(LintTest):
    def test_each_has_its_reason(self):
        self.assert_none(f"{name}: no reason" for _, name, reason in packages() if len(reason) < 10)

    def test_none_stands_twice(self):
        names = [name for _, name, _ in packages()]
        self.assertEqual(sorted(set(names)), sorted(names))

    def test_sections_are_those_of_the_installer(self):
        self.assertEqual(list(dict.fromkeys(section for section, _, _ in packages())), ["run", "build", "test", "bench", "peers"])

    def test_readme_says_the_same(self):
        rows = re.findall(r"^\| `([\w.+-]+)` \| (\w+) \| (.*) \|$", text_of("README.md"), re.M)
        self.assertEqual([(section, name, reason) for name, section, reason in rows], list(packages()))


if __name__ == "__main__":
    main()
