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


if __name__ == "__main__":
    main()
