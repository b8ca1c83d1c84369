"""Who may connect over the years: certificates renewed, tokens rotated, access ended and given again."""

import datetime

from support.casework import ActTest
from support.kezek import main


class Principals(ActTest):
    def rotate(self, name, client=None, **body):
        return (client or self.admin).post(f"/v1/principals/{name}/rotate", body)

    def renewed(self, name, suffix):
        """A further certificate for that person, and a client that shows it."""
        self.world.pki.client(f"{name}{suffix}")
        return self.world.pki.sha256(f"{name}{suffix}"), self.world.client(f"{name}{suffix}")

    def me(self, client):
        return client.get("/v1/me")

    def row(self, name):
        return [p for p in self.admin.get("/v1/principals")["items"] if p["name"] == name][0]

    def test_a_renewed_certificate_beside_the_former(self):
        former = self.world.principal("year-one", "officer", agency="probe")
        request, _ = self.held_by(former)
        digest, client = self.renewed("year-one", "-2027")
        self.assertEqual(self.me(client).status, 401)
        until = self.world.now() + datetime.timedelta(days=30)
        body = {"certificate_sha256": digest, "keep_until": until.isoformat()}
        done = self.rotate("year-one", **body).must(200)
        self.assertEqual((done["certificate_sha256"], done["former_certificate_sha256"], "token" in done.json),
                         (digest, self.world.pki.sha256("year-one"), False))
        for one in (former, client):
            self.assertEqual(self.me(one).must(200)["name"], "year-one")
        # The same again changes nothing; what was held is held.
        self.assertEqual(self.rotate("year-one", **body).must(200).json, done.json)
        self.assertEqual(self.see(request, client)["claim"]["principal"], "year-one")
        self.assertIn("fence", self.see(request, client)["claim"])
        # Nobody else is bound to it while it is taken.
        reply = self.admin.post("/v1/principals", {"name": "thief", "kind": "person", "role": "auditor",
                                                   "certificate_sha256": self.world.pki.sha256("year-one")})
        self.assert_problem(reply, 409, "already_exists")
        self.world.set_clock(until + datetime.timedelta(seconds=1))
        self.assertEqual((self.me(former).status, self.me(client).status), (401, 200))
        self.assertEqual((self.row("year-one")["former_certificate_sha256"], self.row("year-one")["former_until"]), (None, None))

    def test_a_lost_one_ends_at_once(self):
        lost = self.world.principal("loser", "officer", agency="probe")
        digest, client = self.renewed("loser", "-new")
        self.rotate("loser", certificate_sha256=digest).must(200)
        self.assertEqual((self.me(lost).status, self.me(client).status), (401, 200))
        self.assert_problem(self.rotate("supervisor-probe", certificate_sha256=digest), 409, "already_exists")

    def test_what_is_no_rotation(self):
        self.world.principal("steady", "officer", agency="probe")
        soon, late = ((self.world.now() + datetime.timedelta(days=n)).isoformat() for n in (1, 91))
        digest = "ab" * 32
        for body, fault in (({"keep_until": soon}, ("/certificate_sha256", "missing")),
                            ({"certificate_sha256": digest, "keep_until": late}, ("/keep_until", "too_big")),
                            ({"certificate_sha256": digest, "keep_until": self.start}, ("/keep_until", "too_small")),
                            ({"certificate_sha256": "ab", "keep_until": soon}, ("/certificate_sha256", "bad_format"))):
            with self.subTest(str(body)):
                self.assertIn(fault, self.faults(self.rotate("steady", **body)))
        self.assertEqual(self.rotate("steady", colour=1).status, 400)
        self.assert_problem(self.rotate("nobody"), 404, "not_found")
        self.assert_problem(self.rotate("steady", self.chief), 403, "role_not_allowed")

    def test_a_token_and_when_it_ends(self):
        self.admin.post("/v1/principals", {"name": "bearer", "kind": "system", "role": "officer", "agency": "probe",
                                           "token": True}).must(201)
        first = self.rotate("bearer").must(200)
        second = self.rotate("bearer").must(200)  # lost with its answer: another
        self.assertNotEqual(first["token"], second["token"])
        self.assertTrue(second["token_expires_at"].startswith("2027-11-18"))
        anybody = self.world.client(None, fresh=True)
        for token, status in ((first["token"], 401), (second["token"], 200)):
            reply = anybody.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
            self.assertEqual(reply.status, status)

    def test_disabled_tells_what_was_held_and_enabled_again(self):
        client = self.world.principal("leaver", "officer", agency="probe")
        held = [self.held_by(client)[0] for _ in range(2)]
        self.chief.post("/v1/delegations", {"principal": "leaver", "deputy": "officer-probe-b", "until": "2027-01-31"}).must(201)
        gone = self.admin.call("DELETE", "/v1/principals/leaver").must(200)
        self.assertEqual((gone["disabled"], gone["released"], gone["delegations_ended"]), (True, 2, 1))
        self.assertEqual({self.see(r)["state"] for r in held}, {"queued"})
        again = self.admin.call("DELETE", "/v1/principals/leaver").must(200)
        self.assertEqual((again["released"], again["disabled_at"]), (0, gone["disabled_at"]))
        self.assert_problem(self.me(client), 401, "principal_disabled")
        for _ in range(2):
            back = self.admin.post("/v1/principals/leaver/enable").must(200)
            self.assertEqual((back["disabled"], back["disabled_at"]), (False, None))
        self.assertEqual(self.me(client).must(200)["name"], "leaver")
        self.assertEqual(client.get("/v1/claims").must(200)["items"], [])


if __name__ == "__main__":
    main()
