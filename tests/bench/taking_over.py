"""The row about historical cases: what `kezek import` takes over a second, beside COPY of the rows that it writes."""

import datetime
import json
import time

from rows import AGENCY, middle, result, row
from support.kezek import CLERK_OFFICE, KEZEK, run

FIRST = datetime.datetime(2024, 2, 1, 3, tzinfo=datetime.timezone.utc)
DAYS = 500
PATIENCE = 600  # s
DATABASE = "bench_copy"

# Tables of the schema that hold rows, but for those in which the world is described.
WRITTEN = """SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'kezek'::regnamespace AND c.relkind IN ('r', 'p')
AND NOT c.relispartition AND c.relname IN ('request', 'content', 'request_key', 'request_state', 'work', 'deadline',
    'deadline_done', 'event', 'idempotency', 'number', 'lookup') ORDER BY 1"""


def case(part, n):
    """A closed case with its history, as a former system hands it over."""
    received = FIRST + datetime.timedelta(days=n % DAYS, seconds=n % 20000)

    def at(**later):
        return (received + datetime.timedelta(**later)).isoformat().replace("+00:00", "Z")

    return {"number": f"old-{part}-{n}", "service": "6-49", "variant": "standard", "channel": "counter",
            "office": CLERK_OFFICE, "agency": AGENCY, "received_at": at(), "registered_at": at(minutes=5), "due_at": None,
            "events": [{"at": at(hours=3), "kind": "claim", "actor": f"officer-{n % 40}"},
                       {"at": at(days=2), "kind": "note", "text": "Документы проверены, замечаний нет"},
                       {"at": at(days=4 + n % 20), "kind": "decide", "outcome": "granted", "actor": f"officer-{n % 40}"}]}


class Former:
    """A world that takes over, and beside it an empty one of the same schema into which the rows are copied."""

    def __init__(self, bench):
        self.bench, self.count, self.part = bench, 5000 if bench.seconds < 5 else 20000, 0
        self.world = bench.make_world(test_clock=False)
        self.world.sql("DO $$ BEGIN FOR y IN 2024..2027 LOOP PERFORM kezek.ensure_partitions(y); END LOOP; END $$")
        self.world.cluster.sql(f"CREATE DATABASE {DATABASE} OWNER kezek_migrator")
        dump = ("pg_dump", "-h", self.world.cluster.socket, "-U", "postgres", "--schema-only", self.world.database)
        self.world.cluster.sql(run(*dump).stdout, DATABASE)
        self.take_over()
        self.tables = [name for name, in self.world.sql(WRITTEN)]
        self.copies = {name: self.world.directory / f"{name}.copy" for name in self.tables}
        for name, path in self.copies.items():
            self.world.sql(f"\\copy (SELECT * FROM {name}) TO '{path}'")

    def take_over(self):
        """Cases a second by the command."""
        self.part += 1
        path = self.world.directory / "former.ndjson"
        path.write_text("".join(json.dumps(case(self.part, n), ensure_ascii=False) + "\n" for n in range(self.count)),
                        encoding="utf-8")
        began = time.monotonic()
        said = json.loads(run(KEZEK, "--json", "import", path, env=self.world.environment("admin"),
                              timeout=PATIENCE).stdout)
        took = time.monotonic() - began
        assert said["created"] == self.count, said
        return self.count / took

    def copy(self):
        """Cases a second by COPY into the same tables with their indexes, in one transaction; no trigger fires."""
        self.world.cluster.sql(f"TRUNCATE {', '.join(self.tables)}", DATABASE)
        text = "SET session_replication_role = replica; BEGIN;\n" + "".join(
            f"\\copy {name} FROM '{path}'\n" for name, path in self.copies.items()) + "COMMIT"
        began = time.monotonic()
        self.world.cluster.sql(text, DATABASE, timeout=PATIENCE)
        return self.count / (time.monotonic() - began)


@row
def import_(bench):
    """Historical cases a second through `kezek import` / COPY of the same rows."""
    former = Former(bench)
    found = bench.interleave("import", former.take_over, former.copy)
    bench.close(former.world)
    return result(middle(ours for ours, _ in found), middle(theirs for _, theirs in found), "/s",
                  middle(ours / theirs for ours, theirs in found), (">=", 0.3), f"{former.count:,} cases a pair")
