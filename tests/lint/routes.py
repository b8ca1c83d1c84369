"""The routes that the daemon serves are those of include/kezek/openapi.json, and the file is sound."""

import json
import re
import subprocess

from support.house import KEZEKD
from support.lint import LintTest, main, text_of

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


def resolve(whole, ref):
    node = whole
    for part in ref.removeprefix("#/").split("/"):
        if not isinstance(node, dict) or part not in node:
            return None
        node = node[part]
    return node


if __name__ == "__main__":
    main()
