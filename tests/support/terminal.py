"""A program on a terminal: what it draws there."""

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time


def terminal(command, env, enough, timeout=20, size=(24, 80)):
    """Runs a command on a terminal of so many lines and columns until `enough`, then interrupts it; what it wrote."""
    process, master = pty.fork()
    if process == 0:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell's background jobs are started without it
        os.execve(command[0], [str(c) for c in command], {**os.environ, **env, "TERM": "xterm"})
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
