"""The routes that the daemon serves are those of include/kezek/openapi.json, and the file is sound."""

import json
import re
import subprocess

from support.house import KEZEKD
from support.lint import LintTest, main, text_of

# The lists of include/kezek/types.h, and the schemas that repeat them.
ENUMS = {"PROBLEMS": "ProblemCode", "STATES": "State", "ACTS": "Act", "DEADLINE_KINDS": "DeadlineKind",
         "DEADLINE_STATES": "DeadlineState", "CHANNELS": "Channel", "ROLES": "Role", "OUTCOMES": "Outcome",
         "BACKDATE_REASONS": "BackdateReason", "BREACHES": "Breach", "LATE_DECISIONS": "LateDecision"}
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


def contract():
    return json.loads(text_of("include/kezek/openapi.json"))


def shape(path):
    """Parameters' names do not matter for telling two paths apart."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def operations():
    for path, item in contract()["paths"].items():
        for method in METHODS:
            if method in item:
                yield method.upper(), path, item[method], item.get("parameters", [])


def references(node, pointer=""):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield pointer, node["$ref"]
        for name, child in node.items():
            yield from references(child, f"{pointer}/{name}")
    elif isinstance(node, list):
        for number, child in enumerate(node):
            yield from references(child, f"{pointer}/{number}")


class Routes(LintTest):
    def test_served_and_described_are_the_same(self):
        said = subprocess.run([KEZEKD, "--print-routes"], stdout=subprocess.PIPE, text=True, check=True)
        served = {(line.split()[0], shape(line.split()[1])) for line in said.stdout.splitlines() if line.strip()}
        described = {(method, shape(path)) for method, path, _, _ in operations()}
        self.assertEqual(served - described, set(), "served, not described")
        self.assertEqual(described - served, set(), "described, not served")
        self.assertGreater(len(served), 20)

    def test_contract_is_openapi_3_1(self):
        whole = contract()
        self.assertRegex(whole["openapi"], r"^3\.1\.\d+$")
        self.assertTrue(whole["info"]["title"] and whole["info"]["version"])

    def test_every_operation_says_what_it_does_and_what_comes_back(self):
        self.assert_none(f"{method} {path}: {what}" for method, path, operation, _ in operations()
                         for what in ("operationId", "summary", "responses") if not operation.get(what))

    def test_operation_ids_are_unique(self):
        ids = [operation.get("operationId") for _, _, operation, _ in operations()]
        self.assertEqual(len(ids), len(set(ids)))

    def test_every_path_parameter_is_described(self):
        offences = []
        whole = contract()
        for method, path, operation, shared in operations():
            described = set()
            for parameter in [*shared, *operation.get("parameters", [])]:
                if "$ref" in parameter:
                    parameter = resolve(whole, parameter["$ref"])
                if parameter["in"] == "path":
                    described.add(parameter["name"])
            named = set(re.findall(r"\{([^}]*)\}", path))
            if named != described:
                offences.append(f"{method} {path}: {sorted(named ^ described)}")
        self.assert_none(offences)

    def test_every_reference_leads_somewhere(self):
        whole = contract()
        self.assert_none(f"{pointer}: {ref}" for pointer, ref in references(whole) if resolve(whole, ref) is None)

    def test_every_problem_code_is_listed(self):
        codes = set(re.findall(r"X\((\w+), [45]\d\d\)", text_of("include/kezek/types.h")))
        self.assertGreater(len(codes), 20)
        text = text_of("include/kezek/openapi.json")
        self.assert_none(code for code in sorted(codes) if f'"{code}"' not in text)

    def test_enums_are_those_of_the_wire(self):
        wire = text_of("include/kezek/types.h")
        schemas = contract()["components"]["schemas"]
        for macro, schema in ENUMS.items():
            listed = re.search(rf"#define KEZEK_{macro}\(X\)((?:.*\\\n)*.*)\n", wire).group(1)
            self.assertEqual(schemas[schema]["enum"], re.findall(r"X\((\w+)", listed), schema)

    def test_flags_of_an_import_are_listed_with_their_meaning(self):
        header = text_of("daemon/api/import_line.h")
        listed = header[header.index("#define IMPORT_ODDITIES(X)"):header.index("enum import_oddity")]
        flags = re.findall(r"^\tX\((\w+)", listed, re.M)
        self.assertGreater(len(flags), 10)
        schema = contract()["components"]["schemas"]["ImportFlag"]
        self.assertEqual((schema["enum"], list(schema["x-kezek-meaning"])), (flags, flags))

    def test_acts_are_those_of_the_lifecycle(self):
        rows = re.findall(r"^X\((\w+), (\w+), \w+, (\w+), [^,]+, [^,]+, (BUILT|PLANNED)", text_of("lib/lifecycle.def"),
                          re.M)
        self.assertGreater(len(rows), 50)
        act = contract()["paths"]["/v1/requests/{id}/{act}"]["post"]
        offences = []
        for said in act["x-kezek-acts"]:
            own = [row for row in rows if row[1] == said["act"]]
            offences += [f"{said['act']}: from"] * (set(said["from"]) != {row[0] for row in own})
            offences += [f"{said['act']}: built"] * (said["built"] != any(row[3] == "BUILT" for row in own))
            letters = {"clerk": "C", "officer": "O", "supervisor": "S"}
            roles = {name for name, letter in letters.items() if any(letter in row[2] for row in own)}
            offences += [f"{said['act']}: roles"] * (set(said["roles"]) != roles)
        self.assert_none(offences)
        path = [p for p in act["parameters"] if p.get("name") == "act"]
        self.assertEqual(path[0]["schema"]["enum"], [said["act"] for said in act["x-kezek-acts"]])


def resolve(whole, ref):
    node = whole
    for part in ref.removeprefix("#/").split("/"):
        if not isinstance(node, dict) or part not in node:
            return None
        node = node[part]
    return node


if __name__ == "__main__":
    main()
