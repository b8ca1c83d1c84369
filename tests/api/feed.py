"""The feed: every event once and in the order of its commit, pulled and pushed, within one's scope."""

import json
import threading
import time

from support.casework import submission
from support.feed import FeedTest, pull
from support.hold import Hold
from support.kezek import main


class Pulled(FeedTest):
    def test_dense_and_whole(self):
        """The feed is the journal: as many, each once, and positions without a hole."""
        request = self.submit("p-clock")
        claim = self.take(request)
        self.probe.post(f"/v1/requests/{request['id']}/decide", self.held(claim, outcome="granted")).must(200)
        items, end = pull(self.auditor)
        self.assertEqual([e["position"] for e in items], list(range(1, len(items) + 1)))
        self.assertEqual(int(end), len(items))
        self.assertEqual(sorted(e["id"] for e in items), sorted(r[0] for r in self.world.sql("SELECT id FROM kezek.event")))
        mine = [e for e in items if e["subject"] == request["id"]]
        self.assertEqual([e["data"]["kind"] for e in mine], ["submit", "claim", "decide"])
        self.assertEqual([e["data"]["seq"] for e in mine], [1, 2, 3])
        self.assertEqual({e["type"] for e in mine}, {"kezek.request.submit", "kezek.request.claim", "kezek.request.decide"})
        self.assertNotIn("Асанов", json.dumps(items, ensure_ascii=False))

    def test_each_sees_its_own(self):
        mine, other = self.submit("p-plain"), self.submit("p-other", self.desk_two)
        subjects = {name: {e["subject"] for e in pull(client)[0]} for name, client in (
            ("desk", self.desk), ("desk_two", self.desk_two), ("probe", self.probe), ("probe_two", self.probe_two))}
        self.assertTrue(mine["id"] in subjects["desk"] and other["id"] not in subjects["desk"])
        self.assertTrue(other["id"] in subjects["desk_two"] and mine["id"] not in subjects["desk_two"])
        self.assertTrue(mine["id"] in subjects["probe"] and other["id"] not in subjects["probe"])
        self.assertTrue(other["id"] in subjects["probe_two"] and mine["id"] not in subjects["probe_two"])
        self.probe.act(self.see(mine), "forward", {"to_agency": "probe-two"})
        given = self.submit("p-clock")
        self.probe.act(self.see(given), "forward", {"to_agency": "probe-two"}).must(200)
        for client in (self.probe, self.probe_two):  # who gave it on, and who got it
            self.assertEqual([e["data"]["kind"] for e in pull(client)[0] if e["subject"] == given["id"]], ["submit", "forward"])

    def test_where_nothing_is_ones_own_the_place_moves_on(self):
        _, end = pull(self.world.client("officer-probe-three"))
        self.assertEqual(int(end), self.head())

    def test_limits_and_bad_places(self):
        self.submit()
        self.submit()
        page = self.auditor.get("/v1/events?limit=1").must(200)
        self.assertEqual((len(page["items"]), page["page"]), (1, {"end_cursor": "1", "has_more": True}))
        for query in ("after=x", "after=-1", "limit=0", "limit=501", "after="):
            with self.subTest(query):
                self.assert_problem(self.auditor.get(f"/v1/events?{query}"), 400, "bad_parameter")

    def test_what_nothing_has_been_at(self):
        """A position behind the newest is of another feed, by whichever member it comes and however great it is."""
        for place in (self.head() + 1, 2**63 - 10001, 2**63 - 10000, 2**63 - 1, 2**63, 10**19, 10**40):
            for path, headers, name in ((f"/v1/events?after={place}", None, "after"), (f"/v1/stream?after={place}", None, "after"),
                                        ("/v1/stream", {"Last-Event-ID": str(place)}, "Last-Event-ID")):
                with self.subTest(f"{name} {place}"):
                    reply = self.auditor.get(path, headers=headers)
                    self.assert_problem(reply, 400, "bad_parameter")
                    self.assertEqual([(p["name"], p["code"]) for p in reply["invalid_params"]], [(name, "too_big")])

    def test_a_commit_that_waits_holds_no_place(self):
        """A transaction that is open elsewhere keeps nobody from reading on, and loses nothing."""
        before = self.head()
        held = Hold(self.world, "SELECT FROM kezek.request_state LIMIT 1 FOR UPDATE")
        other = Hold(self.world, "SELECT txid_current()")
        request = self.submit()
        items, _ = pull(self.auditor, before)
        self.assertEqual([e["subject"] for e in items], [request["id"]])
        other.end()
        held.end()

    def test_many_at_once_leave_no_hole(self):
        """Writers of every kind beside each other, and a reader who follows: he sees each event once, in order."""
        start, stop, seen = self.head(), threading.Event(), []

        def follow():
            client, after = self.world.client("feed-auditor", fresh=True), start
            while True:
                last = stop.is_set()
                items, after = pull(client, after, 7)
                seen.extend(items)
                if last:
                    return

        def work(number):
            desk = self.world.client("desk-clerk", fresh=True)
            officer = self.world.client("officer-probe", fresh=True)
            for _ in range(12):
                desk.post("/v1/requests", submission("p-plain")).must(201)
                for claim in officer.post("/v1/queues/probe/claims", {"max": 2}).must(200)["claims"]:
                    officer.post(f"/v1/requests/{claim['request']['id']}/" + ("release" if number % 2 else "decide"),
                                 self.held(claim, **({} if number % 2 else {"outcome": "granted"})))

        reader = threading.Thread(target=follow)
        reader.start()
        workers = [threading.Thread(target=work, args=(n,)) for n in range(6)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        stop.set()
        reader.join()
        self.assertGreater(len(seen), 150)
        self.assertEqual([e["position"] for e in seen], list(range(start + 1, self.head() + 1)))


class Crashed(FeedTest):
    world_options = {"own_cluster": True}

    def test_nothing_is_lost_in_a_crash(self):
        before = self.head()
        acknowledged = [self.submit()["id"] for _ in range(5)]
        self.world.daemon.kill()
        self.world.cluster.kill()
        self.world.cluster.start()
        self.world.forget_clients()
        self.world.daemon.start()
        acknowledged += [self.submit()["id"] for _ in range(3)]
        items, end = pull(self.auditor, before)
        self.assertEqual([e["subject"] for e in items if e["data"]["kind"] == "submit"], acknowledged)
        self.assertEqual([e["position"] for e in items], list(range(before + 1, int(end) + 1)))


class Pushed(FeedTest):
    def test_what_was_and_what_comes(self):
        before = self.head()
        first = self.submit()
        stream = self.world.client("officer-probe", fresh=True).events(f"/v1/stream?after={before}")
        event = next(stream)
        self.assertEqual((event["event"], int(event["id"])), ("kezek.request.submit", before + 1))
        self.assertEqual(json.loads(event["data"])["subject"], first["id"])
        second = self.submit()
        event = next(stream)
        self.assertEqual(json.loads(event["data"])["subject"], second["id"])
        # What an own commit brought is there at once; what is none of one's business, never.
        self.submit("p-other")
        third = self.submit()
        self.assertEqual(json.loads(next(stream)["data"])["subject"], third["id"])
        stream.close()

    def test_resumed_by_its_last_id(self):
        begin = self.head()
        ids = [self.submit()["id"] for _ in range(4)]
        stream = self.world.client("officer-probe", fresh=True).events(f"/v1/stream?after={begin}")
        last = [next(stream) for _ in range(2)][-1]["id"]
        stream.close()
        stream = self.world.client("officer-probe", fresh=True).events(headers={"Last-Event-ID": last})
        self.assertEqual([json.loads(next(stream)["data"])["subject"] for _ in range(2)], ids[2:])
        stream.close()

    def test_from_now_on(self):
        self.submit()
        stream = self.world.client("officer-probe", fresh=True).events()
        box = []
        reader = threading.Thread(target=lambda: box.append(next(stream)))
        reader.start()
        while not box:  # the stream may not be open yet: whatever comes then is new
            request = self.submit()
            reader.join(0.3)
        self.assertLessEqual(json.loads(box[0]["data"])["subject"], request["id"])
        stream.close()

    def test_a_disabled_one_is_told_nothing_more(self):
        self.world.principal("feed-guest", "officer", agency="probe")
        guest = self.world.client("feed-guest", fresh=True)
        before = self.head()
        self.submit()
        stream = guest.events(f"/v1/stream?after={before}")
        next(stream)
        self.world.client("admin").delete("/v1/principals/feed-guest").must(200)
        self.submit()
        self.assertEqual(list(stream), [])

    def test_bad_places(self):
        for path, headers in (("/v1/stream?after=x", None), ("/v1/stream", {"Last-Event-ID": "abc"})):
            with self.subTest(path):
                self.assert_problem(self.probe.get(path, headers=headers), 400, "bad_parameter")

    def test_who_does_not_keep_up_is_cut_off(self):
        """A client that does not read is dropped once its queue is full; by its last id it has missed nothing."""
        request = self.submit()
        client = self.world.client("feed-auditor", fresh=True)
        stream = client.events(f"/v1/stream?after={self.head() - 1}")
        first = next(stream)
        begin = self.head()
        self.write_events(request, 20000)
        end = time.monotonic() + 20
        while "kezek_streams_dropped_total 1" not in self.auditor.get("/metrics").must(200).text:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.1)
        seen, last = [], int(first["id"])
        try:
            for event in stream:
                seen.append(int(event["id"]))
        except Exception as cut:  # in the middle of a chunk, so that it shows
            self.assertIn("IncompleteRead", repr(cut))
        self.assertLess(len(seen), 20000)
        last = seen[-1] if seen else last
        self.assertEqual(seen, list(range(begin + 1, last + 1)))
        items, end = pull(self.auditor, last)
        self.assertEqual([e["position"] for e in items], list(range(last + 1, begin + 20001)))


if __name__ == "__main__":
    main()
