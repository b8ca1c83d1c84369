"""The lifecycle of lib/lifecycle is the one that the database guards."""

import subprocess

from support.house import BUILD
from support.kezek import World
from support.lint import LintTest, main


class Lifecycle(LintTest):
    def test_c_and_sql_are_one(self):
        world = World(test_clock=False, start=False)
        self.addCleanup(world.close)
        said = subprocess.run([BUILD / "tests" / "lifecycle-table"], stdout=subprocess.PIPE, text=True, check=True)
        head, *rows = [line.split("\t") for line in said.stdout.splitlines()]
        self.assertEqual(head[:3], ["from", "act", "to"])
        in_c = sorted({tuple(row[:3]) for row in rows})
        in_sql = sorted((row[0] or "new", row[1], row[2]) for row in world.sql(
            "SELECT from_state, act, to_state FROM kezek.lifecycle"))
        self.assertGreater(len(in_c), 20)
        self.assertEqual(in_c, in_sql)


if __name__ == "__main__":
    main()
