"""Acts that give a request to others: forward within its hops, escalate, reopen; and what each agency sees afterwards."""

from support.casework import ActTest
from support.kezek import main


class Forwarding(ActTest):
    def test_to_whom_it_belongs(self):
        request = self.submit("p-clock")
        claim = self.take(request)
        self.probe.post(f"/v1/claims/{claim['claim']}/accept", {"fence": claim["fence"], "body_number": "P-17"}).must(200)
        self.world.set_clock("2026-11-20T10:00:00+06:00")
        done = self.act(claim, "forward", to_agency="probe-two", reason="Not ours").must(200)
        self.assertEqual((done["state"], done["agency"], done["claim"], done["body_number"], done["due_on"]),
                         ("queued", "probe-two", None, None, request["due_on"]))
        self.assertEqual(done["responsible"], {"agency": "probe-two", "principal": "probe-two-head"})
        # The old hold is gone, and who had it still sees it, with the number that it had there.
        self.assert_problem(self.act(claim, "decide", outcome="granted"), 409, "claim_lost")
        self.assertEqual(self.see(request, self.probe)["agency"], "probe-two")
        self.assertEqual(self.world.sql(f"SELECT agency, body_number FROM kezek.former WHERE request = '{request['id']}'"),
                         [["probe", "P-17"]])
        event = self.probe_two.get(f"/v1/requests/{request['id']}/events").must(200)["items"][-1]
        self.assertEqual((event["kind"], event["before"]["agency"], event["after"]["agency"]), ("forward", "probe", "probe-two"))
        # It sees and does nothing more.
        self.assert_problem(self.probe.act(done.json, "forward", {"to_agency": "probe"}), 403, "role_not_allowed")
        taken = self.take(request, self.probe_two, "probe-two")
        self.assertEqual(taken["request"]["applicant"]["pin"], "21509199012345")
        self.assertEqual(self.see(request, self.probe)["applicant"]["pin"], "2*********2345")

    def test_hops_are_counted(self):
        request = self.submit("p-clock")
        where, other = "probe", "probe-two"
        for _ in range(2):
            client = self.probe if where == "probe" else self.probe_two
            request = client.act(self.see(request), "forward", {"to_agency": other}).must(200).json
            where, other = other, where
        client = self.probe if where == "probe" else self.probe_two
        self.assertEqual(self.faults(client.act(self.see(request), "forward", {"to_agency": other})),
                         {("/to_agency", "forwarded_enough")})

    def test_where_the_term_begins_anew(self):
        request = self.submit("p-silence")
        self.assertEqual(request["due_on"], "2026-11-20")
        self.world.set_clock("2026-11-20T10:00:00+06:00")
        done = self.probe.act(request, "forward", {"to_agency": "probe-two"}).must(200)
        self.assertEqual(done["due_on"], "2026-11-24")
        self.assertEqual([d["state"] for d in done["deadlines"] if d["kind"] == "decide"], ["void", "running"])

    def test_what_is_no_way(self):
        request = self.submit("p-clock")
        for body, faults in (({}, {("/to_agency", "missing")}), ({"to_agency": "probe"}, {("/to_agency", "has_it")}),
                             ({"to_agency": "nowhere"}, {("/to_agency", "not_found")})):
            with self.subTest(body):
                self.assertEqual(self.faults(self.probe.act(request, "forward", body)), faults)
        plain = self.submit("p-plain")
        self.assert_problem(self.desk.act(plain, "forward", {"to_agency": "probe-two"}), 403, "role_not_allowed")

    def test_who_never_had_it_sees_nothing(self):
        request = self.submit("p-clock")
        self.assert_problem(self.probe_two.get(f"/v1/requests/{request['id']}"), 404, "not_found")


class Higher(ActTest):
    def test_somebody_higher_answers_for_it(self):
        request = self.submit("p-clock")
        claim = self.take(request)
        done = self.chief.act(self.see(request), "escalate", {"to": "supervisor-probe", "reason": "It lies"}).must(200)
        self.assertEqual((done["state"], done["responsible"]["principal"]), ("claimed", "supervisor-probe"))
        self.probe.post(f"/v1/requests/{request['id']}/decide", self.held(claim, outcome="granted")).must(200)
        self.assertEqual(self.faults(self.chief.act(self.submit("p-clock"), "escalate", {"to": "officer-probe-two"})),
                         {("/to", "not_found")})


class Reopening(ActTest):
    def test_a_new_term(self):
        request = self.submit("p-clock")
        claim = self.take(request)
        decided = self.act(claim, "decide", outcome="refused", ground="no_right").must(200)
        self.assertEqual(self.faults(self.chief.act(decided.json, "reopen")), {("/reason", "missing")})
        self.world.set_clock("2026-11-20T10:00:00+06:00")
        again = self.chief.act(decided.json, "reopen", {"reason": "The court said so"}).must(200)
        self.assertEqual((again["state"], again["outcome"], again["due_on"]), ("queued", None, "2026-12-04"))
        self.assertEqual([(d["kind"], d["state"]) for d in again["deadlines"]],
                         [("register", "met"), ("decide", "met"), ("notify", "void"), ("decide", "running")])
        claim = self.take(again.json)
        granted = self.act(claim, "decide", outcome="granted").must(200)
        self.assertEqual(self.deadline(granted, "notify")["state"], "running")

    def test_what_was_withdrawn(self):
        request = self.submit("p-plain")
        gone = self.desk.act(request, "withdraw").must(200)
        again = self.chief.act(gone.json, "reopen", {"reason": "He thought better of it"}).must(200)
        self.assertEqual(again["state"], "queued")
        self.assertEqual(len(self.take(request)["claim"]), 36)


if __name__ == "__main__":
    main()
