"""Host names in the connection string: asked for beside the loop, the next host taken where one has no address."""

import contextlib
import socket
import time

from support.kezek import ApiTest, eventually, main
from support.silence import silence


class Hosts(ApiTest):
    world_options = {"test_clock": False, "catalogue": False}

    def daemon(self, host, port=5432):
        def conninfo(user):
            return f"host={host} port={port} dbname={self.world.database} user={user} sslmode=disable"

        daemon = self.world.another_daemon(database=conninfo("kezek_app"), jobs_database=conninfo("kezek_jobs"))
        self.addCleanup(daemon.stop)
        return daemon

    def check_served(self, daemon):
        """Quick answers from the start, and the second host's PostgreSQL behind them soon."""
        def answers():
            with contextlib.suppress(OSError), daemon.client() as client:
                return client.get("/healthz").status == 200

        eventually(answers, 20)
        with daemon.client() as client:
            end = time.monotonic() + 3
            while time.monotonic() < end:
                since = time.monotonic()
                client.get("/healthz").must(200)
                self.assertLess(time.monotonic() - since, 1)
                time.sleep(0.05)
            eventually(lambda: client.get("/readyz").status == 200, 30)

    def test_a_name_without_an_address_keeps_nobody_waiting(self):
        daemon = self.daemon(f"no-such-host.invalid,{self.world.cluster.socket}")
        daemon.start(wait=False)
        self.check_served(daemon)

    def test_name_servers_that_are_silent_keep_nobody_waiting(self):
        with silence(self) as server:
            daemon = self.daemon(f"silent.example,{self.world.cluster.socket}")
            server.serve(daemon)
            daemon.start(wait=False)
            self.assertIn(b"silent", server.asked())
            self.check_served(daemon)

    def test_a_name_is_found_and_connected_to(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(20)
            daemon = self.daemon("localhost", server.getsockname()[1])
            daemon.start(wait=False)
            users = set()
            while len(users) < 2:
                with server.accept()[0] as connection:
                    connection.settimeout(20)
                    packet = connection.recv(1000)
                users.add(packet.split(b"\0user\0")[-1].split(b"\0")[0] if b"\0user\0" in packet
                          else packet[8:].split(b"\0")[1])
            self.assertEqual(users, {b"kezek_app", b"kezek_jobs"})


if __name__ == "__main__":
    main()
