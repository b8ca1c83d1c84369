"""PostgreSQL goes away and comes back: 503 meanwhile, recovery by itself, nothing lost and nothing twice."""

import contextlib
import json
import threading
import uuid

from support.casework import CaseTest, aside, submission
from support.hold import Hold
from support.kezek import eventually, main


class Outage(CaseTest):
    world_options = {"own_cluster": True, "request_timeout": "3"}

    def is_ready(self):
        return self.desk.get("/readyz").status == 200

    def assert_away(self, reply):
        self.assertEqual(reply.status, 503, repr(reply))
        self.assertGreaterEqual(int(reply.header("Retry-After")), 1)
        self.assertEqual(reply.code, "database_away")

    def test_stopped_and_started(self):
        request = self.submit()
        claim = self.take(self.submit())
        self.world.cluster.stop()
        eventually(lambda: not self.is_ready(), timeout=10)
        ready = self.desk.get("/readyz")
        self.assertEqual((ready.status, ready["status"], ready["database"]), (503, "not_ready", False))
        self.assertIsNotNone(ready.header("Retry-After"))
        self.desk.get("/healthz").must(200)
        for ask in (
            lambda: self.desk.post("/v1/requests", submission()),
            lambda: self.desk.get(f"/v1/requests/{request['id']}"),
            lambda: self.desk.get("/v1/requests"),
            lambda: self.desk.act(request, "withdraw"),
            lambda: self.probe.post("/v1/queues/probe/claims", {}),
            lambda: self.probe.post("/v1/queues/probe/claims", {"wait_seconds": 5}),
            lambda: self.desk.get("/v1/me"),
            lambda: self.supervisor.get("/v1/overview"),
        ):
            self.assert_away(ask())
        # What is in memory is still told, and what is wrong is still called wrong.
        self.desk.get("/v1/services").must(200)
        self.assertEqual(self.desk.post("/v1/requests", submission(colour=1)).status, 400)
        results = self.probe.post("/v1/claims/decide", {"claims": [self.held(claim, outcome="granted")]})
        self.assertTrue(results.status == 503 or results["results"][0]["problem"]["code"] == "database_away", repr(results))
        self.world.cluster.start()
        eventually(self.is_ready, timeout=20)
        self.assertEqual(self.see(request)["state"], "queued")
        self.desk.act(request, "withdraw").must(200)
        again = self.probe.post("/v1/claims/decide", {"claims": [self.held(claim, outcome="granted")]}).must(200)
        self.assertEqual(again["results"][0]["result"], "done")
        self.submit()

    def test_due_moments_of_the_outage_are_caught_up(self):
        request = self.submit("p-hours")
        self.world.cluster.stop()
        eventually(lambda: not self.is_ready(), timeout=10)
        self.world.cluster.start()
        self.world.sql("UPDATE kezek.clock SET shift = shift + interval '1 day'")
        eventually(self.is_ready, timeout=20)
        eventually(lambda: self.kinds(request, self.auditor) == ["submit", "breached"], timeout=20)

    def test_killed_under_load_nothing_acknowledged_is_lost(self):
        stop = threading.Event()
        kept = []  # (key, body, first answer)
        lock = threading.Lock()

        def clerk(number):
            with self.world.client("desk-clerk", fresh=True) as client:
                turn = 0
                while not stop.is_set():
                    turn += 1
                    key, body = str(uuid.uuid4()), submission(external_ref=f"load-{number}-{turn}")
                    # As a sound client does: the same key until there is an answer.
                    while True:
                        with contextlib.suppress(OSError):
                            reply = client.post("/v1/requests", body, key=key)
                            if reply.status == 201:
                                break
                            if reply.status != 503:
                                raise AssertionError(repr(reply))
                        if stop.wait(0.05):
                            return
                    with lock:
                        kept.append((key, body, reply.body))

        threads = [threading.Thread(target=clerk, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(2):
            enough = len(kept) + 20
            eventually(lambda n=enough: len(kept) >= n, timeout=30)
            self.world.cluster.kill()
            self.world.cluster.start()
            eventually(self.is_ready, timeout=30)
        enough = len(kept) + 20
        eventually(lambda: len(kept) >= enough, timeout=30)
        stop.set()
        for thread in threads:
            thread.join(30)
            self.assertFalse(thread.is_alive())
        self.assertGreaterEqual(len(kept), 60)
        for key, body, first in kept:
            again = self.desk.post("/v1/requests", body, key=key).must(201)
            self.assertEqual(again.body, first)
        twice = self.world.sql("SELECT request FROM kezek.event WHERE kind = 'submit' GROUP BY 1 HAVING count(*) > 1")
        self.assertEqual(twice, [])
        doubled = self.world.sql("SELECT number FROM kezek.request GROUP BY 1 HAVING count(*) > 1")
        self.assertEqual(doubled, [])

    def killed_behind(self, lock, work, *arguments, **named):
        """What is answered to work that waits for the lock when PostgreSQL is killed, and for so long that none
        of it can be tried again."""
        held = Hold(self.world, lock)
        answer = aside(work, *arguments, **named)
        held.await_waiter()
        self.world.cluster.kill()
        held.lose()
        try:
            return answer()
        finally:
            self.world.cluster.start()
            eventually(self.is_ready, timeout=20)

    def test_lost_in_between_a_batch_says_503_of_its_members(self):
        request = self.submit()
        claim = self.take(request)
        decide = {"claims": [self.held(claim, outcome="granted")]}
        lock = f"SELECT FROM kezek.request_state WHERE id = '{request['id']}' FOR UPDATE"
        reply = self.killed_behind(lock, self.probe.post, "/v1/claims/decide", decide, key="lost-in-between").must(200)
        problem = reply["results"][0]["problem"]
        self.assertEqual((problem["code"], reply["results"][0]["status"]), ("database_away", 503), repr(reply))
        again = self.probe.post("/v1/claims/decide", decide, key="lost-in-between").must(200)
        self.assertEqual(again["results"][0]["result"], "done", repr(again))

    def test_a_claim_that_could_not_be_read_is_given_back_when_postgresql_is_there_again(self):
        request = self.submit()
        reply = self.killed_behind("LOCK kezek.content IN ACCESS EXCLUSIVE MODE", self.probe.post,
                                   "/v1/queues/probe/claims", {"request": request["id"]})
        self.assert_away(reply)
        self.assertEqual(self.world.sql(f"SELECT count(*) FROM kezek.event WHERE request = '{request['id']}' "
                                        "AND kind = 'claim'"), [["1"]])
        eventually(lambda: self.see(request)["state"] == "queued", timeout=10)

    def claiming_and_gone(self, request):
        """A lock behind which a claim is read that is committed, and whose client has left."""
        held = Hold(self.world, "LOCK kezek.content IN ACCESS EXCLUSIVE MODE")
        connection = self.world.client("officer-probe", fresh=True).connect()
        connection.request("POST", "/v1/queues/probe/claims", json.dumps({"request": request["id"]}),
                           {"Content-Type": "application/json"})
        held.await_waiter()
        connection.close()
        return held

    def test_a_claim_of_one_who_left_is_given_back_before_the_daemon_ends(self):
        request = self.submit()
        held = self.claiming_and_gone(request)
        stopping = aside(self.world.daemon.stop)
        eventually(lambda: "event=stopping" in self.world.daemon.log())
        held.end()
        stopping()
        state = self.world.sql(f"SELECT state FROM kezek.request_state WHERE id = '{request['id']}'")
        self.world.forget_clients()
        self.world.daemon.start()
        self.assertEqual(state, [["queued"]])

    def test_a_claim_that_cannot_be_given_back_does_not_keep_the_daemon(self):
        held = self.claiming_and_gone(self.submit())
        self.world.cluster.kill()
        held.lose()
        self.world.daemon.stop(timeout=15)  # an unclean end would be a complaint
        self.world.cluster.start()
        self.world.forget_clients()
        self.world.daemon.start()

    def test_a_database_that_hangs_is_503_within_the_limit(self):
        self.submit()
        self.world.cluster.freeze()
        try:
            client = self.world.client("desk-clerk", fresh=True, timeout=15)
            self.assert_away(client.post("/v1/requests", submission()))
            client.close()
        finally:
            self.world.cluster.thaw()
        eventually(self.is_ready, timeout=20)
        eventually(lambda: self.desk.post("/v1/requests", submission()).status == 201, timeout=20)


if __name__ == "__main__":
    main()
