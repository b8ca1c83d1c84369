"""What the suites of documents share: content of any size, ways there and back, and that nothing is left lying about."""

import base64
import hashlib

from .casework import CaseTest
from .kezek import eventually

CHUNK = 256 * 1024
LIMIT = 20 * 1024 * 1024
TEXT = "text/plain; charset=utf-8"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def content_digest(data):
    return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"


def filling(size):
    """Text of that size in which every byte has its place."""
    line = b"".join(b"%015d\n" % i for i in range(0, min(size, 1 << 20) + 16, 16))
    return (line * (size // len(line) + 1))[:size]


class DocumentTest(CaseTest):
    def path(self, request, name="scan.txt", query=""):
        return f"/v1/requests/{request['id']}/documents/{name}{query}"

    def put(self, request, data, name="scan.txt", query="", client=None, kind=TEXT, headers=None, **more):
        return (client or self.desk).call("PUT", self.path(request, name, query), data,
                                          headers={"Content-Type": kind, **(headers or {})}, **more)

    def get(self, request, name="scan.txt", client=None):
        return (client or self.desk).get(self.path(request, name))

    def listed(self, request, client=None):
        return (client or self.desk).get(f"/v1/requests/{request['id']}/documents").must(200)["items"]

    def assert_nothing_lies_about(self):
        eventually(lambda: (self.count("upload"), self.world.sql(
            "SELECT count(*) FROM kezek.document_chunk c WHERE NOT EXISTS "
            "(SELECT FROM kezek.document d WHERE d.request = c.request AND d.id = c.document)")[0][0]) == (0, "0"))
