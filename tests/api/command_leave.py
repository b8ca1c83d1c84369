"""The command where an agency's people change: leaves, reassigning in bulk, and who may connect."""

import json

from support.casework import ActTest
from support.kezek import KEZEK, main, run


class CommandTest(ActTest):
    def kezek(self, name, *words, status=0):
        done = run(KEZEK, *words, check=False, env={**self.world.environment(name), "LC_ALL": "en_US.UTF-8"})
        self.assertEqual(done.returncode, status, f"{words}: {done.stdout}{done.stderr}")
        return done

    def json(self, name, *words):
        return json.loads(self.kezek(name, *words, "--json").stdout)


class Leave(CommandTest):
    start = "2026-11-20T10:00:00+06:00"  # later than what the others begin with

    def test_recorded_listed_and_ended(self):
        chief = "supervisor-probe"
        self.assertIn("--until", self.kezek(chief, "delegation", "add", "officer-probe", "officer-probe-b", status=2).stderr)
        said = self.kezek(chief, "delegation", "add", "officer-probe", "officer-probe-b", "--until", "2026-11-30",
                          "--reason", "annual leave").stdout
        self.assertRegex(said, r"officer-probe +officer-probe-b +probe .*annual leave")
        request = self.submit("p-clock")
        listed = self.json(chief, "delegation", "list")["items"]
        self.assertEqual([(i["principal"], i["deputy"]) for i in listed], [("officer-probe", "officer-probe-b")])
        refused = self.kezek("officer-probe", "claim", "--request", request["number"], status=1).stderr
        self.assertIn("(on_leave)", refused)
        self.assertIn("no leave", self.kezek(chief, "delegation", "end", "officer-probe-b", status=1).stderr)
        self.kezek(chief, "delegation", "end", "officer-probe")
        self.assertEqual(self.json(chief, "delegation", "list")["items"], [])
        self.assertIn("officer-probe-b", self.kezek(chief, "delegation", "list", "--over").stdout)

    def test_show_tells_in_whose_place(self):
        self.kezek("supervisor-probe", "delegation", "add", "probe-head", "officer-probe-b", "--until", "2026-12-30",
                   "--from", "2026-12-01")
        self.world.set_clock("2026-12-02T10:00:00+06:00")
        request = self.submit("p-clock")
        self.assertIn("officer-probe-b (in place of probe-head)", self.kezek("officer-probe", "show", request["number"]).stdout)
        self.kezek("supervisor-probe", "delegation", "end", "probe-head")


class Reassign(CommandTest):
    def test_all_that_one_holds(self):
        chief = "supervisor-probe"
        leaver = self.world.principal("leaver-probe", "officer", agency="probe")
        numbers = [self.held_by(leaver)[0]["number"] for _ in range(3)]
        self.assertIn("--from", self.kezek(chief, "reassign", "--to-principal", "officer-probe-b", status=2).stderr)
        words = ("reassign", "--from", "leaver-probe", "--to-principal", "officer-probe-b", "--reason", "leaves")
        dry = self.kezek(chief, *words, "--dry-run").stdout
        self.assertIn("Would be moved: 3; nothing was changed", dry)
        self.assertTrue(all(number in dry for number in numbers))
        done = self.kezek(chief, *words).stdout
        self.assertIn("Moved: 3", done)
        self.assertRegex(done, rf"{numbers[0]} +officer-probe-b +moved")
        self.assertEqual(self.kezek(chief, *words).stdout, "Moved: 0\n")

    def test_some_of_several_and_one_alone(self):
        chief = "supervisor-probe"
        one, two = (self.held_by(self.probe)[0]["number"] for _ in range(2))
        closed = self.submit("p-plain")
        self.act(self.take(closed), "decide", outcome="granted").must(200)
        said = self.kezek(chief, "reassign", one, closed["number"], two, "--to-principal", "officer-probe-b", "--reason", "x",
                          status=1).stdout
        self.assertIn("Moved: 2", said)
        self.assertIn("Refused: 1", said)
        self.assertRegex(said, rf"{closed['number']} .*This act is not open now")
        self.kezek(chief, "reassign", one, "--to-agency", "probe")  # as before, by the act itself
        self.assertEqual(self.json(chief, "show", one)["state"], "queued")

    def test_a_queue_spread_over_two(self):
        for _ in range(2):
            self.submit("p-clock")
        said = self.kezek("supervisor-probe", "reassign", "--from-agency", "probe", "--to-principal", "officer-probe-b",
                          "--to-principal", "officer-probe", "--reason", "spread", "--json").stdout
        answers = [json.loads(line) for line in said.splitlines()]
        self.assertEqual([a["has_more"] for a in answers], [False])
        self.assertGreaterEqual(answers[0]["moved"], 2)


class Access(CommandTest):
    def test_disabled_enabled_and_renewed(self):
        held, _ = self.held_by(self.world.principal("goes-probe", "officer", agency="probe"))
        gone = self.kezek("admin", "principal", "disable", "goes-probe")
        self.assertIn("held: 1", gone.stderr)
        self.assertIn("kezek reassign --from", gone.stderr)
        self.assertEqual(self.see(held)["state"], "queued")
        self.assertIn("enabled", self.kezek("admin", "principal", "enable", "goes-probe").stdout)
        self.world.pki.client("goes-probe-2027")
        until = "2026-12-01T00:00:00+06:00"
        said = self.kezek("admin", "principal", "rotate", "goes-probe", "--certificate",
                          self.world.pki.certificate("goes-probe-2027"), "--keep-until", until)
        self.assertEqual(said.stdout, "")
        self.assertIn("former certificate until", said.stderr)
        self.assertEqual(self.json("goes-probe-2027", "me")["name"], "goes-probe")
        token = self.kezek("admin", "principal", "rotate", "goes-probe")
        self.assertRegex(token.stdout, r"^kz_[0-9a-f]{48}\n$")
        self.assertRegex(token.stderr, r"token until .*2027")
        self.assertRegex(self.kezek("admin", "principal", "list").stdout, r"goes-probe .*2027")


if __name__ == "__main__":
    main()
