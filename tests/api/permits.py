"""726 real permit cases of a former system: on time, late and open as its own register had them."""

import collections
import csv
import importlib.machinery
import importlib.util
import json
import unittest

from support.kezek import DATA, ROOT, ApiTest, main

PERMITS = DATA / "permits"
# A closing before the receipt: its one event follows it, and counts among the 87.
CLOSED_EARLY = "case-10862"


def moment(text):
    return text.replace(" ", "T")


def read(name):
    with open(PERMITS / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def lines(with_due_at):
    """The cases as import lines: the demo's own reading of them."""
    loader = importlib.machinery.SourceFileLoader("permits_of_the_demo", str(ROOT / "config/demo/permits"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return list(module.lines(PERMITS, with_due_at))


class Permits(ApiTest):
    """What both ways of judging have in common. Subclasses say which dates are given, and what comes of them."""

    world_options = {"catalogue": False}
    with_due_at = None

    @classmethod
    def setUpClass(cls):
        if not PERMITS.is_dir():
            raise unittest.SkipTest(f"LEFT OUT: the real permits are not at {PERMITS} (KEZEK_TEST_DATA)")
        super().setUpClass()
        cls.world.kezek("admin", "calendar", "load", ROOT / "tests/data/calendars/nl.json")
        cls.world.kezek("admin", "catalogue", "load", ROOT / "tests/data/permits-catalogue.json")
        cls.world.principal("supervisor", "supervisor")
        cls.world.principal("auditor", "auditor")
        cls.world.principal("other-admin", "admin")
        cls.lines = list(lines(cls.with_due_at))
        cls.body = "".join(json.dumps(line) + "\n" for line in cls.lines).encode()

    def import_all(self, who):
        reply = self.world.client(who).call(
            "POST", "/v1/imports", self.body, headers={"Content-Type": "application/x-ndjson"}).must(200)
        self.assertEqual(reply.header("Content-Type"), "application/x-ndjson")
        return [json.loads(line) for line in reply.text.splitlines()]

    def pages(self, query, limit=100):
        """Every item of a list, page by page; each page counts the whole."""
        items, after = [], ""
        while True:
            page = self.supervisor.get(f"/v1/requests?{query}&limit={limit}&count=exact{after}").must(200)
            items += page["items"]
            if not page["page"]["has_more"]:
                self.assertEqual(page["page"]["count"], len(items))
                return items
            after = f"&after={page['page']['end_cursor']}"

    def check_register(self):
        """The register shows the former one's cases: each once, and each judged at its own moment."""
        for state, wanted in self.wanted.items():
            items = self.pages(f"agency=wabo&deadline={state}")
            self.assertEqual(len({item["id"] for item in items}), wanted, state)
            self.assertEqual({item["deadlines"][0]["state"] for item in items}, {state})
            self.assertEqual({item["state"] for item in items}, {"queued" if state == "running" else "closed"})
            self.assertTrue(all(item["imported"] and item["responsible"]["principal"] == "wabo-head" for item in items))
        overview = self.supervisor.get("/v1/overview?by=agency").must(200)["items"]
        self.assertEqual([(row["agency"], row["open"], row["overdue"]) for row in overview], [("wabo", 49, 49)])

    def check_dates(self):
        given = {line["number"]: line for line in self.lines}
        for item in self.pages("agency=wabo&sort=due_at"):
            self.check_date(item, given[item["number"]])

    def check_each(self, results, result):
        """A result a line, in the order of the lines, and the oddities of the data among them."""
        self.assertEqual([r["line"] for r in results], list(range(1, 727)))
        self.assertEqual([r["number"] for r in results], [line["number"] for line in self.lines])
        self.assertEqual({(r["result"], r["problem"]) for r in results}, {(result, None)})
        self.assertEqual([r["number"] for r in results if "closed_before_receipt" in r["flags"]], [CLOSED_EARLY])
        flagged = [r for r in results if "events_after_closing" in r["flags"]]
        self.assertEqual(sum(r["events_after_closing"] for r in flagged), 87)
        self.assertEqual({flag for r in results for flag in r["flags"]}, {"closed_before_receipt", "events_after_closing"})

    def test_1_all_are_taken_and_judged(self):
        self.check_each(self.import_all("admin"), "created")
        self.check_register()
        self.check_dates()

    def test_2_again_by_the_command_and_by_another_doubles_nothing(self):
        self.check_each(self.import_all("other-admin"), "exists")
        path = self.world.directory / "permits.ndjson"
        path.write_bytes(self.body)
        said = json.loads(self.world.kezek("admin", "--json", "import", "--chunk", "200", path).stdout)
        self.assertEqual({k: said[k] for k in ("lines", "created", "exists", "refused")},
                         {"lines": 726, "created": 0, "exists": 726, "refused": 0})
        self.assertEqual(said["flags"]["closed_before_receipt"], 1)
        self.check_register()

    def test_3_a_restart_changes_nothing(self):
        self.world.restart_daemon()
        self.check_register()

    def test_4_the_journal_tells_every_event_once(self):
        tasks = collections.Counter(task["case"] for task in read("events.csv"))
        self.assertEqual(sum(tasks.values()), 4424)
        told = self.world.sql("SELECT count(*) FROM kezek.event WHERE kind = 'note'")
        self.assertEqual(told[0][0], "4424")
        items = self.supervisor.get(f"/v1/requests?number={CLOSED_EARLY}").must(200)["items"]
        journal = self.supervisor.get(f"/v1/requests/{items[0]['id']}/events").must(200)["items"]
        self.assertEqual([(e["kind"], e["seq"]) for e in journal], [("imported", 1), ("decide", 2), ("note", 3)])
        self.assertEqual({e["principal"] for e in journal}, {"admin"})
        self.assertEqual(journal[1]["actor"], "admin3")

    def test_5_no_timer_fires_for_what_is_long_past(self):
        self.assertEqual(self.world.sql("SELECT count(*) FROM kezek.deadline WHERE fire_at IS NOT NULL"), [["0"]])
        self.assertEqual(self.world.sql("SELECT count(*) FROM kezek.deadline WHERE breached_at = due_at"), [["49"]])


class DatesGiven(Permits):
    with_due_at = True
    wanted = {"met": 464, "missed": 213, "running": 49}

    def check_date(self, item, line):
        deadline = item["deadlines"][0]
        self.assertEqual(deadline["source"], "imported")
        # The last lawful day is that of the last instant before due_at.
        self.assertTrue(item["due_on"] <= line["due_at"][:10], item["number"])
        self.assertEqual(item["promised_due_on"], item["due_on"])
        self.assertEqual(item["due_at"][:19], line["due_at"][:19])

    def test_6_the_share_on_time_is_that_of_the_month(self):
        """On the day after the last closing, that of the last 30 days as the former register would say it."""
        now = "2012-01-20T12:00:00+01:00"
        closed = [c for c in read("applications.csv") if c["closed_at"] and moment(c["closed_at"]) > "2011-12-21T12:00"]
        on_time = sum(c["closed_at"] < c["due_at"] for c in closed)
        before = self.world.now()
        self.world.set_clock(now)
        self.addCleanup(self.world.set_clock, before)
        row = self.supervisor.get("/v1/overview?by=agency").must(200)["items"][0]
        self.assertAlmostEqual(row["on_time_share"], on_time / len(closed), places=3)


class DatesComputed(Permits):
    with_due_at = False
    wanted = {"met": 422, "missed": 255, "running": 49}

    def check_date(self, item, line):
        deadline = item["deadlines"][0]
        self.assertEqual((deadline["source"], item["promised_due_on"]), ("computed", None))
        self.assertEqual(item["due_at"][11:19], "00:00:00")


del Permits  # the loader runs every class that it finds here

if __name__ == "__main__":
    main()
