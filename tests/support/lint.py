"""What every lint needs: the files of the house, and a way to name each offence."""

import subprocess
import unittest

from .house import ROOT
from .tap import main

__all__ = ["LintTest", "ROOT", "files", "folders", "main", "text_of"]


def files(*suffixes):
    """Paths of the files that git tracks or would track, relative to the root; all, or those with a suffix."""
    said = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, stdout=subprocess.PIPE, check=True)
    names = sorted(name for name in said.stdout.decode("utf-8").split("\0") if name)
    return [name for name in names if (ROOT / name).is_file() and (not suffixes or name.endswith(suffixes))]


def folders():
    """Every folder that holds a file, relative to the root; the root itself is "."."""
    found = {"."}
    for name in files():
        parts = name.split("/")[:-1]
        found.update("/".join(parts[:depth + 1]) for depth in range(len(parts)))
    return sorted(found)


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


class LintTest(unittest.TestCase):
    maxDiff = None

    def assert_none(self, offences):
        """Offences are lines `file:line: what`; all of them are shown."""
        offences = list(offences)
        if offences:
            self.fail(f"{len(offences)} found:\n" + "\n".join(map(str, offences)))
