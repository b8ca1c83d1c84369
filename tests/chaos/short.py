"""A short storm: a few strikes of each kind under load; nothing acknowledged is lost, nothing is doubled."""
# Runs alone

import unittest

from storm.storm import Storm, storm_world
from support.kezek import main

# What somebody could do to a database, and the words with which the verdict must answer.
DAMAGE = {
    "LOST: acknowledged submissions": """
        WITH victim AS (SELECT id FROM kezek.request ORDER BY id LIMIT 1),
        d AS (DELETE FROM kezek.idempotency i USING victim v WHERE i.request = v.id),
        l AS (DELETE FROM kezek.lookup x USING victim v WHERE x.request = v.id)
        DELETE FROM kezek.request r USING victim v WHERE r.id = v.id""",
    "a submission stored twice": """
        INSERT INTO kezek.lookup SELECT hash, kind, kezek.uuid_v7(kezek.now()) FROM kezek.lookup
        WHERE kind = 'reference' LIMIT 1""",
    "a journal that is not dense": """
        DELETE FROM kezek.event WHERE (request, seq) IN (SELECT request, seq FROM kezek.event
            WHERE kind = 'accept' LIMIT 1)""",
    "LOST: decide was answered": """
        UPDATE kezek.event SET kind = 'note' WHERE (request, seq) IN (SELECT request, seq FROM kezek.event
            WHERE kind = 'decide' LIMIT 1)""",
    "without work, or an ended one with it": """
        DELETE FROM kezek.work WHERE request IN (SELECT request FROM kezek.work LIMIT 1)""",
    "two claims with no end of the first": """
        UPDATE kezek.event e SET kind = 'claim' FROM (SELECT request, min(seq) AS seq FROM kezek.event
            WHERE kind = 'accept' GROUP BY 1 LIMIT 1) a WHERE e.request = a.request AND e.seq = a.seq""",
    "breached event": """
        UPDATE kezek.deadline_done SET breached_at = due_at WHERE (request, no) IN (SELECT request, no
            FROM kezek.deadline_done WHERE breached_at IS NULL AND due_at IS NOT NULL LIMIT 1)""",
}


class Storms(unittest.TestCase):
    maxDiff = None

    def ride(self, kinds, seconds, daemons):
        world = storm_world()
        self.addCleanup(world.close)
        storm = Storm(seed=20260108 + daemons, daemons=daemons, world=world)
        storm.begin()
        storm.run(kinds, seconds)
        storm.calm()
        storm.replay_all(100)
        offences = storm.judge()
        print("\n".join(f"# {line}" for line in [*storm.report(), str(storm.figures)]))
        self.assertEqual(offences, [], "\n".join(offences))
        self.assertGreater(storm.figures["acknowledged"], 50)
        self.assertGreater(storm.figures["claims"], 20)
        return storm

    def end(self, storm):
        storm.world.close()
        self.assertEqual(storm.world.complaints, [])

    def test_one_daemon(self):
        storm = self.ride(["daemon_kill", "backend_kill", "daemon_term", "postmaster_kill", "daemon_kill"], 12, 1)
        # A verdict that finds nothing proves something only if it would have found it.
        storm.world.sql(";".join(DAMAGE.values()))
        offences = storm.judge()
        unseen = [words for words in DAMAGE if not any(words in offence for offence in offences)]
        self.assertEqual(unseen, [], "\n".join(offences))
        self.end(storm)

    def test_two_daemons_on_one_database(self):
        self.end(self.ride(["daemon_kill", "backend_stop", "power_cut", "daemon_kill", "backend_kill"], 12, 2))


if __name__ == "__main__":
    main()
