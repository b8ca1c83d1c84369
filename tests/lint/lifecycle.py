"""The lifecycle of lib/lifecycle is the one that the database guards."""

import subprocess

from support.house import BUILD, ROOT
from support.kezek import World
from support.lint import LintTest, main


class Lifecycle(LintTest):
    def test_c_and_sql_are_one(self):
        world = World(test_clock=False, start=False)
        self.addCleanup(world.close)
        said = subprocess.run([BUILD / "lifecycle-table"], stdout=subprocess.PIPE, text=True, check=True)
        in_c = sorted({tuple(line.split("\t")[:3]) for line in said.stdout.splitlines()})
        in_sql = sorted((row[0] or "", row[1], row[2]) for row in world.sql(
            "SELECT from_state, act, to_state FROM kezek.lifecycle"))
        self.assertGreater(len(in_c), 20)
        self.assertEqual(in_c, in_sql)

    def test_the_page_is_the_table(self):
        said = subprocess.run([BUILD / "lifecycle-table", "page"], stdout=subprocess.PIPE, text=True, check=True).stdout
        page = ROOT / "lib" / "lifecycle.md"
        self.assertEqual(page.read_text(encoding="utf-8"), said, "make it anew: lifecycle-table page > lib/lifecycle.md")


if __name__ == "__main__":
    main()
