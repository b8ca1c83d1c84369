"""A client's own record of what it sent and what it was told: one file a client, one line a fact."""

import json
import pathlib
import threading
import time


class History:
    """Written through at once, and read back from the file by the verdict."""

    def __init__(self, directory, name):
        self.path = pathlib.Path(directory) / f"{name}.ndjson"
        self._file = open(self.path, "a", encoding="utf-8")

    def write(self, fact, **what):
        self._file.write(json.dumps({"fact": fact, "at": time.monotonic(), **what}, ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self):
        self._file.close()


def read(directory):
    """Every fact of every client, in the order of its own file; `client` is the file's name."""
    for path in sorted(pathlib.Path(directory).glob("*.ndjson")):
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                yield {"client": path.stem, **json.loads(line)}


class Tally:
    """What all clients saw together, while it happens."""

    def __init__(self):
        self._lock = threading.Lock()
        self.counts = {}
        self.answered = []    # (first sent, answered) of each operation that took long
        self.lost = []        # (sent, lost, daemon): connections that ended without an answer
        self.complaints = []  # what no client should ever see
        self.longest_wait = 0

    def count(self, name, by=1):
        with self._lock:
            self.counts[name] = self.counts.get(name, 0) + by

    def of(self, name):
        return self.counts.get(name, 0)

    def operation(self, began, ended):
        if ended - began > 0.05:
            with self._lock:
                self.answered.append((began, ended))

    def wait(self, seconds):
        with self._lock:
            self.longest_wait = max(self.longest_wait, seconds)

    def connection_lost(self, sent, lost, daemon):
        with self._lock:
            self.lost.append((sent, lost, daemon))

    def complain(self, what):
        with self._lock:
            if len(self.complaints) < 200:
                self.complaints.append(what)

    def outage(self, since, until):
        """The longest that one operation waited for its answer, counted from `since`."""
        with self._lock:
            return max((ended - max(began, since) for began, ended in self.answered
                        if ended > since and began < until), default=0)
