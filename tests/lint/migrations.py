"""Migrations are numbered without a gap, and one that has been released is never changed."""

import hashlib
import re

from support.lint import ROOT, LintTest, main

MIGRATIONS = ROOT / "migrations"


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def released():
    """{file name: checksum}, as `sha256sum` writes it; empty until the first release."""
    rows = [line.split() for line in (MIGRATIONS / "released").read_text().splitlines()
            if line and not line.startswith("#")]
    return {name: checksum for checksum, name in rows}


class Migrations(LintTest):
    def test_numbers_have_no_gap(self):
        names = sorted(path.name for path in MIGRATIONS.glob("[0-9]*.sql"))
        self.assertTrue(names)
        self.assert_none(name for name in names if not re.fullmatch(r"\d{4}_[a-z0-9_]+\.sql", name))
        self.assertEqual([int(name[:4]) for name in names], list(range(1, len(names) + 1)))

    def test_released_ones_stand_as_they_were(self):
        self.assert_none(f"migrations/{name}: changed after its release; write a new one"
                         for name, checksum in released().items() if digest(MIGRATIONS / name) != checksum)

    def test_released_ones_are_the_first(self):
        names = sorted(path.name for path in MIGRATIONS.glob("[0-9]*.sql"))
        self.assertEqual(sorted(released()), names[:len(released())])


if __name__ == "__main__":
    main()
