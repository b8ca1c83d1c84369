"""Receipts: the look-up code, the signature that proves them offline, the papers."""

import base64
import copy
import hashlib
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest.mock

from support import qr
from support.casework import CaseTest, submission
from support.kezek import main
from support.paper import signed_text

CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}")


class Codes(CaseTest):
    def found(self, code, client=None):
        return [r["number"] for r in (client or self.desk).post("/v1/searches", {"code": code}).must(200)["items"]]

    def test_each_receipt_has_its_own(self):
        codes = {self.submit()["receipt"]["code"] for _ in range(5)}
        self.assertEqual(len(codes), 5)
        for code in codes:
            self.assertRegex(code, CODE)

    def test_found_by_code_however_it_is_typed(self):
        request = self.submit()
        code = request["receipt"]["code"]
        typed = (code, code.lower(), code.replace("-", ""), f" {code[:3]} {code[3:]} ", code.replace("0", "O"),
                 code.replace("1", "l"), code.replace("0", "о").replace("X", "х").replace("P", "Р"))
        for form in typed:
            with self.subTest(form):
                self.assertEqual(self.found(form), [request["number"]])
        other = code[:-1] + ("0" if code[-1] != "0" else "2")
        self.assertEqual(self.found(other), [])

    def test_only_within_scope(self):
        request = self.submit()
        code = request["receipt"]["code"]
        self.assertEqual(self.found(code, self.desk_two), [])
        self.assertEqual(self.found(code, self.probe_two), [])
        self.assertEqual(self.found(code, self.probe), [request["number"]])
        self.assertEqual(self.found(code, self.chief), [request["number"]])

    def test_what_cannot_be_a_code(self):
        for code in ("", "7K3QM", "Асанов Үсөн", "7K3QM-9XTRU"):
            with self.subTest(code):
                self.assert_invalid(self.desk.post("/v1/searches", {"code": code}), "/code")
        self.assertEqual(self.desk.post("/v1/searches", {"code": "7K3QM-9XTRB", "number": "1"}).status, 422)

    def test_it_stays_through_corrections_and_is_sealed(self):
        request = self.submit()
        code = request["receipt"]["code"]
        self.desk.act(request, "correct", {"changes": {"applicant": {"name": "Another"}}}).must(200)
        receipt = self.desk.get(f"/v1/requests/{request['id']}/receipt").must(200)
        self.assertEqual(receipt["code"], code)
        self.assertEqual(self.found(code), [request["number"]])
        self.assertNotIn("code", self.see(request, self.probe))
        sealed = self.world.sql(f"SELECT count(*) FROM kezek.event WHERE to_jsonb(event)::text LIKE '%{code}%'")
        self.assertEqual(sealed[0][0], "0")

    def test_a_repeat_has_the_same(self):
        first = self.desk.post("/v1/requests", submission(), key="codes-1").must(201)
        again = self.desk.post("/v1/requests", submission(), key="codes-1").must(201)
        self.assertEqual(first.body, again.body)


def verifiable(receipt):
    """The receipt's verifiable text, as the contract says it is made."""
    return f"{signed_text(receipt)} {receipt['signature']['key']} {receipt['signature']['value']}"


def signed_by(key_file, text):
    """The Ed25519 signature of a text under a file of 32 bytes, by the openssl command."""
    der = bytes.fromhex("302e020100300506032b657004220420") + key_file.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        key, said = pathlib.Path(folder, "key.der"), pathlib.Path(folder, "text")
        key.write_bytes(der)
        said.write_text(text, encoding="utf-8")
        done = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", key, "-keyform", "DER", "-in", said],
                              stdout=subprocess.PIPE, check=True)
    return base64.urlsafe_b64encode(done.stdout).decode().rstrip("=")


class Signatures(CaseTest):
    def verify(self, receipt, keys=None, lang="en", more=()):
        """`kezek receipt verify` of a receipt (JSON, or a text) with these public keys."""
        folder = self.world.directory
        keys = keys or self.desk.get("/v1/receipt-key").must(200).json
        (folder / "keys.json").write_text(json.dumps(keys), encoding="utf-8")
        text = receipt if isinstance(receipt, str) else json.dumps(receipt)
        return self.world.kezek("desk-clerk", "receipt", "verify", "-", "--key", folder / "keys.json", "--lang", lang,
                                *more, stdin=text, check=False)

    def assert_refused(self, done, words):
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(words, done.stderr)

    def test_every_kind_of_receipt_is_proved(self):
        for service in ("p-plain", "p-docs", "p-pay", "p-strict", "p-pause", "p-hours"):
            with self.subTest(service):
                more = {"form": {"area": 1}, "documents": [{"kind": "paper"}]} if service == "p-strict" else {}
                receipt = self.submit(service, **more)["receipt"]
                done = self.verify(receipt)
                self.assertEqual(done.returncode, 0, done.stderr)
                for part in ("genuine", receipt["number"], receipt["registered_at"], receipt["code"]):
                    self.assertIn(part, done.stdout)
        for lang, word in (("ky", "чыныгы"), ("ru", "подлинная")):
            self.assertIn(word, self.verify(receipt, lang=lang).stdout)
        said = json.loads(self.verify(receipt, more=["--json"]).stdout)
        self.assertEqual((said["genuine"], said["number"], said["due_on"]),
                         (True, receipt["number"], receipt["due_on"]))

    def test_the_whole_answer_and_the_texts_are_proved(self):
        request = self.submit()
        self.assertEqual(self.verify(request).returncode, 0)
        self.assertEqual(self.verify(verifiable(request["receipt"])).returncode, 0)
        page = self.desk.get(f"/v1/requests/{request['id']}/receipt", headers={"Accept": "text/plain"}).must(200).text
        self.assertIn("\n" + verifiable(request["receipt"]) + "\n", page)
        self.assertEqual(self.verify(page).returncode, 0)

    def test_a_changed_one_is_refused(self):
        receipt = self.submit()["receipt"]
        changes = {"number": "desk-999999/26", "registered_at": "2026-11-17T10:00:00+06:00", "due_on": "2026-11-19",
                   "code": "7K3QM-9XTRB", "office": {"code": "desk-two"}, "service": {"code": "p-pay"},
                   "state": "closed", "fee_tyiyn": 1, "variant": {"code": "other", "name": "other"},
                   # What the digest alone proves.
                   "received_at": "2026-11-17T10:00:00+06:00", "clerk": "nobody", "appeal": "Never.",
                   "documents": {**receipt["documents"], "taken": [{"kind": "paper"}]},
                   "payment": {**receipt["payment"], "paid_at": "2026-11-17T10:00:00+06:00"}, "more": None}
        for name, value in changes.items():
            with self.subTest(name):
                changed = {**copy.deepcopy(receipt), name: value}
                self.assert_refused(self.verify(changed), "forged, or was changed")
        signature = receipt["signature"]
        other = "B" if signature["value"][0] == "A" else "A"
        changed = {**receipt, "signature": {**signature, "value": other + signature["value"][1:]}}
        self.assert_refused(self.verify(changed), "forged, or was changed")
        # A blank may not shift what is said from one member into the next.
        shifted = {**receipt, "number": f"{receipt['number']} {receipt['registered_at']}", "registered_at": ""}
        self.assert_refused(self.verify(shifted), "no signed receipt")

    def test_the_first_form_goes_on_being_proved(self):
        receipt = self.submit()["receipt"]
        said = " ".join(["kezek1", receipt["number"], receipt["registered_at"], "desk", "p-plain", receipt["due_on"],
                         receipt["code"]])
        first = {**receipt, "signature": {"key": receipt["signature"]["key"],
                                          "value": signed_by(self.world.keys / "receipt-key", said)}}
        for text in (first, f"{said} {first['signature']['key']} {first['signature']['value']}\n"):
            done = self.verify(text, more=["--json"])
            self.assertEqual(done.returncode, 0, done.stderr)
            proved = json.loads(done.stdout)
            self.assertEqual((proved["version"], proved["whole"], proved["number"]), (1, False, receipt["number"]))
            self.assertNotIn("fee_tyiyn", proved)
        self.assert_refused(self.verify({**first, "number": "desk-9/26"}), "forged, or was changed")
        # A signature of one form proves nothing of the other.
        other = {**receipt, "signature": {**first["signature"], "version": 2}}
        self.assert_refused(self.verify(other), "forged, or was changed")

    def test_what_is_proved_is_told(self):
        receipt = self.submit("p-pay")["receipt"]
        whole = self.verify(receipt).stdout
        for part in ("awaiting_payment", "100.86 som", "standard", "documents, payment, appeal"):
            self.assertIn(part, whole)
        scanned = self.verify(verifiable(receipt)).stdout
        self.assertIn("verify the receipt's JSON", scanned)
        proved = json.loads(self.verify(verifiable(receipt), more=["--json"]).stdout)
        self.assertEqual((proved["whole"], proved["state"], proved["fee_tyiyn"], proved["ground"]),
                         (False, "awaiting_payment", "10086", None))
        self.assertTrue(json.loads(self.verify(receipt, more=["--json"]).stdout)["whole"])

    def test_another_key_is_refused(self):
        receipt = self.submit()["receipt"]
        keys = self.desk.get("/v1/receipt-key").must(200).json
        self.assert_refused(self.verify(receipt, {"keys": []}), "not in this file")
        (key,) = keys["keys"]
        # RFC 8032 section 7.1, test 1, under our key's name.
        foreign = {**key, "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
        self.assert_refused(self.verify(receipt, {"keys": [foreign]}), "forged, or was changed")
        self.assertEqual(self.verify(receipt, {"keys": [{**foreign, "kid": "00000000"}, key]}).returncode, 0)

    def test_what_is_no_signed_receipt(self):
        unsigned = {**self.submit()["receipt"], "signature": None}
        for text in (unsigned, {}, "", "[]", "kezek1", "kezek1 a b c d e f g h", "kezek2 a b c d e f g h i j k l m"):
            with self.subTest(text):
                self.assert_refused(self.verify(text), "no signed receipt")
        done = self.world.kezek("desk-clerk", "receipt", "verify", "-", "--lang", "en", stdin="", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("kezek receipt key", done.stderr)

    def test_the_key_is_open_to_all(self):
        reply = self.world.client(None).get("/v1/receipt-key").must(200)
        self.assertEqual([k["kid"] for k in reply["keys"]], [self.submit()["receipt"]["signature"]["key"]])
        self.assertEqual(json.loads(self.world.kezek("desk-clerk", "receipt", "key").stdout), reply.json)

    def test_a_later_printing_is_signed_anew(self):
        request = self.submit("p-docs")
        self.assertIsNone(request["receipt"]["due_on"])
        whole = self.desk.act(request, "complete", {"documents": [{"kind": "paper"}]}).must(200)
        receipt = self.desk.get(f"/v1/requests/{request['id']}/receipt").must(200).json
        self.assertEqual(receipt["due_on"], whole["due_on"])
        self.assertNotEqual(receipt["signature"], request["receipt"]["signature"])
        for printing in (request["receipt"], receipt):
            self.assertEqual(self.verify(printing).returncode, 0)


class Rotation(CaseTest):
    """A new key signs; what the former one signed stays proved, with what the daemon itself gives out."""

    def verify(self, receipt, keys):
        path = self.world.directory / "rotated.json"
        path.write_text(json.dumps(keys), encoding="utf-8")
        return self.world.kezek("desk-clerk", "receipt", "verify", "-", "--key", path, "--lang", "en",
                                stdin=json.dumps(receipt), check=False).returncode

    def test_former_keys_are_served_and_prove(self):
        old = self.submit()["receipt"]
        former, key = self.world.directory / "former.json", self.world.directory / "second-key"
        former.write_bytes(self.world.client(None).get("/v1/receipt-key").must(200).body)
        key.write_bytes(hashlib.sha256(b"the second key").digest())
        daemon = self.world.another_daemon(receipt_key=key, receipt_keys_former=former)
        daemon.start()
        try:
            client = daemon.client("desk-clerk")
            new = self.submit(client=client)["receipt"]
            keys = client.get("/v1/receipt-key").must(200).json
            self.assertEqual([k["kid"] for k in keys["keys"]], [new["signature"]["key"], old["signature"]["key"]])
            self.assertNotEqual(new["signature"]["key"], old["signature"]["key"])
            self.assertEqual((self.verify(old, keys), self.verify(new, keys)), (0, 0))
            self.assertEqual(self.verify(new, json.loads(former.read_text())), 1)
            # What was given out is itself what to put aside at the next change: each key stands there once.
            former.write_text(json.dumps(keys))
            daemon.restart()
            self.assertEqual(daemon.client("desk-clerk").get("/v1/receipt-key").must(200).json, keys)
        finally:
            daemon.stop()

    def test_a_bad_file_is_a_fault_of_the_configuration(self):
        (key,) = self.desk.get("/v1/receipt-key").must(200)["keys"]
        path = self.world.directory / "bad-former.json"
        daemon = self.world.another_daemon(receipt_keys_former=path)
        bad = ("{", "[]", '{"keys":[{}]}', {"keys": [{**key, "kid": "00000000"}]}, {"keys": [{**key, "x": "AAAA"}]},
               {"keys": [{**key, "crv": "P-256"}]}, {"keys": [{**key, "d": "secret"}]})
        for text in bad:
            with self.subTest(text):
                path.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
                done = daemon.command("--check-config", check=False)
                self.assertEqual(done.returncode, 1)
                self.assertIn("key_malformed", done.stderr)
        path.unlink()
        self.assertIn("key_unreadable", daemon.command("--check-config", check=False).stderr)
        path.write_text(json.dumps({"keys": [key]}), encoding="utf-8")
        self.assertIn("good", daemon.command("--check-config").stdout)


class Unsigned(CaseTest):
    def test_without_a_key_the_house_goes_on(self):
        daemon = self.world.another_daemon(receipt_key=None)
        daemon.start()
        try:
            client = daemon.client("desk-clerk")
            request = self.submit(client=client)
            self.assertIsNone(request["receipt"]["signature"])
            self.assertRegex(request["receipt"]["code"], CODE)
            self.assertEqual(client.get("/v1/receipt-key").must(200)["keys"], [])
            self.assertEqual(daemon.log().count("receipts_unsigned"), 1)
            page = client.get(f"/v1/requests/{request['id']}/receipt", headers={"Accept": "text/html"}).must(200).text
            self.assertEqual(qr.read(qr.of_svg(page)), request["receipt"]["code"])
        finally:
            daemon.stop()

    def test_a_bad_key_is_a_fault_of_the_configuration(self):
        bad = self.world.directory / "bad-key"
        bad.write_bytes(b"too short")
        daemon = self.world.another_daemon(receipt_key=bad)
        done = daemon.command("--check-config", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("key_malformed", done.stderr)
        daemon.write_config(receipt_key=self.world.keys / "receipt-key")
        self.assertIn("good", daemon.command("--check-config").stdout)

    def test_the_key_may_come_as_a_credential(self):
        folder = self.world.directory / "credentials"
        folder.mkdir()
        daemon = self.world.another_daemon(receipt_key=None)
        # An end of line is what systemd passes where the host has none.
        for key, is_unsigned in ((None, True), (b"\n", True), (bytes(32), False)):
            if key:
                (folder / "receipt-key").write_bytes(key)
            with self.subTest(key), unittest.mock.patch.dict(os.environ, CREDENTIALS_DIRECTORY=str(folder)):
                done = daemon.command("--check-config")
                self.assertEqual("receipts_unsigned" in done.stderr, is_unsigned)


class Papers(CaseTest):
    def paper(self, request, accept, form=""):
        path = f"/v1/requests/{request['id']}/receipt{form}"
        return self.desk.get(path, headers={"Accept": accept}).must(200).text

    def test_the_code_on_page_and_slip_is_the_verifiable_text(self):
        request = self.submit()
        text = verifiable(request["receipt"])
        for form in ("", "?format=page", "?format=slip"):
            self.assertEqual(qr.read(qr.of_svg(self.paper(request, "text/html", form))), text)
        slip = self.paper(request, "text/plain", "?format=slip").splitlines()
        rows = [line for line in slip if line and set(line) <= set(qr.HALVES)]
        self.assertEqual({len(row) for row in rows}, {len(rows[0])})
        self.assertLessEqual(len(rows[0]), 64)
        self.assertEqual(qr.read(qr.of_characters(rows)), text)
        self.assertNotIn("█", self.paper(request, "text/plain"))

    def test_what_stands_on_it(self):
        said = {"ky": ("Жетишпеген документтер", "акысыз", "Издөө коду"),
                "ru": ("Не хватает документов", "бесплатно", "Код для справки"),
                "en": ("Documents missing", "free of charge", "Look-up code")}
        for language, words in said.items():
            request = self.submit("p-docs", language=language)
            for accept in ("text/html", "text/plain"):
                for form in ("", "?format=slip"):
                    paper = self.paper(request, accept, form)
                    for part in (*words, request["number"], request["receipt"]["code"], "2026-11-18 10:0"):
                        self.assertIn(part, paper)
        for language, fee in (("ky", "100,86 сом"), ("ru", "100,86 сом"), ("en", "100.86 som")):
            self.assertIn(fee, self.paper(self.submit("p-pay", language=language), "text/html"))

    def test_backdated_and_moved_dates_are_told(self):
        request = self.submit(received_at="2026-11-18T08:30:00+06:00", backdate_reason="mobile")
        self.assertIn("2026-11-18 08:30", self.paper(request, "text/plain"))

    def test_only_known_formats(self):
        request = self.submit()
        self.assert_problem(self.desk.get(f"/v1/requests/{request['id']}/receipt?format=a5"), 400, "bad_parameter")
        self.assertEqual(self.desk.get(f"/v1/requests/{request['id']}/receipt?shape=slip").status, 400)


if __name__ == "__main__":
    main()
