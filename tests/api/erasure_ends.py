"""What an erasure leaves behind: nothing of a person anywhere, everything that happened; and one that is cut off by a kill."""

import csv
import io
import json

from support.casework import ActTest, aside
from support.documents import CHUNK, DocumentTest, filling
from support.hold import Hold
from support.kezek import eventually, main

WHY = {"legal_basis": "Law on personal data, article 9"}
PERSON = {"kind": "person", "name": "Жок Болгон Тагдыр", "pin": "10101199012399", "phone": "+996700111222", "address": "Жок көчө 7",
          "representative": {"name": "Өкүл Өчкөнов", "pin": "10101199012398", "authority": "POA-77"}}


class ErasureTest(DocumentTest, ActTest):
    def erase(self, request, client=None):
        return (client or self.admin).post(f"/v1/requests/{request['id']}/erasure", WHY)

    def closed(self, key=None, **members):
        request = self.submit(applicant=PERSON, external_ref="gone-ref", **members)
        self.desk.act(request, "withdraw", {"reason": "Жеке себеп"}).must(200)
        return request

    def left(self, table, request, column="request"):
        return int(self.world.sql(f"SELECT count(*) FROM kezek.{table} WHERE {column} = '{request['id']}'")[0][0])


class Whole(ErasureTest):
    def test_documents_go_and_their_lines_stay(self):
        request = self.submit(applicant=PERSON)
        self.put(request, filling(3 * CHUNK), "large.txt").must(201)
        self.put(request, b"small", "passport.txt").must(201)
        self.desk.act(self.see(request), "withdraw").must(200)
        self.assertEqual((self.left("document", request), self.left("document_chunk", request)), (2, 4))
        self.erase(request).must(200)
        self.assertEqual((self.left("document", request), self.left("document_chunk", request)), (2, 0))
        for reply in (self.get(request, "large.txt"), self.get(request, "passport.txt"), self.get(request, "no.txt"),
                      self.desk.get(f"/v1/requests/{request['id']}/documents"), self.put(request, b"again", "new.txt")):
            self.assert_problem(reply, 410, "erased")
        self.assertEqual(self.kinds(request), ["submit", "document", "document", "withdraw", "erased"])
        # Neither the names nor the digests can be tried: the hashes are keyed by what was destroyed.
        rows = self.world.sql(f"SELECT name_hash, digest_hash FROM kezek.document WHERE request = '{request['id']}'")
        self.assertEqual(len({cell for row in rows for cell in row}), 4)

    def test_every_way_to_read_it(self):
        request = self.closed()
        self.see(request, self.supervisor)
        before = self.auditor.get(f"/v1/requests/{request['id']}/access").must(200)["items"]
        journal = self.auditor.get(f"/v1/requests/{request['id']}/events").must(200)["items"]
        self.erase(request).must(200)
        path = f"/v1/requests/{request['id']}"
        seen = self.see(request)
        self.assertEqual((seen["erased"], seen["applicant"], seen["form"], seen["number"], seen["state"], seen["received_at"],
                          seen["due_on"], seen["promised_due_on"]),
                         (True, None, None, request["number"], "withdrawn", request["received_at"], request["due_on"],
                          request["promised_due_on"]))
        everything = [json.dumps(seen, ensure_ascii=False)]
        for client, query in ((self.auditor, f"{path}/events"), (self.desk, f"{path}/deadlines?explain=1"),
                              (self.auditor, f"{path}/access"), (self.desk, f"/v1/requests?number={request['number']}"),
                              (self.supervisor, "/v1/requests?state=withdrawn&limit=500&count=exact"),
                              (self.supervisor, "/v1/overview"), (self.probe, "/v1/queues/probe")):
            everything.append(client.get(query).must(200).text)
        for accept in ("application/json", "text/plain", "text/html"):
            everything.append(self.desk.get(f"{path}/receipt", headers={"Accept": accept}).must(200).text)
        for words in ("Тагдыр", PERSON["pin"], PERSON["phone"], "көчө", "Өчкөнов", "POA-77", "Жеке себеп", "gone-ref"):
            for text in everything:
                self.assertNotIn(words, text)
        # The journal is what it was, but for the reasons, which were sealed; the access log all of what it was, and goes on.
        after = self.auditor.get(f"{path}/events").must(200)["items"]
        self.assertEqual([{**e, "reason": None, "text": None} for e in after[:-1]],
                         [{**e, "reason": None, "text": None} for e in journal])
        self.assertEqual((after[-1]["kind"], after[-1]["principal"], after[-1]["legal_basis"]), ("erased", "admin", WHY["legal_basis"]))
        lines = self.auditor.get(f"{path}/access").must(200)["items"]
        self.assertEqual(lines[-len(before):], before)
        self.assertGreater(len(lines), len(before))

    def test_lists_and_exports_go_on_past_it(self):
        requests = [self.closed() for _ in range(5)]
        for request in requests[1:4]:
            self.erase(request).must(200)
        wanted = [r["id"] for r in requests]
        listed = {r["id"]: r for r in self.auditor.get("/v1/requests?limit=500").must(200)["items"]}
        self.assertEqual([bool(listed[i].get("erased")) for i in wanted], [False, True, True, True, False])
        lines = self.auditor.get("/v1/requests", headers={"Accept": "application/x-ndjson"}).must(200).text.splitlines()
        rows = list(csv.DictReader(io.StringIO(self.auditor.get("/v1/requests", headers={"Accept": "text/csv"}).must(200).text)))
        streamed = {r["id"]: r for r in map(json.loads, lines)}
        tabled = {r["id"]: r for r in rows}
        for request in requests:
            for found in (streamed, tabled):
                self.assertEqual((found[request["id"]]["number"], found[request["id"]]["state"]), (request["number"], "withdrawn"))
        self.assertEqual((len(streamed), len(tabled)), (len(listed), len(listed)))

    def test_answers_to_acts_are_gone_too(self):
        request = self.submit(applicant=PERSON)
        self.desk.act(request, "correct", {"changes": {"applicant": {"address": "Башка көчө 9"}}}, key="erased-act").must(200)
        self.desk.act(self.see(request), "withdraw").must(200)
        self.erase(request).must(200)
        again = self.desk.act(request, "correct", {"changes": {"applicant": {"address": "Башка көчө 9"}}}, key="erased-act")
        self.assert_problem(again, 410, "erased")
        self.assertNotIn("көчө", again.text)
        # What is left of them opens under no key that there is.
        rows = self.world.sql(f"SELECT wrapped, destroyed_at IS NOT NULL FROM kezek.request_key WHERE request = '{request['id']}'")
        self.assertEqual(rows, [[None, "t"]])

    def test_it_reads_no_more_than_its_own(self):
        """An erasure among many costs what it costs among few."""
        self.world.sql("ANALYZE kezek.lookup")
        plan = "\n".join(row[0] for row in self.world.sql(
            "SET enable_seqscan = off; EXPLAIN DELETE FROM kezek.lookup WHERE request = '01a00000-0000-7000-8000-000000000000'"))
        self.assertIn("lookup_request", plan)


class CutOff(ErasureTest):
    world_options = {"own_cluster": True}

    def test_a_kill_in_the_middle_erases_all_or_nothing(self):
        for table, where in (("request_state", "id"), ("request_key", "request"), ("lookup", "request"), ("document_chunk", "request")):
            with self.subTest(table):
                request = self.submit(applicant=PERSON, external_ref="gone-ref")
                self.put(request, b"of the person", "scan.txt").must(201)
                self.desk.act(self.see(request), "withdraw", {"reason": "r"}).must(200)
                # It stands still in front of this table, and the daemon dies.
                held = Hold(self.world, f"SELECT FROM kezek.{table} WHERE {where} = '{request['id']}' FOR UPDATE")
                erasing = aside(self.erase, request, self.world.client("admin", fresh=True))
                held.await_waiter()
                self.world.daemon.kill()
                with self.assertRaises(Exception):
                    erasing()
                self.world.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
                held.end()
                self.world.forget_clients()
                self.world.daemon.start()
                self.assertEqual((self.see(request)["applicant"]["name"], self.kinds(request)),
                                 (PERSON["name"], ["submit", "document", "withdraw"]))
                self.assertEqual(self.get(request).must(200).body, b"of the person")
                self.erase(request).must(200)
                self.assertEqual((self.left("lookup", request), self.left("document_chunk", request)), (0, 0))
                self.assertEqual(self.kinds(request)[-1], "erased")

    def test_an_answer_that_never_came_is_asked_for_again(self):
        """The daemon dies after the commit and before its word: the same call ends as the first would have."""
        request = self.closed()
        held = Hold(self.world, f"SELECT FROM kezek.request_key WHERE request = '{request['id']}' FOR UPDATE")
        erasing = aside(self.erase, request, self.world.client("admin", fresh=True))
        held.await_waiter()
        self.world.daemon.kill()
        held.end()  # PostgreSQL goes on with what it was sent
        with self.assertRaises(Exception):
            erasing()
        self.world.forget_clients()
        self.world.daemon.start()
        self.assertEqual(self.erase(request).must(200).json, {"request": request["id"], "erased": True})
        self.assertEqual(self.kinds(request), ["submit", "withdraw", "erased"])


if __name__ == "__main__":
    main()
