"""Clocks that are wrong: a daemon's host an hour ahead, and PostgreSQL's own clock stepping back and forth."""
# Runs alone

import datetime
import pathlib
import random
import shutil
import tempfile
import time
import unittest

from storm.clients import submission
from storm.rungs import RungStorm
from storm.storm import storm_world
from support.house import PLAIN_KEZEKD
from support.kezek import eventually, main

HOUR = 3600


def library():
    """libfaketime, wherever Debian puts it on this machine."""
    found = sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    assert found, "libfaketime is missing: config/install test"
    return str(found[0])


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


class ClockTest(unittest.TestCase):
    maxDiff = None

    def begin(self, ahead=(0, 0), **options):
        """A world with two daemons whose hosts' clocks are so many seconds ahead."""
        world = storm_world(start=False, **options)
        self.addCleanup(world.close)
        world.another_daemon()
        for daemon, seconds in zip(world.daemons, ahead):
            daemon.program = PLAIN_KEZEKD
            if seconds:
                daemon.environment = {"LD_PRELOAD": library(), "FAKETIME": f"{seconds:+}",
                                      "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        world.daemon.start()
        world.load_catalogue()
        self.dice = random.Random(20261123)
        return world

    def submit(self, world, daemon):
        """One submission, whose moment is the database's."""
        before = world.now()
        with daemon.client("clerk") as client:
            made = client.post("/v1/requests", submission(self.dice, f"clocks-{self.dice.random()}")).must(201).json
        after, slack = world.now(), datetime.timedelta(milliseconds=50)
        self.assertTrue(before - slack <= moment(made["registered_at"]) <= after + slack,
                        f"registered at {made['registered_at']}, between {before} and {after}")
        return made

    def happened(self, world):
        return int(world.sql("SELECT count(*) FROM kezek.event WHERE kind IN ('warned', 'breached', 'escalated')")[0][0])

    def end(self, storm):
        storm.settle()
        offences = storm.judge()
        print(f"# {storm.figures}")
        self.assertEqual(offences, [], "\n".join(offences))
        storm.world.close()
        self.assertEqual(storm.world.complaints, [])


class Hosts(ClockTest):
    def test_an_hour_apart_is_no_difference(self):
        world = self.begin(ahead=(0, HOUR))
        storm = RungStorm(1, requests=300, seconds=8, clump=0.5, world=world)
        storm.lay()
        one, other = world.daemons
        eventually(lambda: "event=serving" in other.log())
        said = moment(other.log().split(maxsplit=1)[0])
        self.assertAlmostEqual((said - world.now()).total_seconds(), HOUR, delta=60)  # it is an hour ahead indeed
        made = [self.submit(world, daemon) for _ in range(10) for daemon in (one, other)]
        moments = [moment(m["registered_at"]) for m in made]
        self.assertEqual(moments, sorted(moments))
        # Whichever is sooner by a hair fires: each alone for a while, so that both have.
        for alone, away in ((other, one), (one, other)):
            away.stop()
            before = self.happened(world)
            eventually(lambda before=before: self.happened(world) > before)
            away.start()
        self.end(storm)
        self.assertGreater(min(storm.figures["fired by each daemon"]), 0, storm.figures)


class Steps(ClockTest):
    """PostgreSQL itself runs under libfaketime, which reads how wrong it is from a file, each time it is asked."""

    def begin_stepping(self):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="kezek-clock-", dir="/tmp"))
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        directory.chmod(0o755)
        self.file = directory / "ahead"
        self.step(0)
        return self.begin(cluster_environment={
            "LD_PRELOAD": library(), "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1"})

    def step(self, seconds):
        new = self.file.with_suffix(".new")
        new.write_text(f"{seconds:+}\n", encoding="ascii")
        new.rename(self.file)

    def test_back_repeats_nothing_and_forward_skips_nothing(self):
        world = self.begin_stepping()
        storm = RungStorm(2, requests=300, seconds=12, clump=0.5, world=world)
        storm.lay()
        eventually(lambda: self.happened(world) > 100, 15)
        was = world.now()
        self.step(-HOUR)
        self.assertAlmostEqual((was - world.now()).total_seconds(), HOUR, delta=60)
        before = self.happened(world)
        made = [self.submit(world, daemon) for daemon in world.daemons]
        time.sleep(2)
        self.assertEqual(self.happened(world), before)
        self.step(0)
        made += [self.submit(world, daemon) for daemon in world.daemons]
        eventually(lambda: self.happened(world) > before, 8)
        self.assertLess(self.happened(world), storm.requests * 4)
        self.step(HOUR)
        made += [self.submit(world, daemon) for daemon in world.daemons]
        eventually(lambda: self.happened(world) == storm.requests * 4, 8)
        late = world.sql("SELECT count(*) FROM kezek.event WHERE recorded_at - occurred_at > interval '50 minutes' "
                         "AND kind IN ('warned', 'breached', 'escalated')")
        self.assertGreater(int(late[0][0]), 0)
        self.end(storm)


if __name__ == "__main__":
    main()
