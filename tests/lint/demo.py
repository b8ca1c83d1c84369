"""The demo's cases rest on the demo's catalogue, and on nothing that has not happened yet."""

import json
import subprocess

from support.house import ROOT
from support.lint import LintTest, main

NOW = "2026-11-22T12:00:00+06:00"


def catalogue(kind):
    for path in sorted((ROOT / "config/catalogue").glob("*.json")):
        yield from json.loads(path.read_text(encoding="utf-8")).get(kind, [])


class Demo(LintTest):
    def setUp(self):
        said = subprocess.run([ROOT / "config/demo/make", "--now", NOW], stdout=subprocess.PIPE, check=True)
        self.lines = [json.loads(line) for line in said.stdout.splitlines()]

    def test_it_names_what_is_there(self):
        known = {kind: {item["code"] for item in catalogue(kind)} for kind in ("services", "offices", "agencies")}
        self.assert_none(
            f"{line['number']}: {word} {line[word]}" for line in self.lines
            for word, kind in (("service", "services"), ("office", "offices"), ("agency", "agencies"))
            if line[word] not in known[kind])

    def test_its_moments_are_past_and_in_order(self):
        for line in self.lines:
            moments = [line["received_at"], line["registered_at"], *(event["at"] for event in line["events"])]
            self.assertEqual(moments, sorted(moments), line["number"])
            self.assertLess(moments[-1], NOW)

    def test_its_numbers_are_its_own(self):
        self.assertGreaterEqual(len(self.lines), 60)
        self.assertEqual(len({line["number"] for line in self.lines}), len(self.lines))


if __name__ == "__main__":
    main()
