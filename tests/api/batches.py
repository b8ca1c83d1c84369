"""Batches that PostgreSQL itself refuses or warns of: nobody pays for a neighbour, nothing stored is called lost."""

import re
import subprocess
import time

from support.casework import CaseTest, aside, submission
from support.hold import Hold
from support.kezek import ROOT, eventually, main, run

TOGETHER = 20
BAD = TOGETHER // 2
XID_WRAP = 2**31
XIDS_A_FILE = 8192 * 4 * 32  # of pg_xact: two bits each


class Refused(CaseTest):
    """A trigger stands for what validation does not foresee: a bug of ours, or a deadlock."""

    world_options = {"write_connections": 1}
    people = 0

    def trigger(self, body):
        self.world.sql("CREATE SEQUENCE public.tries; GRANT USAGE ON SEQUENCE public.tries TO PUBLIC")
        self.world.sql("CREATE FUNCTION public.stumble() RETURNS trigger LANGUAGE plpgsql AS "
                       f"$$BEGIN {body} RETURN NEW; END$$")
        self.world.sql("CREATE TRIGGER stumble BEFORE INSERT ON kezek.request_state FOR EACH ROW "
                       "EXECUTE FUNCTION public.stumble()")
        self.addCleanup(self.world.sql, "DROP FUNCTION public.stumble() CASCADE; DROP SEQUENCE public.tries")

    def batches(self):
        """How many there were, and their members."""
        text = self.admin.get("/metrics").must(200).text
        return [int(re.search(rf'^kezek_database_{name}_total{{kind="open"}} (\d+)$', text, re.M)[1])
                for name in ("batches", "batch_members")]

    def of_another(self, service="p-plain"):
        """By somebody who has nothing open: else it would be looked at, and submitted once more."""
        Refused.people += 1
        pin = f"2150919901{Refused.people:04}"
        return submission(service, applicant={"kind": "person", "pin": pin, "name": "Асанов Үсөн"})

    def post_together(self, services):
        """All come while one before them waits for a lock, and so are in one batch."""
        self.desk.post("/v1/requests", self.of_another()).must(201)  # the counters are there
        clients = [self.world.client("desk-clerk", fresh=True) for _ in services]
        for client in clients:
            client.get("/v1/me").must(200)  # connected
        held = Hold(self.world, "LOCK TABLE kezek.request IN SHARE MODE")
        first = aside(self.desk.post, "/v1/requests", self.of_another())
        held.await_waiter()
        answers = []
        for client, service in zip(clients, services):
            self.addCleanup(client.close)
            answers.append(aside(client.post, "/v1/requests", self.of_another(service)))
        time.sleep(0.4)  # where one comes later all the same, the count of batches tells
        self.before = self.batches()
        held.end()
        first().must(201)
        return [answer() for answer in answers]

    def run_since(self):
        """Batches and members since those of post_together were let go."""
        return [after - before for after, before in zip(self.batches(), self.before, strict=True)]

    def test_a_bad_one_fails_no_neighbour(self):
        self.trigger("IF NEW.service = 'p-other' THEN RAISE EXCEPTION 'not this one'; END IF;")
        replies = self.post_together(["p-other" if n == BAD else "p-plain" for n in range(TOGETHER)])
        self.assertEqual([n for n, reply in enumerate(replies) if reply.status != 201], [BAD])
        self.assert_problem(replies[BAD], 500, "internal")
        # Once together, then once each, by itself.
        self.assertEqual(self.run_since(), [1 + TOGETHER, 2 * TOGETHER])
        self.assertEqual(self.world.sql("SELECT count(*) FROM kezek.request_state WHERE service = 'p-other'"), [["0"]])

    def test_what_ran_into_a_deadlock_is_tried_again(self):
        # A sequence forgets nothing at a rollback.
        self.trigger("IF NEW.service = 'p-other' AND nextval('public.tries') < 4 THEN "
                     "RAISE EXCEPTION 'tangled' USING ERRCODE = '40P01'; END IF;")
        replies = self.post_together(["p-other"] * TOGETHER)
        self.assertEqual({reply.status for reply in replies}, {201})
        self.assertEqual(self.run_since(), [1 + TOGETHER + 2, 2 * TOGETHER + 2])


class Warned(CaseTest):
    world_options = {"own_cluster": True}

    def near_the_end_of_transaction_numbers(self):
        """Twenty million before them PostgreSQL warns with each new one, and goes on."""
        cluster = self.world.cluster
        last = XID_WRAP + int(self.world.sql("SELECT min(datfrozenxid::text::bigint) FROM pg_database")[0][0])
        number = (last - 20_000_000) // XIDS_A_FILE * XIDS_A_FILE
        user = run(ROOT / "config" / "cluster", "user", cluster.home).stdout.strip()
        data = cluster.home / "data"
        cluster.stop()
        script = f"pg_resetwal -x {number} '{data}' && head -c 262144 /dev/zero > '{data}/pg_xact/{number // XIDS_A_FILE:04X}'"
        subprocess.run(["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "bash", "-c",
                        f"cd / && PATH=/usr/lib/postgresql/15/bin:$PATH && {script}"], check=True, stdout=subprocess.DEVNULL)
        cluster.start()

    def test_a_warning_that_has_nothing_to_do_with_it_is_no_doubt(self):
        self.world.sql("CREATE TABLE public.old ()")
        self.submit()
        self.near_the_end_of_transaction_numbers()
        # What nobody can vacuum keeps the warnings coming.
        held = Hold(self.world, "LOCK TABLE public.old IN ACCESS EXCLUSIVE MODE")
        eventually(lambda: self.desk.get("/readyz").status == 200, timeout=20)
        began = time.monotonic()
        self.take(self.submit())
        self.assertLess(time.monotonic() - began, 5)  # in doubt it would be tried again for fifteen seconds
        self.assertIn("must be vacuumed within", (self.world.cluster.home / "log").read_text(encoding="utf-8"))
        held.end()


if __name__ == "__main__":
    main()
