"""What happens in between: due moments and claims that come between an act's read and its write."""

import time

from support.casework import CaseTest, aside
from support.hold import Hold
from support.kezek import main


class Between(CaseTest):
    def deadlocks(self):
        return int(self.world.sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")[0][0])

    def test_a_due_moment_between_read_and_write_is_kept(self):
        request = self.submit()
        held = Hold(self.world, f"SELECT FROM kezek.request_state WHERE id = '{request['id']}' FOR UPDATE")
        answer = aside(self.desk.act, request, "withdraw")
        held.await_waiter()
        # What kezek.fire_due does, with the lock it has.
        held.end(f"UPDATE kezek.request_state SET seq = seq + 1 WHERE id = '{request['id']}';"
                 "INSERT INTO kezek.event (request, seq, id, kind, occurred_at, recorded_at, principal) "
                 f"SELECT id, seq, kezek.uuid_v7(kezek.now()), 'breached', kezek.now(), kezek.now(), 'kezekd' "
                 f"FROM kezek.request_state WHERE id = '{request['id']}'")
        answer().must(200)
        self.assertEqual(self.kinds(request), ["submit", "breached", "withdraw"])

    def test_a_claim_and_an_act_do_not_wait_for_each_other(self):
        request = self.submit("p-other")
        held = Hold(self.world, f"SELECT FROM kezek.request_state WHERE id = '{request['id']}' FOR UPDATE")
        act = aside(self.desk.act, request, "withdraw")
        held.await_waiter()
        claim = aside(self.probe.post, "/v1/queues/probe/claims", {"request": request["id"]})
        time.sleep(0.3)
        held.end()
        self.assertEqual(act().must(200)["state"], "withdrawn")
        self.assertEqual(claim().must(200)["claims"], [])
        self.assertEqual(self.deadlocks(), 0)

    def test_whoever_withdraws_need_not_wait_for_a_lease_that_ran_out(self):
        request = self.submit()
        self.take(request, lease_seconds=10)
        held = Hold(self.world, f"SELECT FROM kezek.work WHERE request = '{request['id']}' FOR UPDATE")
        act = aside(self.desk.act, request, "withdraw")
        held.await_waiter()
        held.end("UPDATE kezek.work SET lease_until = kezek.now() - interval '1 s' "
                 f"WHERE request = '{request['id']}'")
        self.assertEqual(act().must(200)["state"], "withdrawn")


if __name__ == "__main__":
    main()
