"""What the suites of the feed share: a reader who follows it, and events at once, by SQL."""

from .casework import CaseTest


def pull(client, after=0, limit=500):
    """All there is behind a position; and the position reached."""
    items = []
    while True:
        page = client.get(f"/v1/events?after={after}&limit={limit}").must(200).json
        items += page["items"]
        assert int(page["page"]["end_cursor"]) >= int(after)
        after = page["page"]["end_cursor"]
        if not page["page"]["has_more"]:
            return items, after


class FeedTest(CaseTest):
    def head(self):
        return int(self.world.sql("SELECT position FROM kezek.feed_head")[0][0])

    auditor = property(lambda self: self.world.client("feed-auditor"))

    @classmethod
    def move_in(cls):
        super().move_in()
        cls.world.principal("feed-auditor", "auditor")

    def write_events(self, request, count):
        """As fast as PostgreSQL can: what so many acts would write."""
        self.world.sql(
            f"WITH h AS (UPDATE kezek.feed_head SET position = position + {count} RETURNING position - {count} AS last) "
            "INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal, position) "
            f"SELECT '{request['id']}', 1000 + h.last + n, gen_random_uuid(), 'note', kezek.now(), kezek.now(), 'test', h.last + n "
            f"FROM h, generate_series(1, {count}) n")
