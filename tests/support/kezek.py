"""
What a suite imports:

    from support.kezek import ApiTest, main

    class Submitting(ApiTest):
        world_options = {"test_clock": True}

        def test_answers_with_a_receipt(self):
            reply = self.clerk.post("/v1/requests", {...}).must(201)
            self.assertEqual(reply["state"], "queued")

    if __name__ == "__main__":
        main()

One world is made per class, at its first test, and ends with the class.
"""

import time
import unittest

from .client import AUTO, Client, Reply
from .daemon import Daemon, free_port
from .house import BUILD, DATA, KEZEK, KEZEKD, ROOT, ToolFailed, run
from .pki import Pki
from .postgres import Cluster
from .tap import main
from .world import CLERK_OFFICE, World

__all__ = ["AUTO", "ApiTest", "BUILD", "CLERK_OFFICE", "Client", "Cluster", "DATA", "Daemon", "KEZEK", "KEZEKD",
           "Pki", "ROOT", "Reply", "ToolFailed", "World", "eventually", "free_port", "main", "run"]


def eventually(question, timeout=5, every=0.02):
    """Asks until the answer is true, and returns it; AssertionError after the timeout."""
    end = time.monotonic() + timeout
    while True:
        answer = question()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout} s: {question}")
        time.sleep(every)


class ApiTest(unittest.TestCase):
    """A suite against a real daemon and a real PostgreSQL."""

    world_options = {}
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.world = World(**cls.world_options)

    @classmethod
    def tearDownClass(cls):
        cls.world.close()
        if cls.world.complaints:
            raise AssertionError("\n".join(cls.world.complaints))

    admin = property(lambda self: self.world.client("admin"))
    clerk = property(lambda self: self.world.client("clerk"))
    supervisor = property(lambda self: self.world.client("supervisor"))
    auditor = property(lambda self: self.world.client("auditor"))

    def officer(self, agency="kyzmat"):
        return self.world.officer(agency)

    def assert_problem(self, reply, status, code):
        """The reply is that problem, whole: every member of the contract is there."""
        self.assertEqual((reply.status, reply.code), (status, code), repr(reply))
        self.assertEqual(reply["type"], f"urn:kezek:problem:{code}")
        self.assertEqual(reply["status"], status)
        self.assertTrue(reply["title"] and reply["trace_id"], repr(reply))

    def assert_invalid(self, reply, *pointers, status=422):
        """Exactly these pointers are at fault."""
        self.assertEqual(reply.status, status, repr(reply))
        self.assertEqual(sorted(p["name"] for p in reply["invalid_params"]), sorted(pointers), repr(reply))
