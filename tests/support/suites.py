"""The suites: which there are, how each is built and run, and how their TAP is read."""

import json
import os
import pathlib
import re
import signal
import subprocess
import time

from .house import ROOT

TESTS = ROOT / "tests"
# Folders of tests/ whose programs tests/run does not start: they have commands of their own.
APART = {"support", "bench", "unit", "fuzz"}
MESON_SUITES = {"unit", "fuzz"}
TIMEOUT = 600
BUILDS = {
    # As it is installed: the optimiser finds what some warnings need to see.
    "gcc": ({"CC": "gcc"}, ["--buildtype=release"]),
    "clang": ({"CC": "clang"}, ["--buildtype=debugoptimized", "-Db_sanitize=address,undefined", "-Db_lundef=false"]),
}


class Result:
    def __init__(self, name, is_ok, is_skipped=False):
        self.name, self.is_ok, self.is_skipped = name, is_ok, is_skipped
        self.detail = []


def names():
    """In the order in which they run: what is quick and tells most comes first."""
    found = {p.parent.name for p in TESTS.glob("*/*.py") if "from support." in p.read_text("utf-8")} - APART
    first = ["build", "lint", "unit", "fuzz", "db"]
    return first + sorted(found - set(first))


def kinds_for(asked):
    return ["gcc", "clang"] if {"build", "unit", "setup", "chaos"} & set(asked) else ["clang"]


def build(kind, directory, log):
    """Configures where needed and builds; one result."""
    variables, options = BUILDS[kind]
    environment = {**os.environ, **variables}
    steps = [["ninja", "-C", str(directory)]]
    if not (directory / "build.ninja").exists():
        steps.insert(0, ["meson", "setup", str(directory), str(ROOT), "-Dwerror=true", *options])
    else:
        # A directory of an earlier day may have been set up otherwise.
        steps.insert(0, ["meson", "configure", str(directory), "-Dwerror=true", *options])
    result = Result(f"builds with {kind}, warnings as errors", True)
    with open(log, "wb") as out:
        for step in steps:
            if subprocess.call(step, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment) != 0:
                result.is_ok = False
                break
    if not result.is_ok:
        text = pathlib.Path(log).read_text(encoding="utf-8", errors="replace")
        result.detail = [line for line in text.splitlines() if not line.startswith("[")][-30:]
    return result


class Job:
    """One program that prints TAP."""

    def __init__(self, name, command, environment=None, directory=ROOT, is_tap=True, needs_cluster=False,
                 is_alone=False, timeout=TIMEOUT):
        self.name, self.command, self.environment = name, command, environment or {}
        self.directory, self.is_tap, self.needs_cluster, self.is_alone = directory, is_tap, needs_cluster, is_alone
        self.timeout = timeout
        self.took = 0

    def start(self, environment, log_directory):
        self.log = log_directory / self.name.replace("/", "-")
        sanitizers = {"ASAN_OPTIONS": "detect_leaks=1", "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"}
        with open(self.log, "wb") as out:
            self._process = subprocess.Popen(
                self.command, cwd=self.directory, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                env={**os.environ, **sanitizers, **environment, **self.environment}, start_new_session=True)
        self._began = time.monotonic()
        self._timed_out = False
        return self

    def has_ended(self):
        if self._process.poll() is None:
            if time.monotonic() - self._began < self.timeout:
                return False
            self._timed_out = True
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self.took = time.monotonic() - self._began
        return True

    def results(self):
        text = self.log.read_text(encoding="utf-8", errors="replace")
        status = self._process.returncode
        if not self.is_tap:
            only = Result(self.name, status == 0, is_skipped=status == 77)
            only.detail = text.splitlines()
            return [only]
        found, whole = read_tap(text)
        trouble = None
        if self._timed_out:
            trouble = f"ended within {self.timeout} s"
        elif not whole:
            trouble = f"ran to its end (status {status})"
        elif status != 0 and all(r.is_ok for r in found):
            trouble = f"ended with status 0, not {status}"
        if trouble:
            found.append(Result(trouble, False))
            found[-1].detail = text.splitlines()
        return found


def read_tap(text):
    """The results, and whether the plan was kept."""
    found, plan = [], None
    for line in text.splitlines():
        test = re.fullmatch(r"(not )?ok\b\s*\d*\s*(?:- )?(.*?)(?:\s*# *(skip)\S*(.*))?", line, re.I)
        if test:
            skip_reason = f": {test[4].strip()}" if test[3] else ""
            found.append(Result(test[2] + skip_reason, not test[1], bool(test[3])))
        elif re.fullmatch(r"1\.\.\d+.*", line):
            plan = int(re.match(r"1\.\.(\d+)", line)[1])
        elif found and not found[-1].is_ok:
            found[-1].detail.append(line.removeprefix("# "))
    return found, plan is not None and plan == len(found)


def _meson_jobs(suite, directory, kind, mark):
    said = subprocess.run(["meson", "introspect", "--tests", str(directory)], stdout=subprocess.PIPE, check=True)
    for test in json.loads(said.stdout):
        if suite not in [s.rpartition(":")[2] for s in test["suite"]]:
            continue
        yield Job(f"{suite}/{test['name']}{mark}", test["cmd"], test["env"], test["workdir"] or directory,
                  is_tap=test["protocol"] == "tap")


def _python_jobs(suite):
    for path in sorted((TESTS / suite).glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "from support." not in text:
            continue
        yield Job(f"{suite}/{path.stem}", ["/usr/bin/python3", str(path)],
                  needs_cluster=bool(re.search(r"\b(ApiTest|ActTest|CaseTest|CalendarTest|World|Cluster)\b", text)),
                  is_alone="# Runs alone" in text)


def jobs(asked, filters, builds):
    """What there is to run of these suites; filters choose by part of the name."""
    found = []
    for suite in asked:
        if suite == "unit":
            found += _meson_jobs(suite, builds / "gcc", "gcc", " (gcc)")
        if suite in MESON_SUITES:
            found += _meson_jobs(suite, builds / "clang", "clang", "")
        else:
            found += _python_jobs(suite)
    return [job for job in found if not filters or any(word in job.name for word in filters)]
