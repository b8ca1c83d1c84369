"""A few thousand rungs fall due while both daemons and PostgreSQL are killed: each fires once, in order."""
# Runs alone

import unittest

from storm.rungs import RungStorm
from support.kezek import main

# What somebody could do to a database, and the words with which the verdict must answer.
ONE = "SELECT request, seq FROM kezek.event WHERE kind = 'warned' LIMIT 1"
DAMAGE = {
    "did not happen exactly once": f"DELETE FROM kezek.event WHERE (request, seq) IN ({ONE})",
    "nothing was due for": f"""UPDATE kezek.event SET occurred_at = occurred_at + interval '1 s'
        WHERE (request, seq) IN ({ONE} OFFSET 10)""",
    "another order": """UPDATE kezek.event SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END WHERE seq IN (2, 3) AND request IN
        (SELECT max(request::text)::uuid FROM kezek.event); UPDATE kezek.event SET seq = -seq WHERE seq < 0""",
    "before its instant": f"""UPDATE kezek.event SET recorded_at = occurred_at - interval '1 s'
        WHERE (request, seq) IN ({ONE} OFFSET 20)""",
    "not dense": f"DELETE FROM kezek.event WHERE (request, seq) IN ({ONE} OFFSET 30)",
    "without its notification": "DELETE FROM kezek.notification WHERE id IN (SELECT id FROM kezek.notification LIMIT 1)",
    "marks say something else": "UPDATE kezek.deadline SET fired = 15 WHERE request IN (SELECT request FROM kezek.deadline "
                                "LIMIT 1)",
}


class Rungs(unittest.TestCase):
    maxDiff = None

    def test_two_daemons(self):
        storm = RungStorm(20261122, requests=1200, seconds=12, clump=1)
        self.addCleanup(storm.world.close)
        storm.lay()
        storm.run(strikes=6)
        offences = storm.judge()
        print(f"# {storm.figures}")
        self.assertEqual(offences, [], "\n".join(offences))
        # A verdict that finds nothing proves something only if it would have found it.
        storm.world.sql(";".join(DAMAGE.values()))
        offences = storm.judge()
        self.assertEqual([words for words in DAMAGE if not any(words in o for o in offences)], [], "\n".join(offences))
        storm.world.close()
        self.assertEqual(storm.world.complaints, [])


if __name__ == "__main__":
    main()
