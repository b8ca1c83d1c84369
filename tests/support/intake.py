"""What the suites of intake share: services of their own, and a receipt in every form."""

import copy
import json

from .casework import CATALOGUE, CaseTest

LANGUAGES = ("ky", "ru", "en")
PERSON = {"kind": "person", "name": "Асанов Үсөн"}


def standards():
    """Services like those of the shared catalogue, with what these tests are about."""
    whole = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    plain = next(s for s in whole["services"] if s["code"] == "p-plain")

    def service(code, **members):
        names = {lang: f"Probe {code} ({lang})" for lang in LANGUAGES}
        return {**copy.deepcopy(plain), "code": code, "name": names, **members}

    paper = {"kind": "paper", "required": True, "original": True, "max_age_days": 30,
             "name": {"ky": "Кагаз", "ru": "Бумага", "en": "The paper"}}
    decide = {"kind": "decide", "term": {"amount": 5, "unit": "working_day", "start": "registered"},
              "on_breach": "overdue", "late_decision": "allowed"}
    paid = {"kind": "pay", "term": {"amount": 3, "unit": "working_day", "start": "decided"}}
    notify = {"kind": "notify", "term": {"amount": 3, "unit": "working_day", "start": "decided"}}
    fee = [{"code": "standard", "fee_tyiyn": 51000, "terms": {}}]
    services = [
        service("i-appeal", appeal={
            "ky": "Сотко кайрылыңыз.", "ru": "Обратитесь в суд.", "en": "Turn to the court.", "agency": "probe-two",
            "term": {"amount": 30, "unit": "day"}, "legal_basis": "Law on administration, article 61"},
            refusal_grounds=[{"code": "no_identity", "legal_basis": "Law on services, article 12",
                              "name": {"ky": "Өздүгү тастыкталган жок", "ru": "Личность не подтверждена",
                                       "en": "Identity not confirmed"}}]),
        service("i-after", payment="after", variants=fee, stages=[decide, paid, notify]),
        service("i-before", payment="before", variants=fee, incomplete="pause", documents=[paper],
                stages=[decide, {**paid, "term": {"amount": 3, "unit": "working_day", "start": "registered"}}]),
        service("i-paid-clock", payment="after", variants=fee, stages=[
            {**decide, "term": {"amount": 5, "unit": "working_day", "start": "paid"}}]),
        service("i-young", incomplete="refuse", documents=[paper]),
        service("i-cure", incomplete="accept", documents=[paper], stages=[
            {**decide, "pauses": [{"ground": "documents_missing", "effect": "pause", "cure_lapse": "refuse",
                                   "cure": {"amount": 10, "unit": "working_day"}}]}]),
        service("i-persons", recipients=["person", "entrepreneur"]),
        service("i-form", form={
            "type": "object", "required": ["street", "rooms"], "additionalProperties": False,
            "properties": {
                "street": {"type": "string", "minLength": 3, "pattern": "^[А-Я]"},
                "rooms": {"type": "array", "items": {"type": "object", "required": ["area"], "properties": {
                    "area": {"type": "integer", "minimum": 1}, "kind": {"enum": ["kitchen", "hall"]}}}},
                "since": {"type": "string", "format": "date"}}}),
    ]
    routes = [{"service": s["code"], "territory": "KG", "by": "office", "agency": "probe", "valid_from": "2024-01-01"}
              for s in services]
    return {"services": services, "routes": routes}


class IntakeTest(CaseTest):
    @classmethod
    def move_in(cls):
        super().move_in()
        cls.world.client("admin").put("/v1/catalogue", standards()).must(200)

    def setUp(self):
        self.world.set_clock(self.start)

    def receipt(self, request, accept="application/json", form="", client=None):
        path = f"/v1/requests/{request['id']}/receipt{form}"
        reply = (client or self.desk).get(path, headers={"Accept": accept}).must(200)
        return reply.json if accept == "application/json" else reply.text
