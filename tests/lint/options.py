"""Every option of daemon/settings.h stands in kezekd.conf(5) and in config/kezekd.conf, and nothing else does."""

import re

from support.lint import LintTest, main, text_of

MANUAL = "daemon/kezekd.conf.5"
EXAMPLE = "config/kezekd.conf"


def settings():
    """{name: default} of the SETTINGS table."""
    text = text_of("daemon/settings.h")
    rows = re.findall(r'\bX\((\w+),\s*(?:path|string|list|port|count|bytes|seconds),\s*"([^"]*)"', text)
    return dict(rows)


def described():
    """{name: default} of the manual: `.It Ic name = default`."""
    found = {}
    for line in text_of(MANUAL).splitlines():
        row = re.fullmatch(r"\.It Ic (\w+) =(?: (.*))?", line)
        if row:
            found[row[1]] = (row[2] or "").strip('"')
    return found


def shown():
    """{name: default} of the example: `#name = default`."""
    return dict(re.findall(r"^#(\w+) =[ ]?(.*)$", text_of(EXAMPLE), re.M))


class Options(LintTest):
    def test_the_table_is_found(self):
        self.assertGreater(len(settings()), 20)

    def test_manual_holds_each_option_with_its_default(self):
        self.assertEqual(described(), settings())

    def test_example_holds_each_option_with_its_default(self):
        self.assertEqual(shown(), settings())


if __name__ == "__main__":
    main()
