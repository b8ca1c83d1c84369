"""The front door's TLS: who is there, whose certificate is refused and how, reload.

`tests/api/door_tls.py [PROGRAM] [WORD…]`; PROGRAM is build/tests/test-door unless named.
"""

import pathlib
import ssl
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from support.door import Door, DoorTest, exchange, get, is_ended, main  # noqa: E402
from support.pki import Pki  # noqa: E402


class Certificates(DoorTest):
    def alert(self, context, expected):
        """The connection ends in a TLS alert of that name, at the handshake or with the first read."""
        with self.assertRaises(ssl.SSLError) as caught:
            with self.door.connect(context=context) as s:
                s.sendall(get("/who"))
                s.recv(100)
        self.assertIn(expected, str(caught.exception).replace("_", " ").lower())

    def context(self, pki, name):
        context = self.pki.context()
        context.load_cert_chain(pki.certificate(name), pki.key(name))
        return context

    def test_who_is_there(self):
        with self.door.connect("clerk") as s:
            who = exchange(s, get("/who")).json
            self.assertEqual((who["name"], who["certificate"]), ("clerk", True))
            self.assertEqual(who["sha256"], self.pki.sha256("clerk"))
            self.assertEqual((who["address"], who["local"]), ("127.0.0.1", True))
        with self.door.connect() as s:
            who = exchange(s, get("/who")).json
            self.assertEqual((who["name"], who["certificate"], who["sha256"]), ("", False, "0" * 64))

    def test_names_that_are_none(self):
        for i, san in enumerate(("URI:urn:kezek:principal:a,URI:urn:kezek:principal:b", "DNS:clerk",
                                 "URI:urn:kezek:principal:", "URI:urn:other:clerk")):
            with self.subTest(san):
                self.pki.client(f"nobody-{i}", san=san)
                with self.door.connect(f"nobody-{i}") as s:
                    who = exchange(s, get("/who")).json
                    self.assertEqual((who["name"], who["certificate"]), ("", True))

    def test_foreign_certificate(self):
        foreign = Pki(self.directory / "foreign")
        foreign.client("clerk")
        before = self.door.metric('tls_failures_total{reason="foreign"}')
        self.alert(self.context(foreign, "clerk"), "unknown ca")
        self.door.wait_log("event=tls_failure reason=foreign address=127.0.0.1")
        self.assertEqual(self.door.metric('tls_failures_total{reason="foreign"}'), before + 1)

    def test_expired_certificate(self):
        self.pki.expired("late")
        self.alert(self.pki.context("late"), "certificate expired")
        self.door.wait_log("event=tls_failure reason=expired")

    def test_server_certificate_is_no_client(self):
        self.alert(self.context(self.pki, "server"), "certificate")
        self.door.wait_log("event=tls_failure reason=purpose")

    def test_revoked_after_reload(self):
        self.pki.client("lost")
        with self.door.connect("lost") as s:
            self.assertEqual(exchange(s, get("/who")).json["name"], "lost")
            reloads = self.door.log().count("event=tls_reloaded")
            self.pki.revoke("lost")
            self.door.reload()
            self.door.wait_log("event=tls_reloaded", count=reloads + 1)
            # An open connection serves once more and ends, so that its client comes under the new context.
            self.assertEqual(exchange(s, get("/who")).fields.get("connection"), "close")
        self.alert(self.pki.context("lost"), "revoked")
        self.door.wait_log("event=tls_failure reason=revoked")
        with self.door.connect("clerk") as s:
            self.assertEqual(exchange(s, get("/who")).json["name"], "clerk")

    def test_bad_reload_leaves_the_old(self):
        good = self.door.options["server_key"]
        for broken in ({"server_key": self.pki.key("clerk")}, {"server_key": self.directory / "none"},
                       {"client_crl": self.pki.ca}):
            kept = self.door.log().count("event=tls_kept")
            old = dict(self.door.options)
            self.door.write(**broken)
            self.door.reload()
            self.door.wait_log("event=tls_kept", count=kept + 1)
            self.door.write(**old)
            with self.door.connect("clerk") as s:
                self.assertEqual(exchange(s, get("/who")).status, 200)
        self.assertEqual(self.door.options["server_key"], good)

    def test_expired_crl_fails_closed(self):
        pki = Pki(self.directory / "other")
        pki.client("clerk")
        pki.fresh_crl(until="20210101000000Z")
        door = Door(pki)
        try:
            with self.assertRaises(ssl.SSLError):
                with door.connect("clerk") as s:
                    s.sendall(get("/who"))
                    s.recv(100)
            door.wait_log("event=tls_failure reason=crl_expired")
            self.assertEqual(door.metric("crl_expired"), 1)
            pki.fresh_crl()
            door.reload()
            door.wait_log("event=tls_reloaded")
            self.assertEqual(door.metric("crl_expired"), 0)
            with door.connect("clerk") as s:
                self.assertEqual(exchange(s, get("/who")).json["name"], "clerk")
        finally:
            door.stop()

    def test_versions(self):
        old = self.pki.context()
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        self.alert(old, "version")
        with self.another(tls_min="1.2") as door, door.connect("clerk", context=old) as s:
            self.assertEqual(exchange(s, get("/who")).status, 200)
            self.assertEqual(s.version(), "TLSv1.2")

    def test_resumption_keeps_the_name(self):
        context = self.pki.context("clerk")
        with self.door.connect(context=context) as s:
            exchange(s, get("/who"))
            session = s.session
            self.assertLessEqual(session.ticket_lifetime_hint, 300)
        with context.wrap_socket(self.door.plain(), server_hostname="127.0.0.1", session=session) as s:
            self.assertEqual(exchange(s, get("/who")).json["name"], "clerk")
            self.assertTrue(s.session_reused)

    def test_alpn(self):
        context = self.pki.context()
        context.set_alpn_protocols(["h2", "http/1.1"])
        with self.door.connect(context=context) as s:
            self.assertEqual(s.selected_alpn_protocol(), "http/1.1")
        context.set_alpn_protocols(["h2"])
        with self.assertRaises(ssl.SSLError):
            self.door.connect(context=context)

    def test_not_tls(self):
        with self.door.plain() as s:
            s.sendall(get("/who"))
            self.assertTrue(is_ended(s))
        self.door.wait_log("event=tls_failure reason=protocol")


if __name__ == "__main__":
    main()
