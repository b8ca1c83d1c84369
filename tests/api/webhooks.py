"""Webhooks: the feed carried to somebody's server, signed, and never to whom it is none of."""

import base64
import json
import pathlib
import threading

from support import contract
from support.kezek import eventually, free_port, main
from support.webhooks import Webhooks


class Delivered(Webhooks):
    def test_signed_and_whole(self):
        """The message is the event as the feed has it, under its id and a signature by the secret shown once."""
        receiver = self.receiver()
        hook = self.hook(receiver.url + "/in?token=1")
        request = self.submit()
        message, = receiver.wait(1)
        self.assertEqual(message.signers(hook["secret"]), [hook["secret"]])
        self.assertEqual(message.path, "/in?token=1")
        self.assertEqual(message.headers["Content-Type"], "application/cloudevents+json")
        self.assertEqual(message.event["subject"], request["id"])
        self.assertEqual(message.event["id"], message.id)
        pulled = self.probe.get(f"/v1/events?after={message.event['position'] - 1}").must(200)["items"]
        self.assertEqual(message.event, pulled[0])
        schema = contract.contract()["components"]["schemas"]["FeedEvent"]
        self.assertEqual(list(contract.faults(message.event, schema)), [])
        self.assertLess(abs(int(message.timestamp) - self.world.now().timestamp()), 60)
        self.quiet()
        self.assertEqual((self.look()["last_status"], self.look()["failing_since"]), (204, None))
        self.assertEqual(len(receiver.messages), 1)

    def test_a_changed_message_fits_no_signature(self):
        receiver = self.receiver()
        hook = self.hook(receiver.url)
        self.submit()
        message, = receiver.wait(1)
        message.body = message.body.replace(b"submit", b"decide")
        self.assertRaises(KeyError, message.signers, hook["secret"])

    def test_the_secret_is_told_once(self):
        receiver = self.receiver()
        secret = self.hook(receiver.url)["secret"]
        self.assertNotIn("secret", self.look())
        self.assertNotIn("secret", self.admin.get("/v1/webhooks").must(200)["items"][0])
        rows = self.world.sql("SELECT w::text FROM kezek.webhook w")
        key = base64.b64decode(secret.removeprefix("whsec_"))
        for form in (secret, key.hex(), key.hex().upper(), secret.removeprefix("whsec_")):
            self.assertNotIn(form, repr(rows) + self.world.daemon.log())

    def test_each_hook_hears_of_its_own(self):
        """By the scope of its principal, and the kinds it asked for; what is forwarded is both bodies'."""
        probe, two, desk, decided = (self.receiver() for _ in range(4))
        self.hook(probe.url)
        self.hook(two.url, "officer-probe-two", "two")
        self.hook(desk.url, "desk-two-clerk", "desk-two")
        self.hook(decided.url, "officer-probe", "decided", kinds=["decide", "claim"])
        mine, other, given = self.submit(), self.submit("p-other", self.desk_two), self.submit("p-clock")
        self.probe.act(given, "forward", {"to_agency": "probe-two"}).must(200)
        claim = self.take(mine)
        self.probe.post(f"/v1/requests/{mine['id']}/decide", self.held(claim, outcome="granted")).must(200)
        for name in ("probe", "two", "desk-two", "decided"):
            self.quiet(name)
        heard = [sorted((m.event["subject"], m.event["data"]["kind"]) for m in r.messages) for r in (probe, two, desk, decided)]
        ours = [(mine["id"], kind) for kind in ("claim", "decide", "submit")]
        moved = [(given["id"], "forward"), (given["id"], "submit")]
        self.assertEqual(heard[0], sorted(ours + moved))
        # The submission of what came to it by a forward is of a time when it was not its own, and is judged as it stands now.
        self.assertLessEqual({(other["id"], "submit"), (given["id"], "forward")}, set(heard[1]))
        self.assertLessEqual({subject for subject, _ in heard[1]}, {other["id"], given["id"]})
        self.assertEqual(heard[2], [(other["id"], "submit")])
        self.assertEqual(heard[3], sorted(ours[:2]))

    def test_in_order_within_a_request(self):
        receiver = self.receiver()
        self.hook(receiver.url)
        requests = [self.submit() for _ in range(6)]
        for request in requests:
            claim = self.take(request)
            self.probe.post(f"/v1/requests/{request['id']}/decide", self.held(claim, outcome="granted")).must(200)
        receiver.wait(18)
        self.quiet()
        for request in requests:
            self.assertEqual([m.event["data"]["kind"] for m in receiver.of(request)], ["submit", "claim", "decide"])
        self.assertEqual(len(receiver.messages), 18)

    def test_two_daemons_deliver_each_once(self):
        receiver = self.receiver()
        self.hook(receiver.url)
        other = self.world.another_daemon(webhook_timeout="3")
        other.start()
        desk = other.client("desk-clerk")
        for number in range(30):
            self.submit(client=desk if number % 2 else self.desk)
        self.quiet()
        attempts = [d.client("admin").get("/metrics").text.count('kezek_webhook_attempts_total{result="delivered"}')
                    for d in (self.world.daemon, other)]
        desk.close()
        other.stop()
        self.assertEqual(len(receiver.messages), 30)
        self.assertEqual(len({m.id for m in receiver.messages}), 30)
        self.assertTrue(any(attempts), attempts)

    def test_without_tls_only_here(self):
        receiver = self.receiver(pki=None)
        self.hook(receiver.url)
        self.submit()
        receiver.wait(1)
        for url in ("http://192.0.2.1/", "http://localhost.example/", "ftp://127.0.0.1/", "https://u@a.example/", "x"):
            reply = self.admin.post("/v1/webhooks", {"name": "n", "principal": "officer-probe", "url": url})
            self.assert_invalid(reply, "/url")

    def test_a_scheme_in_any_case(self):
        receiver = self.receiver()
        hook = self.hook(receiver.url.replace("https:", "HTTPS:"))
        self.assertEqual(hook["url"][:6], "HTTPS:")
        self.submit()
        receiver.wait(1)

    def test_a_long_answer_is_not_read(self):
        receiver = self.receiver(lambda message: (200, b"x" * 10_000_000))
        self.hook(receiver.url)
        self.submit()
        receiver.wait(1)
        self.quiet()
        self.assertEqual((len(receiver.messages), self.look()["last_status"]), (1, 200))

    def test_a_slow_one_holds_up_nobody(self):
        """Neither other hooks nor the loop; and it has no more than four under way."""
        free, under_way, most = threading.Event(), set(), []
        self.addCleanup(free.set)

        def hang(message):
            under_way.add(message.id)
            most.append(len(under_way))
            free.wait(20)
            under_way.discard(message.id)
            return 204

        slow, quick = self.receiver(hang), self.receiver()
        self.hook(slow.url, name="slow")
        self.hook(quick.url, name="quick")
        for _ in range(12):
            self.submit()
        quick.wait(12)
        self.assertLessEqual(len(most), 4, "none of the slow one's four has ended, or a fifth had begun")
        free.set()
        slow.wait(12)
        self.assertLessEqual(max(most), 4)


class Administered(Webhooks):
    def test_rotation_overlaps(self):
        receiver = self.receiver()
        old = self.hook(receiver.url)["secret"]
        answer = self.admin.post("/v1/webhooks/probe/rotate", {"overlap_seconds": 3600}).must(200).json
        new = answer["secret"]
        self.assertNotEqual(new, old)
        self.submit()
        self.assertEqual(receiver.wait(1)[0].signers(old, new), [new, old])
        self.quiet()  # recorded: a lease that ends unrecorded is sent again
        self.world.advance(hours=2)
        self.submit()
        self.assertEqual(receiver.wait(2)[1].signers(new), [new])
        self.assertIsNone(self.look()["former_secret_until"])
        last = self.admin.post("/v1/webhooks/probe/rotate", {"overlap_seconds": 0}).must(200)["secret"]
        self.submit()
        self.assertEqual(receiver.wait(3)[2].signers(last), [last])

    def again(self, path, body, key, status=200):
        """The call once and its repeat."""
        once, again = (self.admin.post(f"/v1/webhooks{path}", body, key=key).must(status) for _ in range(2))
        self.assertEqual([r.header("Idempotent-Replayed") for r in (once, again)], [None, "true"])
        return once.json, again.json

    def test_a_rotation_repeated(self):
        """Is the same one, so that the receiver's secret is still the one before; its secret is nowhere in the clear."""
        receiver = self.receiver()
        old = self.hook(receiver.url)["secret"]
        same = lambda hook: (hook["secret"], hook["former_secret_until"])
        once, again = self.again("/probe/rotate", {"overlap_seconds": 3600}, "rotate-1")
        self.assertEqual(same(again), same(once))
        self.submit()
        self.assertEqual(receiver.wait(1)[0].signers(old, once["secret"]), [once["secret"], old])
        key = base64.b64decode(once["secret"].removeprefix("whsec_"))
        rows = repr(self.world.sql("SELECT i::text FROM kezek.idempotency i WHERE principal = 'admin' UNION ALL "
                                   "SELECT w::text FROM kezek.webhook w"))
        for form in (once["secret"].removeprefix("whsec_"), key.hex()):
            self.assertNotIn(form, rows)
        self.assert_problem(self.admin.post("/v1/webhooks/probe/rotate", {}, key="rotate-1"), 422, "idempotency_key_reused")
        self.assert_problem(self.admin.post("/v1/webhooks/probe/redeliver", {}, key="rotate-1"), 422, "idempotency_key_reused")
        other = self.admin.post("/v1/webhooks/probe/rotate", {"overlap_seconds": 3600}, key="rotate-2").must(200).json
        self.assertNotEqual(other["secret"], once["secret"])
        late = self.admin.post("/v1/webhooks/probe/rotate", {"overlap_seconds": 3600}, key="rotate-1").must(200)
        self.assertEqual((late.header("Idempotent-Replayed"), "secret" in late.json), ("true", False))
        again = self.admin.post("/v1/webhooks/probe/rotate", {"overlap_seconds": 3600}, key="rotate-2").must(200).json
        self.assertEqual(same(again), same(other))

    def test_a_rotation_by_twins(self):
        self.hook("https://a.example/")
        clients = [self.world.client("admin", fresh=True) for _ in range(8)]
        said, start = [], threading.Barrier(len(clients))

        def rotate(client):
            start.wait()
            said.append(client.post("/v1/webhooks/probe/rotate", key="twins").must(200))

        threads = [threading.Thread(target=rotate, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for client in clients:
            client.close()
        self.assertEqual([sum(r.header("Idempotent-Replayed") is None for r in said), len({r["secret"] for r in said})], [1, 1])

    def test_adding_repeated(self):
        body = {"name": "twice", "principal": "officer-probe", "url": "https://a.example/"}
        refused = self.admin.post("/v1/webhooks", {**body, "principal": "nobody"}, key="add-1")
        self.assert_invalid(refused, "/principal")
        once, again = self.again("", body, "add-1", 201)  # what was refused has not taken the key
        self.assertEqual((again["secret"], again["created_at"]), (once["secret"], once["created_at"]))
        self.assert_problem(self.admin.post("/v1/webhooks", body, key="add-2"), 409, "already_exists")
        self.admin.delete("/v1/webhooks/twice").must(200)
        self.assert_problem(self.admin.post("/v1/webhooks", body, key="add-1"), 404, "not_found")
        self.admin.post("/v1/webhooks", body, key="add-2").must(201)
        late = self.admin.post("/v1/webhooks", body, key="add-1").must(201)  # of one that is no more
        self.assertNotIn("secret", late.json)
        self.admin.delete("/v1/webhooks/twice").must(200)

    def test_redelivery_repeated(self):
        receiver = self.receiver()
        self.hook(receiver.url)
        self.submit()
        self.quiet()
        once, again = self.again("/probe/redeliver", {"position": receiver.messages[0].event["position"]}, "redeliver-1")
        self.assertEqual((once, again), ({"deliveries": 1}, {"deliveries": 1}))
        receiver.wait(2)
        self.quiet()
        again = self.admin.post("/v1/webhooks/probe/redeliver", {"position": receiver.messages[0].event["position"]}, key="redeliver-1")
        self.assertEqual(again.must(200).json, once)
        self.quiet()
        self.assertEqual(len(receiver.messages), 2)

    def test_pings(self):
        statuses = [204, 500]
        receiver = self.receiver(lambda message: statuses.pop(0))
        hook = self.hook(receiver.url)
        self.hook(f"https://127.0.0.1:{free_port()}/", name="nobody")
        said = self.admin.post("/v1/webhooks/probe/test").must(200).json
        self.assertEqual((said["delivered"], said["status"], said["why"]), (True, 204, None))
        message, = receiver.messages
        self.assertEqual(message.event["type"], "kezek.webhook.ping")
        self.assertEqual(message.signers(hook["secret"]), [hook["secret"]])
        self.assertEqual(self.admin.post("/v1/webhooks/probe/test").must(200)["status"], 500)
        said = self.admin.post("/v1/webhooks/nobody/test").must(200).json
        self.assertEqual((said["delivered"], said["status"], said["why"]), (False, None, "refused"))
        self.assertEqual(self.deliveries(), [])

    def test_who_asks_for_a_ping_and_leaves(self):
        free = threading.Event()
        self.addCleanup(free.set)
        receiver = self.receiver(lambda message: free.wait(10) and 204)
        self.hook(receiver.url)
        hasty = self.world.client("admin", fresh=True, timeout=0.5)
        self.assertRaises(TimeoutError, hasty.post, "/v1/webhooks/probe/test")
        hasty.close()
        free.set()
        self.assertEqual(self.admin.post("/v1/webhooks/probe/test").must(200)["delivered"], True)

    def test_redelivery_of_what_was_delivered(self):
        receiver = self.receiver()
        self.hook(receiver.url)
        first, _ = self.submit(), self.submit("p-other")
        third = self.submit()
        self.quiet()
        start = receiver.of(first)[0].event["position"]  # the third may have come before it
        foreign = start + 1
        again = lambda body: self.admin.post("/v1/webhooks/probe/redeliver", body).must(200)["deliveries"]
        self.assertEqual([again({"position": start}), again({"position": foreign}), again({"position": 10**15})], [1, 0, 0])
        receiver.wait(3)
        self.quiet()
        self.assertEqual([len(receiver.of(r)) for r in (first, third)], [2, 1])
        self.assertEqual(again({"from_position": start}), 0)
        receiver.wait(5)
        self.quiet()
        self.assertEqual([len(receiver.of(r)) for r in (first, third)], [3, 2])
        self.assertEqual(len({m.id for m in receiver.messages}), 2)
        self.assertEqual(len(receiver.messages), 5)

    def test_a_disabled_principal_is_told_nothing(self):
        receiver = self.receiver()
        self.world.principal("leaver", "officer", agency="probe")
        self.hook(receiver.url, "leaver")
        self.admin.delete("/v1/principals/leaver").must(200)
        self.submit()
        self.assertEqual(eventually(lambda: self.look()["disabled_why"]), "principal")
        self.assertEqual(receiver.messages, [])

    def test_what_is_refused(self):
        add = lambda **body: self.admin.post("/v1/webhooks", {
            "name": "new", "principal": "officer-probe", "url": "https://a.example/", **body})
        self.assert_invalid(add(name="-x"), "/name", status=422)
        self.assert_invalid(add(principal="nobody"), "/principal")
        self.assert_invalid(add(kinds=["Submit"]), "/kinds")
        self.assertEqual(add(kinds="submit").status, 400)
        self.assertEqual(add(secret="x").status, 400)
        self.hook("https://a.example/", name="new")
        self.assert_problem(add(), 409, "already_exists")
        for path in ("", "/deliveries"):
            self.assert_problem(self.admin.get(f"/v1/webhooks/none{path}"), 404, "not_found")
        for path in ("rotate", "test", "redeliver"):
            self.assert_problem(self.admin.post(f"/v1/webhooks/none/{path}"), 404, "not_found")
        self.assert_problem(self.admin.delete("/v1/webhooks/none"), 404, "not_found")
        self.assertEqual(self.admin.post("/v1/webhooks/new/redeliver", {"position": 1, "from_position": 1}).status, 422)
        self.assert_problem(self.admin.get("/v1/webhooks/new/deliveries?state=done"), 400, "bad_parameter")
        self.assert_problem(self.probe.get("/v1/webhooks"), 403, "role_not_allowed")
        self.admin.delete("/v1/webhooks/new").must(200)
        self.assertEqual(self.world.sql("SELECT count(*) FROM kezek.delivery WHERE webhook = 'new'"), [["0"]])

    def test_by_the_command(self):
        status = [204]
        receiver = self.receiver(lambda message: status[0])
        def kezek(*words, **more):
            return self.world.kezek("admin", "webhook", *words, **more)
        made = kezek("add", "line", receiver.url, "--principal", "officer-probe", "--event", "submit", "--lang", "en")
        self.addCleanup(self.admin.delete, "/v1/webhooks/line")
        secret = made.stdout.strip()
        self.assertRegex(secret, "^whsec_")
        self.assertIn("shown this once", made.stderr)
        self.assertIn("HTTP 204", kezek("test", "line").stdout)
        self.submit()
        receiver.wait(2)
        self.assertEqual(receiver.messages[1].signers(secret), [secret])
        status[0] = 500
        self.assertEqual(kezek("test", "line", check=False).returncode, 1)
        self.submit()
        self.attempted(1, "line")
        self.assertIn("HTTP 500", kezek("deliveries", "line").stdout)
        self.assertNotIn("HTTP 500", kezek("deliveries", "line", "--dead").stdout)
        self.assertIn(receiver.url, kezek("list").stdout)
        status[0] = 200
        self.assertIn("1", kezek("redeliver", "line").stdout)
        self.quiet("line")
        self.assertEqual(json.loads(kezek("show", "line", "--json").stdout)["last_status"], 200)
        self.assertIn(receiver.url, kezek("show", "line", "--lang", "ky").stdout)
        position = str(receiver.messages[1].event["position"])
        self.assertEqual(json.loads(kezek("redeliver", "line", "--position", position, "--json").stdout), {"deliveries": 1})
        first = kezek("rotate", "line", "--overlap", "0", "--idempotency-key", "r-1").stdout
        self.assertRegex(first, "^whsec_")
        self.assertEqual(kezek("rotate", "line", "--overlap", "0", "--idempotency-key", "r-1").stdout, first)
        self.assertNotEqual(kezek("rotate", "line", "--overlap", "0").stdout, first)
        late = kezek("rotate", "line", "--overlap", "0", "--idempotency-key", "r-1")
        self.assertEqual(late.stdout, "")
        self.assertIn("kezek webhook rotate", late.stderr)
        kezek("remove", "line")
        self.assertEqual(kezek("show", "line", check=False).returncode, 1)
        self.assertEqual(kezek("add", "x", receiver.url, check=False).returncode, 2)

    def test_deliveries_in_pages(self):
        receiver = self.receiver(lambda message: 500)
        self.hook(receiver.url)
        for _ in range(3):
            self.submit()
        eventually(lambda: len(self.deliveries()) == 3)
        page = self.admin.get("/v1/webhooks/probe/deliveries?limit=2").must(200)
        self.assertEqual((len(page["items"]), page["page"]["has_more"]), (2, True))
        rest = self.admin.get(f"/v1/webhooks/probe/deliveries?limit=2&after={page['page']['end_cursor']}").must(200)
        self.assertEqual((len(rest["items"]), rest["page"]["has_more"]), (1, False))

    def test_nothing_of_persons_nor_secrets_is_logged(self):
        receiver = self.receiver()
        secret = self.hook(receiver.url + "/?token=HiddenToken")["secret"]
        self.submit()
        self.quiet()
        log = "".join(pathlib.Path(d.log_path).read_text() for d in self.world.daemons)
        for word in (secret.removeprefix("whsec_"), "HiddenToken", "Асанов"):
            self.assertNotIn(word, log)
        self.assertNotIn("Асанов", json.dumps([m.event for m in receiver.messages], ensure_ascii=False))


if __name__ == "__main__":
    main()
