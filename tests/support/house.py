"""Where things are, and how a tool of the house is run."""

import contextlib
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("KEZEK_BUILD") or ROOT / "build")
DATA = pathlib.Path(os.environ.get("KEZEK_TEST_DATA") or ROOT.parent / "shared" / "data")
KEZEKD = BUILD / "kezekd"
# One without sanitizers, into which other libraries can be loaded.
PLAIN_KEZEKD = pathlib.Path(os.environ.get("KEZEK_BUILD_GCC") or BUILD) / "kezekd"
KEZEK = BUILD / "kezek"


class ToolFailed(AssertionError):
    """A program of the house ended with another status than 0; the message holds what it said."""


def run(*command, stdin=None, env=None, timeout=120, check=True):
    """Runs a command and returns the CompletedProcess, with its output as text."""
    done = subprocess.run(
        [str(part) for part in command],
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=None if env is None else {**os.environ, **env},
        timeout=timeout,
        text=True,
        check=False,
    )
    if check and done.returncode != 0:
        said = (done.stdout + done.stderr).strip()
        raise ToolFailed(f"{' '.join(map(str, command))}: status {done.returncode}\n{said}")
    return done


def process_is_alive(pid):
    """False also for a process that has ended and waits for its parent."""
    with contextlib.suppress(OSError):
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return stat.rpartition(")")[2].split()[0] not in "ZX"
    return False
