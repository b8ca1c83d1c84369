"""Rotation's SQL: nothing that moved between reading and writing is overwritten, and no role sees more than its part."""

from support.casework import ActTest, aside
from support.hold import Hold
from support.kezek import ToolFailed, eventually, main

NEW = "'\\x0102'::bytea"
WHY = {"legal_basis": "Law on personal data, article 9"}


class Keys(ActTest):
    def closed(self):
        request = self.submit()
        self.desk.act(request, "withdraw").must(200)
        return request

    def erase(self, request):
        return self.admin.post(f"/v1/requests/{request['id']}/erasure", WHY).must(200)

    def key(self, request):
        return self.world.sql(f"SELECT master, wrapped, destroyed_at FROM kezek.request_key WHERE request = '{request['id']}'")[0]

    def rewrap(self, request, read):
        return self.world.sql(f"SELECT kezek.rewrap_apply(77, ARRAY['{request['id']}'::uuid], ARRAY['{read}'::bytea], ARRAY[{NEW}])",
                              "kezek_jobs")[0][0]

    def relook(self, request, version):
        return self.world.sql(f"SELECT kezek.relook_apply(ARRAY['{request['id']}'::uuid], ARRAY[{version}], "
                              f"ARRAY['{request['id']}'::uuid], ARRAY['name'], ARRAY['\\x0000004d01'::bytea])", "kezek_jobs")[0][0]

    def lookups(self, request):
        return [row[0] for row in self.world.sql(f"SELECT hash FROM kezek.lookup WHERE request = '{request['id']}' ORDER BY 1")]

    def test_a_key_that_was_destroyed_meanwhile_stays_so(self):
        request = self.closed()
        _, read, _ = self.key(request)
        self.erase(request)
        after = self.key(request)
        self.assertEqual((after[1] is None, after[2] is not None), (True, True))
        self.assertEqual(self.rewrap(request, read), "0")
        self.assertEqual(self.key(request), after)
        # Nor does one come back that is destroyed while it is waited for.
        self.assertEqual(self.relook(request, self.see(request, self.admin)["version"]), "1")
        self.assertEqual(self.lookups(request), [])

    def test_an_erasure_waits_for_a_rewrap_and_wins(self):
        request = self.closed()
        _, read, _ = self.key(request)
        held = Hold(self.world, f"SELECT kezek.rewrap_apply(77, ARRAY['{request['id']}'::uuid], ARRAY['{read}'::bytea], ARRAY[{NEW}])")
        erasing = aside(self.erase, request)
        held.await_waiter()
        held.end()
        erasing()
        self.assertIsNone(self.key(request)[1])

    def test_a_row_that_is_held_is_not_waited_for(self):
        request = self.closed()
        master, read, _ = self.key(request)
        held = Hold(self.world, f"SELECT FROM kezek.request_key WHERE request = '{request['id']}' FOR UPDATE")
        self.assertEqual(self.rewrap(request, read), "0")
        held.end()
        self.assertEqual(self.key(request)[:2], [master, read])

    def test_hashes_are_set_only_where_nothing_moved(self):
        request = self.submit("p-clock")
        before = self.lookups(request)
        self.desk.act(request, "correct", {"changes": {"applicant": {"name": "Башка Ысым"}}}).must(200)
        self.assertEqual(self.relook(request, request["version"]), "0")
        self.assertEqual(set(before) < set(self.lookups(request)), True)
        self.assertEqual(self.relook(request, request["version"] + 1), "1")
        self.assertEqual(self.lookups(request), ["\\x0000004d01"])

    def test_ids_are_found_past_everything_else(self):
        self.submit()
        self.world.sql("INSERT INTO kezek.lookup SELECT decode('7fffffff' || lpad(to_hex(k), 64, '0'), 'hex'), 'pin', "
                       "(SELECT id FROM kezek.request LIMIT 1) FROM generate_series(1, 5) k")
        rows = self.world.sql("SELECT kind, id, wrapped IS NOT NULL FROM kezek.keys_in_use()", "kezek_app")
        self.assertEqual([row[0] for row in rows].count("master"), 1)
        self.assertIn(["index", "2147483647", "f"], rows)
        self.assertEqual(self.world.sql("SELECT kezek.count_key('index', 2147483647)", "kezek_app"), [["5"]])
        self.world.sql("DELETE FROM kezek.lookup WHERE hash >= '\\x7fffffff'")

    def test_only_the_jobs_rotate(self):
        for call in ("rewrap_page(1, '{}', 1)", "rewrap_apply(1, '{}', '{}', '{}')", "relook_page(1, '{}', 1)",
                     "relook_apply('{}', '{}', '{}', '{}', '{}')"):
            for user in ("kezek_app", "kezek_reader", "kezek_auditor"):
                with self.subTest(call, user=user), self.assertRaisesRegex(ToolFailed, "permission denied|not permitted"):
                    self.world.sql(f"SET ROLE {user}; SELECT * FROM kezek.{call}")


if __name__ == "__main__":
    main()
