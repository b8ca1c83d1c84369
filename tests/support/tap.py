"""Runs a module's unittest cases and prints them in the Test Anything Protocol."""

import sys
import time
import unittest

from . import world


class _Tap(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.count = 0
        self.bad = 0
        self._began = 0

    def startTest(self, test):
        super().startTest(test)
        self._began = time.monotonic()

    def line(self, is_ok, name, note="", detail=""):
        self.count += 1
        self.bad += not is_ok
        print(f"{'ok' if is_ok else 'not ok'} {self.count} - {name}{note}")
        for row in detail.splitlines():
            print(f"# {row}")
        sys.stdout.flush()

    def _name(self, test):
        # A class or module that could not be set up has no method of its own.
        method = getattr(test, "_testMethodName", None)
        if method is None:
            return str(test)
        name = f"{type(test).__name__}.{method}".replace("_", " ")
        took = time.monotonic() - self._began
        return f"{name} ({took:.1f} s)" if took >= 1 else name

    def addSuccess(self, test):
        self.line(True, self._name(test))

    def addFailure(self, test, err):
        self.line(False, self._name(test), detail=self._exc_info_to_string(err, test))

    addError = addFailure

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.line(False, f"{self._name(test)} {subtest._subDescription()}",
                      detail=self._exc_info_to_string(err, subtest))

    def addSkip(self, test, reason):
        self.line(True, self._name(test), note=f" # SKIP {reason}")

    def addExpectedFailure(self, test, err):
        self.line(False, self._name(test), note=" (an expected failure is not a way to pass)")

    def addUnexpectedSuccess(self, test):
        self.addSuccess(test)


def main(module="__main__"):
    """Every TestCase of the module; words on the command line choose by substring of the name."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[module])
    words = sys.argv[1:]
    result = _Tap()
    began = time.monotonic()
    for group in suite:
        chosen = [t for t in group if not words or any(w in str(t) for w in words)]
        unittest.TestSuite(chosen).run(result)
        result._previousTestClass = None  # torn down already; the next suite would do it again
    had_world = bool(world._worlds)
    complaints = world.close_all()
    if had_world or complaints:
        result.line(not complaints, "what was started ended clean, without a sanitizer's report",
                    detail="\n".join(complaints))
    print(f"1..{result.count}")
    print(f"# {time.monotonic() - began:.1f} s")
    sys.exit(1 if result.bad or not result.count else 0)
