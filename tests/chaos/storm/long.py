"""tests/chaos/run: the long storm, first over one daemon, then over two on one database; or the one over rungs."""

import argparse
import collections
import random
import sys
import time

from support import world as worlds

from .rungs import RUNGS, RungStorm
from .storm import Storm, storm_world, to_terminal
from .strikes import Strikes


def plan(kills, dice):
    """Strikes in whole rounds until so many of them are kills; each round in an order of its own."""
    kinds = []
    while sum(kind in Strikes.KILLS for kind in kinds) < kills:
        around = list(Strikes.ROUND)
        dice.shuffle(around)
        kinds += around
    while sum(kind in Strikes.KILLS for kind in kinds) > kills:
        kinds.pop()
    return kinds


def ride(kinds, seconds, seed, daemons):
    """One storm over a world of its own; the storm and its offences."""
    world = storm_world()
    storm = Storm(seed, daemons=daemons, say=to_terminal, world=world)
    to_terminal(f"{daemons} daemon(s), {len(kinds)} strikes in {seconds:.0f} s, seed {seed}, "
                f"histories in {storm.histories}")
    storm.begin()
    storm.run(kinds, seconds)
    to_terminal("calm: clients finish, timers catch up, repeats, the verdict")
    storm.calm()
    storm.replay_all()
    offences = storm.judge()
    storm.world.complaints += offences  # keeps the directory
    world.close()
    return storm, offences + [c for c in world.complaints if c not in offences]


def ride_rungs(rungs, kills, seconds, seed):
    """So many rungs that fall due meanwhile, over two daemons; status 1 where one did not fire once, in order."""
    storm = RungStorm(seed, rungs // RUNGS + 1, seconds, clump=10, say=to_terminal)
    to_terminal(f"2 daemons, {kills} kills in {seconds:.0f} s, seed {seed}")
    storm.lay()
    storm.run(kills)
    offences = storm.judge()
    struck = collections.Counter(kind for kind, _, _ in storm.strikes.spans)
    storm.world.complaints += offences  # keeps the directory
    print(f"{kills} kills, seed {seed}: " + ", ".join(f"{kind} {n}" for kind, n in sorted(struck.items())))
    print(", ".join(f"{what}: {n}" for what, n in storm.figures.items()))
    for offence in offences:
        print(f"OFFENCE: {offence}")
    print("each fired once, none is missing, in order" if not offences else f"{len(offences)} offences")
    return 1 if worlds.close_all() else 0


def main():
    parser = argparse.ArgumentParser(prog="tests/chaos/run", description=__doc__)
    parser.add_argument("--kills", type=int, default=120, help="kill -9 in all; other strikes come beside them")
    parser.add_argument("--seconds", type=float, default=600, help="over which they are spread")
    parser.add_argument("--seed", type=int, default=None, help="of what is chosen by dice")
    parser.add_argument("--daemons", type=int, default=None, help="one storm with so many; else one with 1, one with 2")
    parser.add_argument("--rungs", type=int, nargs="?", const=100000, metavar="N",
                        help="no clients: N rungs (100000) that fall due meanwhile, over two daemons")
    asked = parser.parse_args()
    seed = asked.seed if asked.seed is not None else random.SystemRandom().randrange(10**6)
    if asked.rungs:
        sys.exit(ride_rungs(asked.rungs, asked.kills, asked.seconds, seed))
    began, bad = time.monotonic(), 0
    counts, struck = collections.Counter(), collections.Counter()
    rounds = [asked.daemons] if asked.daemons else [1, 2]
    for n, daemons in enumerate(rounds):
        kills = asked.kills * (n + 1) // len(rounds) - asked.kills * n // len(rounds)
        kinds = plan(kills, random.Random(seed + n))
        storm, offences = ride(kinds, asked.seconds / len(rounds), seed + n, daemons)
        print(f"\n{daemons} daemon(s), seed {seed + n}")
        print("\n".join(f"  {line}" for line in storm.report()))
        for offence in offences:
            print(f"  OFFENCE: {offence}")
        print(flush=True)
        bad += len(offences)
        counts.update(storm.figures)
        struck.update(kind for kind, _, _ in storm.strikes.spans)
    kills = sum(struck[kind] for kind in Strikes.KILLS)
    print(f"{kills} kills and {sum(struck.values()) - kills} other strikes in {time.monotonic() - began:.0f} s: "
          + ", ".join(f"{kind} {n}" for kind, n in sorted(struck.items())))
    print(", ".join(f"{what}: {n}" for what, n in counts.items()))
    print("nothing lost, nothing doubled" if not bad else f"{bad} offences")
    sys.exit(1 if bad or worlds.close_all() else 0)


if __name__ == "__main__":
    main()
