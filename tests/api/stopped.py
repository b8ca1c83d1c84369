"""What is counted of stopped terms is what stands there, for every window of thirty days that the overview may look at."""

from support.casework import CaseTest
from support.kezek import main

# Each a term to decide or another, stopped within four months, on no round number of days.
LAID = """INSERT INTO kezek.deadline_done (request, no, kind, state, rule_version, calendar, calendar_version, source,
    started_at, provisional, stopped_at, agency, office, service)
SELECT kezek.uuid_v7('2026-11-01 00:00Z'), 1, (ARRAY['decide', 'decide', 'notify'])[1 + k % 3],
    (ARRAY['met', 'missed', 'met', 'void'])[1 + k % 4], 1, 'kg-state', 1, 'computed', '2026-07-01 00:00Z', false,
    '2026-08-01 00:00Z'::timestamptz + k * interval '7 h 13 min', (ARRAY['probe', 'probe-two'])[1 + k % 5 % 2],
    (ARRAY['desk', 'desk-two'])[1 + k % 7 % 2], 'p-plain'
FROM generate_series({first}, {last}) AS k"""
COUNTED = """SELECT {by}, round(avg((state = 'met')::int), 4) FROM kezek.deadline_done WHERE kind = 'decide'
    AND state IN ('met', 'missed') AND stopped_at > '{at}'::timestamptz - interval '30 days' AND stopped_at <= '{at}' GROUP BY 1"""


class Stopped(CaseTest):
    def test_each_window_is_counted_as_it_stands(self):
        for first in range(0, 400, 50):  # each statement adds to what others have counted
            self.world.sql(LAID.format(first=first, last=first + 49))
        # The first of these is thirty days to the second after one was stopped.
        for at in ("2026-11-17T11:33:00Z", "2026-11-18T10:00:00Z", "2026-11-19T00:00:00Z", "2026-11-25T23:59:00Z",
                   "2026-12-02T07:30:00Z", "2026-12-20T12:00:00Z"):
            self.world.set_clock(at)
            for by in ("agency", "office", "service"):
                items = self.supervisor.get(f"/v1/overview?by={by}").must(200)["items"]
                shares = {item[by]: item["on_time_share"] for item in items if item["on_time_share"] is not None}
                counted = {key: float(share) for key, share in self.world.sql(COUNTED.format(by=by, at=at))}
                self.assertEqual(set(shares), set(counted), (at, by))
                for key, share in counted.items():
                    self.assertAlmostEqual(shares[key], share, places=3, msg=(at, by, key))
            self.assertTrue(counted, at)


if __name__ == "__main__":
    main()
