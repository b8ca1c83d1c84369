"""Invented applicants for the demo: who they are and what their forms say. No person has these names and numbers."""

import datetime
import json
import pathlib

CONFIG = pathlib.Path(__file__).resolve().parents[1]
WOMEN = ["Айгүл", "Гүлнара", "Жылдыз", "Мээрим", "Салтанат"]
MEN = ["Бакыт", "Данияр", "Кубат", "Нурлан", "Тилек"]
LAST_NAMES = ["Асанов", "Бейшеев", "Жумабаев", "Исаков", "Касымов", "Мамытов", "Осмонов", "Сыдыков", "Токтогулов"]
# What the form of each service asks for, at the least; the catalogue's schema has the last word.
FORMS = {
    "1-1": {"subject": "Street lighting in our street", "kind": "request"},
    "2-2": {"vin": "XTA210990Y2700001"},
    "3-1": {"kind": "age"},
    "3-2": {"children": [{"born_on": "2021-05-14"}]},
    "6-7": {"child_name": "Асанова Нур", "born_on": "2026-10-02"},
    "6-12": {"address": "Бишкек, Чүй проспектиси 100"},
    "6-49": {"photo_taken": True},
    "9-1": {"purpose": "Employment"},
    "11-2": {"cadastral_number": "1-02-03-0044-0055", "right": "ownership"},
    "15-1": {"entity_name": "Ак-Суу", "form": "llc"},
    "15-2": {"activity": "47.11"},
    "15-3": {"tax_number": "01234567890123"},
    "21-2": {"child_pin": "11405202100017", "born_on": "2021-05-14"},
    "22-2": {"place": "Бишкек, Чүй проспектиси 100", "area_m2": 6},
    "22-3": {"place": "Ош, борбордук базар"},
}



class Catalogue:
    """What the demo needs to know of config/catalogue."""

    def __init__(self):
        self.services, self.offices = {}, {}
        for path in sorted((CONFIG / "catalogue").glob("*.json")):
            part = json.loads(path.read_text(encoding="utf-8"))
            self.services.update((s["code"], s) for s in part.get("services", []))
            self.offices.update((o["code"], o) for o in part.get("offices", []))


def person(dice, kind):
    born = datetime.date(1955 + dice.randrange(50), 1 + dice.randrange(12), 1 + dice.randrange(28))
    is_woman = dice.random() < 0.5
    name = f"{dice.choice(LAST_NAMES)}{'а' if is_woman else ''} {dice.choice(WOMEN if is_woman else MEN)}"
    return {"kind": kind, "name": name,
            "pin": f"{2 if is_woman else 1}{born:%d%m%Y}{dice.randrange(100000):05}"}


def application(line, catalogue, dice):
    """What a submission and an import line have in common, for the service and office of `line`."""
    service = catalogue.services[line["service"]]
    body = {
        "language": dice.choice(["ky", "ky", "ru"]), "territory": catalogue.offices[line["office"]]["territory"],
        "applicant": person(dice, service["recipients"][0]),
        "documents": [{"kind": d["kind"], "original": True} for d in service["documents"] if d["required"]],
    }
    if line["service"] in FORMS:
        body["form"] = FORMS[line["service"]]
    return body
