"""The README's table of measurements is what tests/bench/table wrote there, of rows that tests/bench/run has."""

import re

from support.lint import ROOT, LintTest, main, text_of

BEGIN, END = "<!-- tests/bench/table: begin -->", "<!-- tests/bench/table: end -->"


def rows():
    """The names of the rows, as their functions have them."""
    found = []
    for path in sorted((ROOT / "tests" / "bench").glob("*.py")):
        found += re.findall(r"^@row\ndef (\w+)\(", path.read_text(encoding="utf-8"), re.M)
    return {name.rstrip("_") for name in found}


class Table(LintTest):
    def setUp(self):
        self.readme = text_of("README.md")

    def test_its_marks_stand_once_and_in_order(self):
        self.assertEqual([mark for mark in re.findall(r"^<!-- .* -->$", self.readme, re.M) if "bench" in mark],
                         [BEGIN, END])
        program = text_of("tests/bench/table")
        self.assertIn(BEGIN, program)
        self.assertIn(END, program)

    def test_its_rows_are_known(self):
        shown = re.findall(r"^\| `(\w+)` ", self.readme.partition(BEGIN)[2].partition(END)[0], re.M)
        self.assertEqual([name for name in shown if name not in rows()], [])
        self.assertEqual(sorted(set(shown)), sorted(shown))


if __name__ == "__main__":
    main()
