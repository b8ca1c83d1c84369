"""Holds every JSON reply of the tests against include/kezek/openapi.json, as a generated client would."""

import functools
import json
import re

from .house import ROOT

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


@functools.cache
def contract():
    return json.loads((ROOT / "include" / "kezek" / "openapi.json").read_text(encoding="utf-8"))


@functools.cache
def _routes():
    """(pattern, path item), literal segments before variables."""
    paths = sorted(contract()["paths"].items(), key=lambda pair: pair[0].replace("{", "~"))
    return [(re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)) + "$"), item) for path, item in paths]


def resolve(node):
    while "$ref" in node:
        found = contract()
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        node = found
    return node


def operation(method, target):
    """The operation that serves this, or None."""
    path = target.partition("?")[0]
    for pattern, item in _routes():
        if pattern.match(path) and method.lower() in item:
            return item[method.lower()]
    return None


def faults(value, schema, pointer=""):
    """What is wrong with a value by the schema: the part of JSON Schema that the contract uses."""
    schema = resolve(schema)
    if "anyOf" in schema:
        tried = [list(faults(value, one, pointer)) for one in schema["anyOf"]]
        if all(tried):
            yield from min(tried, key=len)
        return
    kinds = schema.get("type")
    if kinds is not None and not any(_is(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        yield f"{pointer}: {value!r} is not {kinds}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{pointer}: {value!r} is not one of {schema['enum']}"
    if isinstance(value, str):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{pointer}: {value!r} does not match {schema['pattern']}"
        if schema.get("format") == "date-time" and not re.fullmatch(
                r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", value):
            yield f"{pointer}: {value!r} is no moment"
    if isinstance(value, int) and not isinstance(value, bool) and value < schema.get("minimum", value):
        yield f"{pointer}: {value} is less than {schema['minimum']}"
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from faults(item, schema.get("items", {}), f"{pointer}/{number}")
    if isinstance(value, dict):
        yield from _faults_of_object(value, schema, pointer)


def _faults_of_object(value, schema, pointer):
    known = schema.get("properties", {})
    for name in schema.get("required", []):
        if name not in value:
            yield f"{pointer}/{name}: missing"
    for name, member in value.items():
        if name in known:
            yield from faults(member, known[name], f"{pointer}/{name}")
        elif schema.get("additionalProperties") is False:
            yield f"{pointer}/{name}: not in the contract"


def _is(value, kind):
    if kind in ("integer", "number"):
        return isinstance(value, int if kind == "integer" else (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[kind])


def check(reply):
    """AssertionError unless the reply is one that the contract names."""
    known = operation(reply.method, reply.path)
    kind = (reply.header("Content-Type") or "").partition(";")[0]
    if known is None or not reply.body or kind not in ("application/json", "application/problem+json"):
        return
    responses = known["responses"]
    described = responses.get(str(reply.status)) or responses["default"]
    content = resolve(described).get("content", {})
    if kind not in content:
        raise AssertionError(f"the contract has no {kind} with {reply.status}: {reply!r}")
    wrong = list(faults(reply.json, content[kind]["schema"]))
    if wrong:
        raise AssertionError("not by the contract:\n  " + "\n  ".join(wrong) + f"\n{reply!r}")
