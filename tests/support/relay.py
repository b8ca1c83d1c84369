"""A way over TCP that can fall silent: what a network or a host does that goes away without a word."""

import contextlib
import select
import socket
import threading


class Relay:
    """Bytes go both ways between `port` and what listens at `target`: (host, port), or the path of a Unix socket."""

    def __init__(self, target):
        self.target = target
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=50)
        self.port = self._listener.getsockname()[1]
        self._is_silent, self._is_over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def fall_silent(self):
        """Connections stay and nothing passes; new ones are taken by the kernel and meet nobody."""
        self._is_silent.set()

    def speak(self):
        """New connections are served again; those from before stay silent for ever."""
        self._is_silent.clear()

    def close(self):
        self._is_over.set()
        self._thread.join(10)

    def _run(self):
        pairs, dead = {}, []
        while not self._is_over.is_set():
            if self._is_silent.is_set():
                dead += pairs
                pairs = {}
                self._is_over.wait(0.02)
                continue
            ready, _, _ = select.select([self._listener, *pairs], [], [], 0.02)
            if self._is_silent.is_set():
                continue
            for one in ready:
                if one is self._listener:
                    family = socket.AF_INET if isinstance(self.target, tuple) else socket.AF_UNIX
                    near, far = self._listener.accept()[0], socket.socket(family)
                    far.connect(self.target)
                    pairs[near], pairs[far] = far, near
                elif one in pairs:
                    self._pass_on(one, pairs)
        for one in [self._listener, *dead, *pairs]:
            one.close()

    @staticmethod
    def _pass_on(one, pairs):
        data = b""
        with contextlib.suppress(OSError):
            data = one.recv(65536)
        if data:
            with contextlib.suppress(OSError):
                pairs[one].sendall(data)
            return
        for end in (pairs.pop(one), one):
            pairs.pop(end, None)
            end.close()
