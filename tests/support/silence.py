"""A name server that takes every question and answers none, and daemons that have no other."""

import contextlib
import os
import socket

from .house import KEZEKD

ADDRESS = f"127.9.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"  # suites run beside each other


class Silence:
    def __init__(self, directory, server):
        self.server, self.wrapper = server, directory / "kezekd-in-silence"
        resolv = directory / "resolv.conf"
        resolv.write_text(f"nameserver {ADDRESS}\n", encoding="utf-8")
        self.wrapper.write_text(f"#!/bin/sh\nexec unshare -m sh -c 'mount --bind {resolv} /etc/resolv.conf && "
                                f"exec {KEZEKD} \"$@\"' kezekd \"$@\"\n", encoding="utf-8")
        self.wrapper.chmod(0o755)

    def serve(self, daemon):
        """Before its start."""
        daemon.program = self.wrapper

    def asked(self):
        """The next question."""
        return self.server.recv(1000).lower()  # its letters' case may be drawn by lot


@contextlib.contextmanager
def silence(test):
    if os.geteuid() != 0:
        test.skipTest("NO SILENT NAME SERVER WAS TRIED: port 53 and a mount are root's")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((ADDRESS, 53))
        server.settimeout(20)
        yield Silence(test.world.directory, server)
