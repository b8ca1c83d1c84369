"""Every spec's every permutation, run by PostgreSQL's isolationtester; after each, what must hold does."""

import math
import pathlib
import re
import subprocess
import unittest

from support.kezek import ROOT, main
from support.world import World

HERE = ROOT / "tests" / "isolation"
TESTER = pathlib.Path("/usr/lib/postgresql/15/lib/pgxs/src/test/isolation/isolationtester")  # of postgresql-client-15


def permutations_of(text):
    """As many as there are orders of its steps in which each session's own keep theirs."""
    sessions = [len(re.findall(r"^step ", part, re.M)) for part in re.split(r"^session ", text, flags=re.M)[1:]]
    return math.factorial(sum(sessions)) // math.prod(map(math.factorial, sessions))


class Permutations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = World(start=False)
        cls.world.sql((HERE / "ground.sql").read_text(encoding="utf-8"))
        # Compiling a look at all partitions takes seconds, the look none.
        cls.world.sql(f'ALTER DATABASE "{cls.world.database}" SET jit = off')

    def run_spec(self, path):
        text = path.read_text(encoding="utf-8")
        conninfo = self.world.cluster.conninfo(self.world.database, "postgres")
        done = subprocess.run([TESTER, conninfo], input=text, capture_output=True, text=True, timeout=120, check=False,
                              env={"PGISOLATIONTIMEOUT": "20"})
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout[-2000:])
        runs = done.stdout.split("starting permutation:")[1:]
        self.assertEqual(len(runs), permutations_of(text))
        for run in runs:
            order, _, rest = run.partition("\n")
            self.assertNotIn("ERROR", rest, order)
            self.assertRegex(rest, r"broken\n-+\n\(0 rows\)", order)
        return runs

    def test_nobody_is_waited_for_in_vain(self):
        """The stage itself: in some permutations sessions do wait for each other, else nothing would be proved."""
        runs = self.run_spec(HERE / "specs" / "claim_claim.spec")
        self.assertTrue(any("<waiting ...>" in run for run in runs))
        self.assertTrue(any("<waiting ...>" not in run for run in runs))

    def test_what_is_broken_is_said(self):
        """The judge is no formality: an event without a place in the feed, a claim without a holder."""
        self.world.sql("SELECT FROM iso.start(1); SELECT FROM iso.claim('ann', 1)")
        self.assertEqual(self.world.sql("SELECT * FROM iso.broken()"), [])
        found = self.world.sql("""BEGIN; UPDATE kezek.event SET position = NULL WHERE request = iso.id(1) AND kind = 'claim';
            UPDATE kezek.work SET claim = NULL WHERE request = iso.id(1); SELECT left(broken, 14) FROM iso.broken(); ROLLBACK""")
        self.assertEqual({row[0] for row in found}, {"the feed has h", "state and hold"})


def add(path):
    setattr(Permutations, f"test_{path.stem}", lambda self: self.run_spec(path))


for spec in sorted((HERE / "specs").glob("*.spec")):
    if spec.stem != "claim_claim":
        add(spec)

if __name__ == "__main__":
    main()
