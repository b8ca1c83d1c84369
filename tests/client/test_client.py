"""libkezek against real TLS: each way a certificate can fail, and when a call is repeated.

Run: LIBKEZEK=build/lib/client/libkezek.so python3 tests/client/test_client.py
"""

import ctypes
import hashlib
import json
import os
import socket
import ssl
import tempfile
import time
import unittest

from pki import Pki, free_port
from server import Script

LIB = ctypes.CDLL(os.environ["LIBKEZEK"])
LIB.kezek_failure_name.restype = ctypes.c_char_p
LIB.kezek_failure_detail.restype = ctypes.c_char_p
LIB.kezek_response_json.restype = ctypes.c_char_p
LIB.kezek_response_header.restype = ctypes.c_char_p
LIB.kezek_response_body.restype = ctypes.c_char_p
LIB.kezek_refusal.restype = ctypes.c_void_p
for f in ("failure_detail", "free", "response_free", "response_status", "refusal", "list_free"):
    getattr(LIB, "kezek_" + f).argtypes = [ctypes.c_void_p]
OPTIONS = ["ca", "crl", "certificate", "key", "token", "actor", "language", "connect_ms",
           "answer_ms", "retries", "proxy"]
class Refusal(ctypes.Structure):
    _fields_ = [("status", ctypes.c_int), ("problem", ctypes.c_int), ("code", ctypes.c_char_p),
                ("title", ctypes.c_char_p), ("detail", ctypes.c_char_p),
                ("trace_id", ctypes.c_char_p), ("params", ctypes.POINTER(ctypes.c_char_p * 3)),
                ("param_count", ctypes.c_size_t), ("acts", ctypes.POINTER(ctypes.c_char_p)),
                ("act_count", ctypes.c_size_t), ("json", ctypes.c_char_p)]


class Handle:
    def __init__(self, url, **options):
        self.handle = ctypes.c_void_p()
        assert LIB.kezek_new(url.encode(), ctypes.byref(self.handle)) == 0
        for name, value in options.items():
            assert LIB.kezek_set(self.handle, OPTIONS.index(name), value.encode()) == 0, name

    def __enter__(self):
        return self

    def __exit__(self, *_):
        LIB.kezek_free(self.handle)

    def call(self, method="GET", path="/", body=None):
        """The failure's name, or "none", and the response."""
        response = ctypes.c_void_p()
        data = ctypes.create_string_buffer(body.encode()) if body is not None else None

        class Body(ctypes.Structure):
            _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_size_t),
                        ("type", ctypes.c_char_p)]
        sent = Body(ctypes.addressof(data), len(body.encode()), None) if data else None
        result = LIB.kezek_call(self.handle, method.encode(), path.encode(), None,
                                ctypes.byref(sent) if sent else None, ctypes.byref(response))
        return LIB.kezek_failure_name(result).decode(), response

    def refusal(self):
        at = LIB.kezek_refusal(self.handle)
        return ctypes.cast(at, ctypes.POINTER(Refusal)).contents if at else None


class TlsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory()
        cls.pki = Pki(cls.tmp.name)

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    def serve(self, server="server", *more):
        return self.pki.serve(self, server, *more)

    def verdict(self, url, **options):
        options = {"ca": "ca.crt", "retries": "1", **options}
        for name in ("ca", "crl", "certificate", "key"):
            if name in options:
                options[name] = self.pki.path(options[name])
        with Handle(url, **options) as handle:
            name, response = handle.call()
            if response:
                LIB.kezek_response_free(response)
            return name

    def test_server_certificates(self):
        url = self.serve()
        self.assertEqual(self.verdict(url), "none")
        self.assertEqual(self.verdict(url, ca="foreign.crt"), "server_not_trusted")
        self.assertEqual(self.verdict(url, ca="absent.crt"), "ca_file")
        self.assertEqual(self.verdict(self.serve("elsewhere")), "host_mismatch")
        self.assertEqual(self.verdict(self.serve("old-server")), "server_expired")
        self.assertEqual(self.verdict(self.serve("revoked-server"), crl="ca.crl"), "server_revoked")

    def client_certificates(self, *version):
        url = self.serve("server", "-Verify", "2", "-verify_return_error", "-CAfile", "ca.crt",
                         "-CRL", "ca.crl", "-crl_check", *version)

        def with_certificate(name):
            return self.verdict(url, certificate=name + ".crt", key=name + ".key")
        self.assertEqual(with_certificate("good"), "none")
        self.assertEqual(with_certificate("expired"), "certificate_expired")
        self.assertEqual(with_certificate("revoked"), "certificate_revoked")
        self.assertEqual(with_certificate("stranger"), "certificate_unknown_ca")
        self.assertEqual(self.verdict(url), "certificate_required")

    def test_client_certificates_tls13(self):
        self.client_certificates("-tls1_3")

    def test_client_certificates_tls12(self):
        self.client_certificates("-tls1_2")

    def test_files(self):
        url = self.serve()
        self.assertEqual(self.verdict(url, certificate="absent.crt", key="good.key"),
                         "certificate_file")
        self.assertEqual(self.verdict(url, certificate="good.crt", key="absent.key"), "key_file")
        self.assertEqual(self.verdict(url, certificate="good.crt", key="revoked.key"), "key_file")

    def test_nobody_there(self):
        self.assertEqual(self.verdict(f"https://127.0.0.1:{free_port()}"), "connection_refused")
        self.assertEqual(self.verdict("https://nowhere.invalid"), "no_such_host")
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            url = f"https://127.0.0.1:{silent.getsockname()[1]}"
            self.assertEqual(self.verdict(url, connect_ms="200"), "timed_out")
        self.assertEqual(self.verdict(self.serve("server", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")),
                         "no_tls")

    def test_urls(self):
        handle = ctypes.c_void_p()
        for url in ("http://127.0.0.1", "https://", "https:///x", "https://a b", "https://a?b"):
            self.assertEqual(LIB.kezek_new(url.encode(), ctypes.byref(handle)), -22, url)


class CallTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.tmp = tempfile.TemporaryDirectory()
        cls.pki = Pki(cls.tmp.name)

    @classmethod
    def tearDownClass(cls):
        cls.tmp.cleanup()

    def setUp(self):
        script = Script(self, self.pki)
        self.url, self.seen = script.url, script.seen
        self.script = script

    def handle(self, **options):
        return Handle(self.url, ca=self.pki.path("ca.crt"), **options)

    def test_keeps_the_connection_and_the_words(self):
        self.script.answers = [(200, {"ETag": '"7"'}, '{"a":{"b":["x",2]}}'), (201, {}, "{}"), (204, {}, "")]
        with self.handle(token="kz_secret", actor="n.asanova", language="ky") as handle:
            name, response = handle.call("GET", "/v1/me")
            self.assertEqual(name, "none")
            self.assertEqual(LIB.kezek_response_json(response, b"/a/b/0"), b"x")
            self.assertEqual(LIB.kezek_response_json(response, b"/a/b"), b'["x",2]')
            self.assertIsNone(LIB.kezek_response_json(response, b"/a/c"))
            self.assertEqual(LIB.kezek_response_header(response, b"etag"), b'"7"')
            LIB.kezek_response_free(response)
            for method, body in (("POST", "{}"), ("DELETE", None)):
                name, response = handle.call(method, "/v1/x", body)
                self.assertEqual(name, "none")
                LIB.kezek_response_free(response)
        self.assertEqual(len({seen[4] for seen in self.seen}), 1, "one connection")
        headers = self.seen[0][2]
        self.assertEqual(headers["Authorization"], "Bearer kz_secret")
        self.assertEqual(headers["Kezek-Actor"], "n.asanova")
        self.assertEqual(headers["Accept-Language"], "ky")
        self.assertNotIn("Idempotency-Key", headers)
        self.assertRegex(self.seen[1][2]["Idempotency-Key"],
                         r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
        self.assertEqual(self.seen[1][2]["Content-Type"], "application/json")
        self.assertNotIn("Content-Type", self.seen[2][2])

    def test_repeats_with_the_same_key(self):
        busy = (503, {"Retry-After": "0", "Content-Type": "application/problem+json"},
                '{"code":"overloaded"}')
        self.script.answers = [None, busy, (201, {}, '{"id":"1"}')]
        with self.handle() as handle:
            name, response = handle.call("POST", "/v1/requests", '{"service":"6-49"}')
            self.assertEqual(name, "none")
            LIB.kezek_response_free(response)
        keys = {seen[2]["Idempotency-Key"] for seen in self.seen}
        self.assertEqual((len(self.seen), len(keys)), (3, 1))
        self.assertEqual({seen[3] for seen in self.seen}, {'{"service":"6-49"}'})

    def test_repeating_is_bounded(self):
        self.script.answers = [(503, {"Retry-After": "0"}, '{"code":"overloaded"}')] * 9
        with self.handle(retries="2") as handle:
            began = time.monotonic()
            self.assertEqual(handle.call()[0], "refused")
            self.assertLess(time.monotonic() - began, 5)
            self.assertEqual(handle.refusal().code, b"overloaded")
        self.assertEqual(len(self.seen), 3)

    def test_refusal(self):
        self.script.answers = [(409, {}, json.dumps({
            "type": "urn:kezek:problem:act_not_open", "code": "act_not_open", "title": "Not open",
            "status": 409, "detail": "d", "trace_id": "t", "open_acts": ["resume", "withdraw"],
            "invalid_params": [{"name": "/a", "code": "missing", "reason": "r"}]})),
            (502, {"Content-Type": "text/html"}, "<html>"), (200, {}, "{}")]
        with self.handle() as handle:
            self.assertEqual(handle.call("POST", "/v1/requests/1/decide", "{}")[0], "refused")
            refusal = handle.refusal()
            self.assertEqual((refusal.status, refusal.code, refusal.title, refusal.trace_id),
                             (409, b"act_not_open", b"Not open", b"t"))
            self.assertEqual(list(refusal.params[0]), [b"/a", b"missing", b"r"])
            self.assertEqual([refusal.acts[i] for i in range(refusal.act_count)],
                             [b"resume", b"withdraw"])
            self.assertEqual(handle.call()[0], "not_kezek")
            self.assertIsNone(handle.refusal())
            name, response = handle.call()
            self.assertEqual(name, "none")
            LIB.kezek_response_free(response)

    def test_a_credential_is_known_by_its_digest(self):
        def digest(**options):
            said = ctypes.create_string_buffer(65)
            with self.handle(**options) as handle:
                return LIB.kezek_credential_digest(handle.handle, said), said.value.decode()

        token = "kz_" + "a" * 40
        self.assertEqual(digest(token=token), (0, hashlib.sha256(token.encode()).hexdigest()))
        with open(self.pki.path("good.crt"), encoding="ascii") as file:
            der = ssl.PEM_cert_to_DER_cert(file.read())
        self.assertEqual(digest(certificate=self.pki.path("good.crt"), token=token), (0, hashlib.sha256(der).hexdigest()))
        self.assertLess(digest()[0], 0)

    def test_list_follows_the_cursor(self):
        self.script.answers = [
            (200, {}, '{"items":[{"n":1},{"n":2}],"page":{"end_cursor":"a/b=","has_more":true}}'),
            (200, {}, '{"items":[{"n":3}],"page":{"end_cursor":"c","has_more":false}}')]
        with self.handle() as handle:
            cursor, item, items = ctypes.c_void_p(), ctypes.c_char_p(), []
            LIB.kezek_list_open(handle.handle, b"/v1/requests?limit=2", ctypes.byref(cursor))
            while LIB.kezek_list_next(cursor, ctypes.byref(item)) == 0 and item.value is not None:
                items.append(json.loads(item.value)["n"])
            LIB.kezek_list_free(cursor)
        self.assertEqual(items, [1, 2, 3])
        self.assertEqual(self.seen[1][1], "/v1/requests?limit=2&after=a%2Fb%3D")


if __name__ == "__main__":
    unittest.main()
