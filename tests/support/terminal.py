"""A program on a terminal: what it draws there."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time


def _begin(command, env, size):
    """(process, the terminal's other end)"""
    process, master = pty.fork()
    if process == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background jobs are started without it
        os.execve(command[0], [str(c) for c in command], {**os.environ, **env, "TERM": "xterm"})
    return process, master


def dialogue(command, env, answers, timeout=30, size=(50, 160)):
    """
    Answers each (question, answer) once the question has come, in order; None ends the input. (status, what it
    wrote). A question that never comes is an AssertionError.
    """
    process, master = _begin(command, env, size)
    said, at, left, end = b"", 0, list(answers), time.monotonic() + timeout
    while time.monotonic() < end:
        if select.select([master], [], [], 0.1)[0]:
            try:
                said += os.read(master, 65536)
            except OSError:
                break
        found = said.find(left[0][0].encode(), at) if left else -1
        if found >= 0:
            at = len(said)
            answer = left.pop(0)[1]
            os.write(master, b"\x04" if answer is None else answer.encode() + b"\n")
    else:
        os.kill(process, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    os.close(master)
    text = said.decode(errors="replace").replace("\r\n", "\n")
    assert not left, f"never asked: {left[0][0]}\n{text}"
    return os.waitstatus_to_exitcode(status), text


def terminal(command, env, enough, timeout=20, size=(24, 80)):
    """Runs a command on a terminal of so many lines and columns until `enough`, then interrupts it; what it wrote."""
    process, master = _begin(command, env, size)
    said, end, interrupted = b"", time.monotonic() + timeout, False
    while True:
        ready, _, _ = select.select([master], [], [], 0.1)
        if ready:
            try:
                chunk = os.read(master, 65536)
            except OSError:
                break
            if not chunk:
                break
            said += chunk
        if not interrupted and (time.monotonic() > end or enough(said.decode(errors="replace"))):
            os.write(master, b"\x03")
            interrupted = True
        if time.monotonic() > end + 5:
            os.kill(process, 9)
    _, status = os.waitpid(process, 0)
    os.close(master)
    assert os.waitstatus_to_exitcode(status) == 0, said
    return said.decode(errors="replace")
