"""tests/run: builds, runs every suite, counts what each test said, and closes with one line."""

import os
import pathlib
import sys
import time

from . import processes, suites
from .house import ROOT
from .postgres import Cluster

HERE = ROOT / "build-tests"
LOG = HERE / "log"


class Count:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, results):
        for result in results:
            if result.is_skipped:
                self.skipped += 1
            elif result.is_ok:
                self.passed += 1
            else:
                self.failed += 1

    def __str__(self):
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def _report(name, results, took, log):
    """One line a file; whatever failed or was left out is named below it."""
    count = Count()
    count.add(results)
    word = "FAILED" if count.failed else "ok"
    print(f"{word:7}{name:34}{str(count):32}{took:6.1f} s")
    for result in results:
        if result.is_skipped:
            print(f"         LEFT OUT: {result.name}")
        elif not result.is_ok:
            print(f"         not ok: {result.name}")
            for line in result.detail[-30:]:
                print(f"           {line}")
    if count.failed:
        print(f"         log: {os.path.relpath(log, ROOT)}")
    sys.stdout.flush()


def _build(kinds, total, failures):
    """Builds each kind; False where one failed."""
    whole = True
    for kind in kinds:
        began = time.monotonic()
        log = LOG / f"build-{kind}"
        results = [suites.build(kind, HERE / kind, log)]
        _report(f"build/{kind}", results, time.monotonic() - began, log)
        total.add(results)
        failures += [r.name for r in results if not r.is_ok]
        whole = whole and results[0].is_ok
    return whole


def _run(jobs, environment, total, failures):
    """Runs files beside each other; those that say so run alone, after the rest."""
    width = int(os.environ.get("KEZEK_TEST_JOBS") or min(os.cpu_count() or 1, 4))
    waiting = [job for job in jobs if not job.is_alone]
    alone = [job for job in jobs if job.is_alone]
    running = []
    while waiting or alone or running:
        while waiting and len(running) < width:
            running.append(waiting.pop(0).start(environment, LOG))
        if not waiting and not running and alone:
            running.append(alone.pop(0).start(environment, LOG))
        time.sleep(0.02)
        for job in [j for j in running if j.has_ended()]:
            running.remove(job)
            results = job.results()
            _report(job.name, results, job.took, job.log)
            total.add(results)
            failures += [f"{job.name}: {r.name}" for r in results if not r.is_ok]


def main(words):
    if words == ["--list"]:
        for name in suites.names():
            print(name)
        return 0
    if any(word.startswith("-") for word in words):
        print(__doc__ + "\nusage: tests/run [--list] [SUITE…] [WORD…]", file=sys.stderr)
        return 2
    asked = [w for w in words if w in suites.names()] or suites.names()
    filters = [w for w in words if w not in suites.names()]
    LOG.mkdir(parents=True, exist_ok=True)
    processes.adopt_orphans()
    total, failures, cluster = Count(), [], None
    began = time.monotonic()
    try:
        if _build(suites.kinds_for(asked), total, failures):
            jobs = suites.jobs(asked, filters, HERE)
            if filters and not jobs:
                print(f"no file of {', '.join(asked)} has a name with {' or '.join(filters)}", file=sys.stderr)
                return 2
            if any(job.needs_cluster for job in jobs):
                cluster = Cluster()
            environment = {
                "KEZEK_BUILD": str(HERE / "clang"),
                "KEZEK_BUILD_GCC": str(HERE / "gcc"),
                "KEZEK_TEST_CLUSTER": str(cluster.home) if cluster else "",
            }
            _run(jobs, environment, total, failures)
    finally:
        if cluster:
            cluster.close()
        processes.end_orphans()
    print(f"{time.monotonic() - began:.0f} s; logs in {pathlib.Path(LOG).relative_to(ROOT)}/")
    if failures:
        print("failed:")
        for name in failures:
            print(f"  {name}")
    if total.passed + total.failed == 0:
        print("no test was run")
        return 1
    print(total)
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
