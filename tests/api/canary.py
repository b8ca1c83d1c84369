"""Nothing personal leaves the house: planted words are looked for in every log, in the metrics and in the tables."""

import contextlib
import json
import pathlib
import ssl

from support.casework import CaseTest, submission
from support.kezek import eventually, main

# Each distinctive, so that whatever is found says where it leaked from.
CANARIES = {
    "pin": "29911199777771", "name": "КанарейкаИмя", "phone": "+996700777001", "email": "canary-mail@example.kg",
    "address": "CanaryStreet77", "registration_number": "CanaryReg77",
    "representative_name": "КанарейкаДоверенный", "representative_pin": "19911199777772",
    "authority": "CanaryAuthority", "form": "CanaryForm", "document_name": "CanaryScan.pdf",
    "external_ref": "CanaryRef77", "reason": "CanaryReason", "refusal": "CanaryRefusal", "reference": "CanaryPayRef",
    "shown": "CanaryShown", "document": "CanaryOrder", "search": "29911199777773", "body_number": "CanaryBody77",
}


def applicant():
    return {
        "kind": "person", "pin": CANARIES["pin"], "name": CANARIES["name"], "phone": CANARIES["phone"],
        "email": CANARIES["email"], "address": CANARIES["address"], "registration_number": CANARIES["registration_number"],
        "representative": {"name": CANARIES["representative_name"], "pin": CANARIES["representative_pin"],
                           "authority": CANARIES["authority"]},
    }


class Canary(CaseTest):
    world_options = {"own_cluster": True, "log_level": "debug"}

    def case(self, service="p-plain", **more):
        return self.submit(service, applicant=applicant(), form={"said": CANARIES["form"]},
                           external_ref=CANARIES["external_ref"], **more)

    def play(self):
        """Every flow, and every way in which the daemon could be made to complain about content."""
        paper = [{"kind": "paper", "name": CANARIES["document_name"]}]
        why = {"reason": CANARIES["reason"]}
        request = self.case()
        for path in ("", "/events", "/deadlines?explain=1", "/receipt"):
            self.desk.get(f"/v1/requests/{request['id']}{path}").must(200)
        self.desk.act(request, "withdraw", why).must(200)
        self.submit("p-strict", applicant=applicant(), refuse={"ground": "no_right", "reason": CANARIES["refusal"]})
        docs = self.case("p-docs")
        docs = self.desk.act(docs, "complete", {"documents": paper, **why}).must(200).json
        claim = self.take(docs)
        self.probe.post(f"/v1/claims/{claim['claim']}/accept",
                        {"fence": claim["fence"], "body_number": CANARIES["body_number"]}).must(200)
        body = {"claims": [self.held(claim, outcome="granted", document=CANARIES["document"], **why)]}
        self.probe.post("/v1/claims/decide", body).must(200)
        self.desk.act(self.see(docs), "hand_over", {"to": "representative", "document_shown": CANARIES["shown"]}).must(200)
        pay = self.case("p-pay")
        self.desk.act(pay, "pay", {"amount_tyiyn": 10086, "reference": CANARIES["reference"]}).must(200)
        self.chief.act(self.see(pay), "reassign", {"to_principal": "officer-probe", **why}).must(200)
        for body in ({"pin": CANARIES["pin"]}, {"external_ref": CANARIES["external_ref"]}, {"pin": CANARIES["search"]}):
            self.desk.post("/v1/searches", body).must(200)
        self.complain()
        self.world.advance(days=20)
        self.supervisor.get("/v1/overdue").must(200)

    def complain(self):
        whole = submission(applicant=applicant(), form={"said": CANARIES["form"]})
        text = json.dumps(whole, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": "canary"}
        for data in (text[:-1], text.replace(b"Canary", b"Canary\xff"), text + text,
                     text.replace(b'"form"', b'"name":"CanaryForm","form"')):
            self.assertEqual(self.desk.call("POST", "/v1/requests", data, headers=headers).status, 400)
        for members in ({"service": CANARIES["form"]}, {"applicant": {**applicant(), CANARIES["name"]: 1}},
                        {"applicant": {**applicant(), "pin": 29911199777771}},
                        {"territory": CANARIES["address"]}, {"documents": [{"kind": CANARIES["document_name"]}]},
                        {"received_at": CANARIES["address"]}, {"language": CANARIES["name"]}):
            self.assertGreaterEqual(self.desk.post("/v1/requests", submission(**members)).status, 400)
        request = self.case()
        for act in ("decide", "extend", "withdraw"):
            self.desk.act(request, act, {"ground": CANARIES["reason"], "colour": CANARIES["reason"]})
        self.probe.post("/v1/claims/decide", {"claims": [{"claim": CANARIES["name"], "fence": CANARIES["pin"]}]})
        self.desk.post("/v1/requests", whole, headers={"Kezek-Actor": CANARIES["pin"]})
        # What somebody wrongly puts into a URL is in no log either.
        self.desk.get(f"/v1/requests?pin={CANARIES['pin']}")
        self.desk.get(f"/v1/requests/{CANARIES['pin']}")
        self.desk.get(f"/v1/people/{CANARIES['pin']}")
        self.desk.get(f"/v1/requests?number={CANARIES['external_ref']}")
        with contextlib.suppress(ssl.SSLError, OSError):
            self.desk.raw(f"GET /{CANARIES['pin']} HTTP/1.1\r\nHost: x\r\nX: {CANARIES['pin']}\r\n bad\r\n\r\n".encode(), 1)

    def assert_no_canary(self, where, text):
        for field, word in CANARIES.items():
            # PostgreSQL writes bytea in hexadecimal; Cyrillic may be escaped on its way.
            for form in (word, word.encode().hex(), json.dumps(word).strip('"')):
                self.assertNotIn(form, text, f"{field} in {where}")

    def test_no_log_no_metric_no_table_holds_any(self):
        self.world.sql("ALTER SYSTEM SET log_min_duration_statement = 0; SELECT pg_reload_conf();")
        self.play()
        # A batch that PostgreSQL refuses names its statement in the log: the parameters must not follow.
        self.world.cluster.restart("immediate")
        eventually(lambda: self.desk.get("/readyz").status == 200, timeout=20)
        self.play()
        self.assert_no_canary("/metrics", self.admin.get("/metrics").must(200).text)
        dump = [line for table, in self.world.sql(
            "SELECT format('%I', relname) FROM pg_class WHERE relnamespace = 'kezek'::regnamespace AND relkind IN ('r', 'p')")
            for row in self.world.sql(f"SELECT t::text FROM kezek.{table} t") for line in row]
        allowed = {CANARIES["body_number"]}  # the agency's own number is no person's
        text = "\n".join(dump)
        for word in allowed:
            text = text.replace(word, "")
        self.assert_no_canary("the tables", text)
        self.assertGreater(len(dump), 50)
        logs = [self.world.daemon.log_path, *(p for p in pathlib.Path(self.world.cluster.home).rglob("*log*") if p.is_file()
                                               and "pg_wal" not in p.parts and "pg_xact" not in p.parts)]
        self.assertGreaterEqual(len(logs), 2, "PostgreSQL's log was not found")
        for path in logs:
            self.assert_no_canary(path.name, path.read_text(encoding="utf-8", errors="replace"))
        self.assertIn("kezek.open_requests", "".join(p.read_text(errors="replace") for p in logs[1:]))


if __name__ == "__main__":
    main()
