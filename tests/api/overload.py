"""More than can be done: who would wait too long is refused at once, before the body; who was let in is stored."""

import contextlib
import json
import re
import uuid

from support.casework import CaseTest, aside, submission
from support.hold import Hold
from support.kezek import eventually, main

LET_IN = 3  # one is on its way to PostgreSQL, the others wait for it
BEYOND = 30
READS = 20  # more than one connection has on the wire


class Overload(CaseTest):
    world_options = {"write_connections": 1, "batch_members": 1, "database_connections": 1}

    def one(self, name="desk-clerk", **more):
        client = self.world.client(name, fresh=True, **more)
        self.addCleanup(client.close)
        return client

    def person(self, number):
        return submission(applicant={"kind": "person", "pin": f"2150919901{number:04}", "name": "Асанов Үсөн"})

    def refused(self, reason):
        text = self.admin.get("/metrics").must(200).text
        found = re.search(rf'^kezek_overload_refused_total{{reason="{reason}"}} (\d+)$', text, re.M)
        return int(found[1]) if found else 0

    def assert_overloaded(self, reply):
        self.assert_problem(reply, 503, "overloaded")
        self.assertGreaterEqual(int(reply.header("Retry-After")), 1)

    def wait_full(self, ask, otherwise):
        """Until what is asked is refused: what would not be has the other answer, and waits for nothing."""
        def is_full():
            reply = ask()
            self.assertIn(reply.status, (otherwise, 503), repr(reply))
            return reply.status == 503

        eventually(is_full, timeout=10)

    def test_writes(self):
        stored, client = self.count(), self.one()
        before = self.refused("writes")
        hold = Hold(self.world, "LOCK TABLE kezek.request IN SHARE MODE")
        try:
            let_in = [aside(self.one().post, "/v1/requests", self.person(i)) for i in range(LET_IN)]
            self.wait_full(lambda: client.post("/v1/requests", {"nothing": 1}), 400)
            # All that comes now is answered while nothing of what was let in can be.
            for reply in [aside(self.one().post, "/v1/requests", self.person(100 + i)) for i in range(BEYOND)]:
                self.assert_overloaded(reply())
            titles = set()
            for language in ("ky", "ru", "en"):
                reply = self.one(language=language).post("/v1/requests", self.person(200))
                self.assert_overloaded(reply)
                titles.add(reply["title"])
            self.assertEqual(len(titles), 3, titles)
            self.body_is_not_waited_for()
            key = str(uuid.uuid4())
            for _ in range(5):  # on one connection, which lives on
                self.assert_overloaded(client.post("/v1/requests", self.person(300), key=key))
            self.desk.get("/v1/me").must(200)
            self.desk.get("/v1/services").must(200)
            self.assertGreaterEqual(self.refused("writes") - before, BEYOND + 3 + 1 + 5)
        finally:
            hold.end()
        for answer in let_in:
            answer().must(201)
        again = client.post("/v1/requests", self.person(300), key=key).must(201)  # nothing was kept of the refusals
        self.assertIsNone(again.header("Idempotent-Replayed"))
        self.assertEqual(self.count() - stored, LET_IN + 1)

    def body_is_not_waited_for(self):
        connection = self.one().connect()
        connection.putrequest("POST", "/v1/requests")
        for name, value in {"Content-Type": "application/json", "Content-Length": "200000", "Idempotency-Key": "k"}.items():
            connection.putheader(name, value)
        connection.endheaders()
        reply = connection.getresponse()
        self.assertEqual((reply.status, json.loads(reply.read())["code"]), (503, "overloaded"))
        self.assertEqual(reply.getheader("Connection"), "close")  # its bytes are no next request

    def test_reads(self):
        request = self.submit()
        before, client = self.refused("reads"), self.one()
        hold = Hold(self.world, "LOCK TABLE kezek.request IN ACCESS EXCLUSIVE MODE")
        try:
            let_in = [aside(self.one().get, f"/v1/requests/{request['id']}") for _ in range(READS)]
            self.wait_full(lambda: client.get("/v1/requests?limit=none"), 400)
            self.assert_overloaded(client.get(f"/v1/requests/{request['id']}"))
            self.assert_overloaded(client.post("/v1/requests", submission()))
            self.one(None).get("/healthz").must(200)
        finally:
            hold.end()
        for answer in let_in:
            self.assertEqual(answer().must(200)["id"], request["id"])
        self.assertGreaterEqual(self.refused("reads") - before, 3)
        client.get(f"/v1/requests/{request['id']}").must(200)
        self.submit()

    def test_reads_of_one_principal_that_wait_for_each_other(self):
        """One transaction of them is on its way to PostgreSQL, which is not behind: those behind it wait all the same."""
        requests = [self.submit() for _ in range(3)]
        before, client = self.refused("reads"), self.one()
        hold = Hold(self.world, "LOCK TABLE kezek.request IN ACCESS EXCLUSIVE MODE")
        try:
            let_in = [aside(self.one().act, request, "withdraw") for request in requests]
            self.wait_full(lambda: client.get("/v1/requests?limit=none"), 400)
            self.assert_overloaded(client.act(requests[0], "withdraw"))
        finally:
            hold.end()
        for answer in let_in:
            self.assertEqual(answer().must(200)["state"], "withdrawn")
        self.assertGreaterEqual(self.refused("reads") - before, 2)


class Heavy(CaseTest):
    """What JSON becomes in memory is far more than its text: it counts, and has a bound of its own."""

    world_options = {"memory_bytes": "4MiB"}

    def post(self, values, value=None):
        return self.desk.post("/v1/requests", [{} if value is None else value] * values)

    def test_a_body_that_is_all_brackets(self):
        for values, value in ((60000, {}), (80000, 1), (60000, [])):
            reply = self.post(values, value)
            self.assert_problem(reply, 413, "too_large")
            self.assertEqual([f["code"] for f in reply["invalid_params"]], ["too_many_values"])

    def test_what_does_not_fit_now(self):
        """1.9 of 4 MiB, of which four fifths are for new work, and 1.4 are taken by bodies under way."""
        with contextlib.ExitStack() as stack:
            for _ in range(6):
                client = stack.enter_context(self.world.client("desk-clerk", fresh=True))
                connection = client.connect()
                connection.putrequest("POST", "/v1/requests")
                for name, value in {"Content-Type": "application/json", "Content-Length": "250000",
                                    "Idempotency-Key": "k"}.items():
                    connection.putheader(name, value)
                connection.endheaders(b" " * 249_000)
            eventually(lambda: self.held() > 1_400_000)
            reply = self.post(2500)
            self.assert_problem(reply, 503, "overloaded")
            self.assertGreaterEqual(int(reply.header("Retry-After")), 1)
        self.assertIn('kezek_overload_refused_total{reason="memory"} 1\n', self.admin.get("/metrics").must(200).text)
        eventually(lambda: self.post(2500).status == 400)

    def held(self):
        text = self.admin.get("/metrics").must(200).text
        return int(re.search(r"^kezek_memory_account_bytes (\d+)$", text, re.M)[1])

    def test_it_is_given_back(self):
        for _ in range(20):
            self.assertEqual(self.post(2500).status, 400)
        self.submit()


if __name__ == "__main__":
    main()
