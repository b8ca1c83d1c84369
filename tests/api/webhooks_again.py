"""Webhooks when something is wrong: tried again over a day, dead letters, hooks that are disabled, daemons that die."""

import datetime
import threading
import time

from support.kezek import Pki, eventually, free_port, main
from support.silence import silence
from support.webhooks import Webhooks


class TriedAgain(Webhooks):
    def wait_seconds(self, delivery):
        return (datetime.datetime.fromisoformat(delivery["next_at"]) - self.world.now()).total_seconds()

    def test_after_a_failure(self):
        """Not before its time, then with the same id and a new timestamp; and the hook is well again."""
        statuses = [500, 503, 204]
        receiver = self.receiver(lambda message: statuses.pop(0))
        hook = self.hook(receiver.url)
        self.submit()
        delivery = self.attempted(1)
        self.assertEqual((delivery["state"], delivery["last_status"], delivery["last_why"]), ("pending", 500, None))
        self.assertTrue(2 < self.wait_seconds(delivery) <= 6, delivery)
        self.assertIsNotNone(self.look()["failing_since"])
        self.world.advance(seconds=7)
        delivery = self.attempted(2)
        self.assertTrue(20 < self.wait_seconds(delivery) <= 36, delivery)
        self.world.advance(seconds=37)
        self.quiet()
        self.assertEqual(len(receiver.messages), 3)
        self.assertEqual(len({m.id for m in receiver.messages}), 1)
        self.assertGreater(int(receiver.messages[2].timestamp) - int(receiver.messages[0].timestamp), 40)
        for message in receiver.messages:
            self.assertEqual(message.signers(hook["secret"]), [hook["secret"]])
        self.assertIsNone(self.look()["failing_since"])

    def test_a_silent_name_server_keeps_nobody_waiting(self):
        """Neither while the name is asked for, nor when that is given up and the asking goes on for seconds."""
        self.hook("https://silent.example/")
        daemon = self.world.another_daemon(webhook_timeout="2")
        self.addCleanup(daemon.stop)
        with silence(self) as server:
            server.serve(daemon)
            daemon.start()
            said = []
            with daemon.client("admin") as admin, daemon.client() as client:
                ping = threading.Thread(target=lambda: said.append(admin.post("/v1/webhooks/probe/test").must(200).json))
                ping.start()
                self.assertIn(b"silent", server.asked())
                end = time.monotonic() + 4
                while time.monotonic() < end:
                    since = time.monotonic()
                    client.get("/healthz").must(200)
                    self.assertLess(time.monotonic() - since, 0.9)
                    time.sleep(0.05)
                ping.join()
            self.assertEqual((said[0]["delivered"], said[0]["why"]), (False, "timeout"))
            self.assertLess(said[0]["took_ms"], 2500)
            since = time.monotonic()
            daemon.stop()
            self.assertLess(time.monotonic() - since, 2)

    def test_why(self):
        """Whatever keeps it from being delivered has a name, and is tried again."""
        other = Pki(self.world.directory / "foreign-pki")
        hang = threading.Event()
        self.addCleanup(hang.set)
        tries = {
            "refused": f"https://127.0.0.1:{free_port()}/", "certificate": self.receiver(pki=other).url,
            "cut": self.receiver(lambda message: None).url, "timeout": self.receiver(lambda message: hang.wait(30) and 204).url,
            "tls": self.receiver(pki=None).url.replace("http:", "https:"), "name": "https://nowhere.invalid/",
        }
        for why, url in tries.items():
            self.hook(url, name=why)
        redirect = self.receiver(lambda message: 302)
        self.hook(redirect.url, name="redirect")
        self.submit()
        for why in tries:
            with self.subTest(why):
                delivery = self.attempted(1, why)
                self.assertEqual((delivery["last_why"], delivery["last_status"], delivery["state"]), (why, None, "pending"))
        self.assertEqual(self.attempted(1, "redirect")["last_status"], 302)
        self.assertEqual([m.path for m in redirect.messages], ["/"])

    def test_a_later_event_does_not_wait_for_the_second_attempt(self):
        statuses = [500]
        receiver = self.receiver(lambda message: statuses.pop() if statuses else 204)
        self.hook(receiver.url)
        request = self.submit()
        self.attempted(1)
        self.take(request)
        eventually(lambda: len(receiver.of(request)) == 2)
        self.world.advance(seconds=7)
        self.quiet()
        self.assertEqual([m.event["data"]["kind"] for m in receiver.of(request)], ["submit", "claim", "submit"])

    def test_a_day_of_it_is_a_dead_letter_and_may_be_redelivered(self):
        status = [500]
        receiver = self.receiver(lambda message: status[0])
        self.hook(receiver.url)
        self.submit()
        began, delivery, times = self.world.now(), self.attempted(1), 1
        while delivery["state"] == "pending":
            self.assertLess(times, 20)
            self.world.set_clock(datetime.datetime.fromisoformat(delivery["next_at"]) + datetime.timedelta(seconds=1))
            times += 1
            delivery = self.attempted(times)
        hours = (self.world.now() - began).total_seconds() / 3600
        self.assertTrue(18 < hours < 30, hours)
        self.assertEqual((times, len(receiver.messages), delivery["next_at"]), (11, 11, None))
        self.assertEqual([d["position"] for d in self.deliveries(query="?state=dead")], [delivery["position"]])
        self.assertEqual(self.deliveries(query="?state=pending"), [])
        self.world.advance(days=1)
        text = eventually(lambda: "kezek_webhook_deliveries_dead 1" in self.admin.get("/metrics").text and
                          self.admin.get("/metrics").text, 15)
        self.assertRegex(text, r'kezek_webhook_attempts_total\{result="dead"\} [1-9]')
        self.assertEqual(len(receiver.messages), 11)
        status[0] = 200
        self.assertEqual(self.admin.post("/v1/webhooks/probe/redeliver").must(200).json, {"deliveries": 1})
        self.quiet()
        self.assertEqual(len({m.id for m in receiver.wait(12)}), 1)
        self.assertEqual(self.look()["dead"], 0)

    def test_gone_disables_and_redelivery_takes_it_up_again(self):
        statuses = [410]
        receiver = self.receiver(lambda message: statuses.pop() if statuses else 204)
        self.hook(receiver.url)
        first = self.submit()
        hook = eventually(lambda: self.look()["disabled_at"] and self.look())
        self.assertEqual((hook["disabled_why"], hook["last_status"], hook["pending"]), ("gone", 410, 1))
        second = self.submit()
        self.world.advance(hours=2)
        self.admin.post("/v1/webhooks/probe/test").must(200)  # also to one that is disabled
        self.assertEqual([m.event["subject"] for m in receiver.messages if "subject" in m.event], [first["id"]])
        self.assertIn("webhook_disabled", self.world.daemon.log())
        self.assertIsNotNone(self.look()["disabled_at"])
        self.admin.post("/v1/webhooks/probe/redeliver").must(200)
        self.quiet()
        self.assertEqual([len(receiver.of(r)) for r in (first, second)], [2, 1])
        self.assertIsNone(self.look()["disabled_why"])

    def test_five_days_of_failing_disable(self):
        receiver = self.receiver(lambda message: 500)
        self.hook(receiver.url)
        self.submit()
        self.attempted(1)
        self.world.advance(days=4)
        self.attempted(2)
        self.assertIsNone(self.look()["disabled_at"])
        self.world.advance(days=1, minutes=5)
        self.assertEqual(eventually(lambda: self.look()["disabled_why"]), "failing")
        eventually(lambda: "kezek_webhooks_disabled 1" in self.admin.get("/metrics").text, 15)

    def test_killed_between_sending_and_recording(self):
        """It is sent again once the lease is over, under the same id, and by then by whoever is there."""
        daemon = self.world.daemon
        kill = [True]

        def answer(message):
            if kill.pop() if kill else False:
                daemon.kill()
            return 204

        receiver = self.receiver(answer)
        self.hook(receiver.url)
        request = self.submit()
        receiver.wait(1)
        eventually(lambda: daemon.process is None)
        self.restart()
        self.assertEqual([(d["state"], d["attempts"]) for d in self.deliveries()], [("pending", 1)])
        self.submit()
        eventually(lambda: len(receiver.messages) == 2)  # another request's does not wait
        eventually(lambda: len(self.deliveries()) == 1)  # and is recorded: else its lease ends with the other's
        self.world.advance(seconds=60)
        self.quiet()
        self.assertEqual(len({m.id for m in receiver.of(request)}), 1)
        self.assertEqual((len(receiver.of(request)), len(receiver.messages)), (2, 3))

    def test_what_was_committed_while_nobody_carried_is_carried(self):
        receiver = self.receiver()
        self.hook(receiver.url)
        request = self.submit()
        self.quiet()
        self.world.daemon.stop()
        self.world.daemon.process = None
        self.world.sql("WITH h AS (UPDATE kezek.feed_head SET position = position + 1200 RETURNING position - 1200 AS last) "
                       "INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, position) "
                       f"SELECT '{request['id']}', 1000 + n, gen_random_uuid(), 'note', kezek.now(), kezek.now(), 'test', "
                       "h.last + n FROM h, generate_series(1, 1200) n")
        self.restart()
        eventually(lambda: self.look()["position"] == int(self.world.sql("SELECT position FROM kezek.feed_head")[0][0]), 20)
        rows = self.world.sql("SELECT count(*) FROM kezek.delivery WHERE webhook = 'probe'")
        self.assertGreater(int(rows[0][0]) + len(receiver.messages), 1200)
        eventually(lambda: len(receiver.messages) > 40, 20)
        seqs = [m.event["data"]["seq"] for m in list(receiver.messages)]
        self.assertEqual(seqs, sorted(set(seqs)))  # of one request: one by one


if __name__ == "__main__":
    main()
