"""Who may, and who may see whom: roles, offices, agencies, systems and their actors, tokens, disabled principals."""

import ssl

from support.casework import CaseTest, submission
from support.kezek import Client, eventually, main


class Scope(CaseTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        self = cls("count")
        cls.request = self.submit(external_ref="scope")
        cls.other = self.submit("p-other", self.desk_two)

    def sees(self, client, request):
        status = client.get(f"/v1/requests/{request['id']}").status
        self.assertIn(status, (200, 404))
        listed = [r["id"] for r in client.get("/v1/requests?limit=500").must(200)["items"]]
        self.assertEqual(status == 200, request["id"] in listed)
        events = client.get(f"/v1/requests/{request['id']}/events").status
        deadlines = client.get(f"/v1/requests/{request['id']}/deadlines").status
        self.assertEqual((events, deadlines), (status, status))
        return status == 200

    def test_who_sees_what(self):
        both = [self.supervisor, self.auditor, self.admin]
        for client in (self.desk, self.probe, self.probe_b, self.chief, *both):
            self.assertTrue(self.sees(client, self.request), client.name)
        for client in (self.desk_two, self.probe_two, self.clerk):
            self.assertFalse(self.sees(client, self.request), client.name)
        for client in (self.desk_two, self.probe_two, *both):
            self.assertTrue(self.sees(client, self.other), client.name)
        for client in (self.desk, self.probe, self.chief, self.clerk):
            self.assertFalse(self.sees(client, self.other), client.name)

    def test_what_one_does_not_see_one_cannot_act_on(self):
        for client, act, body in ((self.desk_two, "withdraw", {}), (self.probe_two, "decide", {"outcome": "granted"}),
                                  (self.clerk, "withdraw", {})):
            self.assert_problem(client.act(self.request, act, body), 404, "not_found")
        self.assert_problem(self.desk_two.get(f"/v1/requests/{self.request['id']}/receipt"), 404, "not_found")
        self.assert_problem(self.probe_two.post("/v1/queues/probe/claims", {}), 404, "not_found")
        self.assertEqual(self.probe_two.post("/v1/queues/probe-two/claims", {"request": self.request["id"]})["claims"], [])
        self.assert_problem(self.probe_two.get("/v1/queues/probe"), 404, "not_found")
        self.assert_problem(self.probe.get("/v1/queues/nothing"), 404, "not_found")
        self.assertEqual(self.kinds(self.request), ["submit"])

    def test_personal_data(self):
        whole, masked = "21509199012345", "2*********2345"
        for client, pin in ((self.desk, whole), (self.probe, whole), (self.chief, whole), (self.supervisor, masked),
                            (self.auditor, masked), (self.admin, masked)):
            with self.subTest(client.name):
                self.assertEqual(self.see(self.request, client)["applicant"]["pin"], pin)
        self.assertNotIn("name", self.see(self.request, self.admin)["applicant"])
        self.assertIsNone(self.see(self.request, self.admin)["external_ref"])

    def test_personal_data_is_masked_for_whom_it_left(self):
        request = self.submit("p-place", territory="KG-GO", applicant={
            "kind": "person", "name": "n", "pin": "21509199012345",
            "representative": {"name": "r", "pin": "10101199012346", "authority": "by power of attorney"}})
        seen = self.see(request, self.supervisor)["applicant"]
        self.assertEqual((seen["pin"], seen["representative"]["pin"]), ("2*********2345", "1*********2346"))

    def test_roles(self):
        allowed = {
            ("GET", "/v1/notifications"): {"officer", "supervisor", "auditor"},
            ("POST", "/v1/notifications/seen"): {"officer", "supervisor"},
            ("GET", "/v1/overview"): {"supervisor"}, ("GET", "/v1/overdue"): {"supervisor"},
            ("GET", "/v1/queues"): {"officer", "supervisor"}, ("GET", "/v1/claims"): {"officer"},
            ("GET", "/v1/principals"): {"admin"}, ("GET", "/v1/me"): {"clerk", "officer", "supervisor", "admin", "auditor"},
            ("GET", "/v1/services"): {"clerk", "officer", "supervisor", "admin", "auditor"},
            ("GET", "/v1/requests"): {"clerk", "officer", "supervisor", "admin", "auditor"},
            ("GET", f"/v1/requests/{self.request['id']}/receipt"): {"clerk"},
            ("GET", f"/v1/requests/{self.request['id']}/access"): {"supervisor", "auditor"},
            ("POST", "/v1/searches"): {"clerk", "officer", "supervisor"},
            ("PUT", "/v1/catalogue"): {"admin"}, ("PUT", "/v1/calendars/kg"): {"admin"}, ("PUT", "/v1/test/clock"): {"admin"},
            ("POST", "/v1/principals"): {"admin"}, ("DELETE", "/v1/principals/nobody"): {"admin"},
            ("POST", "/v1/claims/renew"): {"officer"}, ("POST", "/v1/queues/probe/claims"): {"officer"},
        }
        clients = {"clerk": self.desk, "officer": self.probe, "supervisor": self.supervisor, "admin": self.admin,
                   "auditor": self.auditor}
        for (method, path), roles in allowed.items():
            for role, client in clients.items():
                with self.subTest(f"{role} {method} {path}"):
                    body = None if method in ("GET", "DELETE") else {"colour": 1}
                    status = client.call(method, path, body).status
                    self.assertEqual(status != 403, role in roles, status)

    def test_me(self):
        self.assertEqual(self.desk.get("/v1/me").must(200).json, {
            "name": "desk-clerk", "kind": "person", "role": "clerk", "office": "desk", "agency": None})
        self.assertEqual(self.probe.get("/v1/me")["agency"], "probe")


class Systems(CaseTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.world.principal("centre", "clerk", kind="system", office="desk")
        cls.world.principal("ministry", "officer", kind="system", agency="probe")

    centre = property(lambda self: self.world.client("centre", actor="staff-17"))
    ministry = property(lambda self: self.world.client("ministry", actor="Resource21"))

    def test_a_system_names_the_person(self):
        bare = self.world.client("centre")
        request = self.centre.post("/v1/requests", submission()).must(201).json
        self.assertEqual((request["submitted_by"], request["actor"]), ("centre", "staff-17"))
        self.assertEqual(request["receipt"]["clerk"], "staff-17")
        before = self.count()
        for reply in (bare.post("/v1/requests", submission()), bare.get("/v1/requests"),
                      bare.get(f"/v1/requests/{request['id']}"), bare.get(f"/v1/requests/{request['id']}/receipt"),
                      bare.get(f"/v1/requests/{request['id']}/events"), bare.act(request, "withdraw"),
                      bare.post("/v1/searches", {"pin": "1"})):
            self.assert_problem(reply, 400, "actor_missing")
        self.assertEqual(self.count(), before)
        bare.get("/v1/services").must(200)
        bare.get("/v1/me").must(200)

    def test_journal_claim_and_responsible_carry_both(self):
        request = self.centre.post("/v1/requests", submission()).must(201).json
        claim = self.ministry.post("/v1/queues/probe/claims", {"request": request["id"]}).must(200)["claims"][0]
        self.assertEqual((claim["request"]["claim"]["principal"], claim["request"]["claim"]["actor"]),
                         ("ministry", "Resource21"))
        self.assertEqual(claim["request"]["responsible"]["principal"], "Resource21")
        self.ministry.post("/v1/claims/decide", {"claims": [self.held(claim, outcome="granted")]}).must(200)
        events = self.centre.get(f"/v1/requests/{request['id']}/events").must(200)["items"]
        self.assertEqual([(e["principal"], e["actor"]) for e in events],
                         [("centre", "staff-17"), ("ministry", "Resource21"), ("ministry", "Resource21")])

    def test_an_actor_is_no_pin(self):
        for actor in ("21509199012345", "a b", "", "x" * 64):
            with self.subTest(actor):
                reply = self.world.client("centre", actor=None).post(
                    "/v1/requests", submission(), headers={"Kezek-Actor": actor})
                self.assertEqual(reply.status, 400)


class Principals(CaseTest):
    def add(self, **members):
        return self.admin.post("/v1/principals", members)

    def test_added_listed_disabled(self):
        self.world.pki.client("newcomer")
        sha = self.world.pki.sha256("newcomer")
        early = self.world.client("newcomer", fresh=True)
        self.assert_problem(early.get("/v1/me"), 401, "principal_unknown")
        made = self.add(name="newcomer", kind="person", role="clerk", office="desk", certificate_sha256=sha).must(201)
        self.assertEqual((made["certificate_sha256"], made["disabled"], made["has_token"]), (sha, False, False))
        self.assertNotIn("token", made.json)
        # On the connection that was open before.
        early.get("/v1/me").must(200)
        listed = {p["name"]: p for p in self.admin.get("/v1/principals").must(200)["items"]}
        self.assertEqual(listed["newcomer"], made.json)
        self.assert_problem(self.add(name="newcomer", kind="person", role="clerk", office="desk"), 409, "already_exists")
        self.assert_problem(self.add(name="other", kind="person", role="clerk", office="desk", certificate_sha256=sha),
                            409, "already_exists")
        request = early.post("/v1/requests", submission()).must(201).json
        gone = self.admin.delete("/v1/principals/newcomer").must(200)
        self.assertTrue(gone["disabled"] and gone["disabled_at"])
        before = self.count()
        # At once, on the connection that is open; reads, writes and repeats.
        self.assert_problem(early.get("/v1/me"), 401, "principal_disabled")
        self.assert_problem(early.get(f"/v1/requests/{request['id']}"), 401, "principal_disabled")
        self.assert_problem(early.post("/v1/requests", submission()), 401, "principal_disabled")
        self.assertEqual(early.get("/v1/me").header("WWW-Authenticate"), 'Bearer realm="kezek"')
        self.assertEqual(self.count(), before)
        self.admin.delete("/v1/principals/newcomer").must(200)
        self.assert_problem(self.admin.delete("/v1/principals/nobody"), 404, "not_found")
        early.close()

    def test_what_was_in_those_hands_is_in_others(self):
        leaver = self.world.principal("leaver", "officer", agency="probe")
        leased, kept, paused = self.submit(), self.submit(), self.submit("p-clock")
        for request in (leased, kept, paused):
            claim = self.take(request, leaver)
            if request is kept:
                leaver.post(f"/v1/claims/{claim['claim']}/accept", {"fence": claim["fence"]}).must(200)
            if request is paused:
                leaver.post(f"/v1/requests/{request['id']}/pause", self.held(claim, ground="documents_missing")).must(200)
        answered = self.chief.act(self.submit("p-docs"), "reassign", {"to_principal": "leaver"}).must(200).json
        self.admin.delete("/v1/principals/leaver").must(200)
        for request, state in ((leased, "queued"), (kept, "queued"), (paused, "paused"), (answered, "incomplete")):
            with self.subTest(state):
                now = self.see(request)
                self.assertEqual((now["state"], now["claim"], now["responsible"]["principal"]), (state, None, "probe-head"))
                event = self.desk.get(f"/v1/requests/{request['id']}/events").must(200)["items"][-1]
                self.assertEqual((event["kind"], event["principal"], event["before"]["responsible"]),
                                 ("release", "admin", "leaver"))
        self.assertEqual({self.take(r)["request"]["state"] for r in (leased, kept)}, {"claimed"})
        before = self.kinds(leased)
        self.admin.delete("/v1/principals/leaver").must(200)
        self.assertEqual(self.kinds(leased), before)

    def test_disabling_holds_on_another_daemon_too(self):
        self.world.principal("twice", "clerk", office="desk")
        second = self.world.another_daemon()
        second.start()
        client = second.client("twice")
        client.get("/v1/me").must(200)
        self.admin.delete("/v1/principals/twice").must(200)
        # Its cache may be half a second old: what reaches the database is refused already.
        self.assert_problem(client.get("/v1/requests"), 401, "principal_disabled")
        self.assert_problem(client.post("/v1/requests", submission()), 401, "principal_disabled")
        client.close()
        second.stop()

    def test_tokens(self):
        made = self.add(name="tokener", kind="person", role="officer", agency="probe", token=True).must(201)
        token = made["token"]
        self.assertNotIn(token, self.admin.get("/v1/principals").text)
        client = self.world.client(token=token, fresh=True)
        self.assertEqual(client.get("/v1/me").must(200)["name"], "tokener")
        for bad in ("kz_" + "0" * 48, token[:-1], token + "0", "x"):
            self.assert_problem(self.world.client(token=bad, fresh=True).get("/v1/me"), 401, "principal_unknown")
        self.assert_problem(self.world.client(fresh=True, timeout=10).get("/v1/me"), 401, "unauthenticated")
        for field in ("Basic abc", "Bearer", token):
            reply = self.world.client(fresh=True, timeout=10).get("/v1/me", headers={"Authorization": field})
            self.assertEqual(reply.status, 401)
        # A token beside a certificate says nothing: the certificate does.
        both = Client(self.world.pki, self.world.daemon.port, "auditor", token=token)
        self.assertEqual(both.get("/v1/me")["name"], "auditor")
        new = self.admin.post("/v1/principals/tokener/rotate").must(200)["token"]
        self.assert_problem(client.get("/v1/me"), 401, "principal_unknown")
        client.token = new
        client.get("/v1/me").must(200)
        self.world.advance(days=366)
        self.assert_problem(client.get("/v1/me"), 401, "token_expired")
        self.world.set_clock(self.start)
        client.get("/v1/me").must(200)
        self.admin.delete("/v1/principals/tokener").must(200)
        self.assert_problem(client.get("/v1/me"), 401, "principal_disabled")

    def test_found_by_the_name_in_the_certificate(self):
        self.add(name="by-name", kind="person", role="auditor").must(201)
        self.world.pki.client("by-name")
        self.assertEqual(self.world.client("by-name").get("/v1/me").must(200)["role"], "auditor")

    def test_bad_ones(self):
        good = {"name": "bad-one", "kind": "person", "role": "officer", "agency": "probe"}
        for change, pointer in (({"name": ""}, "/name"), ({"name": "a/b"}, "/name"), ({"name": "x" * 64}, "/name"),
                                ({"role": "king"}, "/role"), ({"kind": "robot"}, "/kind"), ({"agency": "nothing"}, "/agency"),
                                ({"agency": None}, "/agency"), ({"role": "clerk", "agency": None}, "/office"),
                                ({"certificate_sha256": "ab"}, "/certificate_sha256"),
                                ({"certificate_sha256": "g" * 64}, "/certificate_sha256")):
            with self.subTest(change):
                whole = {k: v for k, v in {**good, **change}.items() if v is not None}
                self.assert_invalid(self.add(**whole), pointer)
        self.assertEqual(self.add(**good, token="yes").status, 400)
        self.assertEqual(self.add(**good, colour=1).status, 400)


class Strangers(CaseTest):
    """Certificates that are not ours end in a TLS alert, a log line and a metric."""

    def refused(self, name, pki=None):
        client = Client(pki or self.world.pki, self.world.daemon.port, name, timeout=10)
        # In TLS 1.3 the server's refusal arrives after the client's own handshake is done.
        with self.assertRaises((ssl.SSLError, ConnectionResetError)):
            client.get("/v1/me")
        client.close()

    def failures(self):
        text = self.admin.get("/metrics").must(200).text
        return sum(float(line.rpartition(" ")[2]) for line in text.splitlines()
                   if line.startswith("kezek_tls_failures_total"))

    def test_foreign_expired_and_revoked(self):
        before = self.failures()
        stranger = type(self.world.pki)(self.world.directory / "elsewhere")
        stranger.client("desk-clerk")
        context = stranger.context("desk-clerk")
        context.load_verify_locations(cafile=str(self.world.pki.ca))
        stranger.context = lambda name=None: context
        self.refused("desk-clerk", stranger)
        self.world.pki.expired("old")
        self.refused("old")
        self.world.principal("thief", "clerk", office="desk").get("/v1/me").must(200)
        self.world.pki.revoke("thief")
        self.world.daemon.reload()

        def is_refused():
            client = Client(self.world.pki, self.world.daemon.port, "thief", timeout=10)
            try:
                client.get("/v1/me")
            except (ssl.SSLError, ConnectionResetError):
                return True
            finally:
                client.close()
            return False

        eventually(is_refused, timeout=10)
        self.assertGreaterEqual(self.failures(), before + 3)
        self.assertIn("tls", self.world.daemon.log())


if __name__ == "__main__":
    main()
