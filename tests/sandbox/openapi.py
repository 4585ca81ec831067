"""Check answers against the API description (``tests/eaccounting-openapi.json``).

The description is OpenAPI 3.0: its ``nullable`` becomes a JSON Schema type here.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from jsonschema import Draft202012Validator, FormatChecker

DESCRIPTION_FILE = Path(__file__).parents[1] / "eaccounting-openapi.json"
ERROR = "CommonExtendedBadRequest"

_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")

_formats = FormatChecker()


@_formats.checks("uuid", raises=ValueError)
def _is_uuid(value: object) -> bool:
    return not isinstance(value, str) or str(UUID(value)) == value.lower()


@_formats.checks("date-time")
def _is_date_time(value: object) -> bool:
    return not isinstance(value, str) or _DATE_TIME.fullmatch(value) is not None


@cache
def description() -> dict[str, Any]:
    """Return the API description as it is."""
    content: dict[str, Any] = json.loads(DESCRIPTION_FILE.read_text(encoding="utf-8"))
    return content


def _converted(node: Any) -> Any:
    if isinstance(node, list):
        return [_converted(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {name: _converted(value) for name, value in node.items() if name != "nullable"}
    if node.get("nullable") is True and isinstance(node.get("type"), str):
        made["type"] = [node["type"], "null"]
    return made


@cache
def _schemas() -> dict[str, Any]:
    converted: dict[str, Any] = _converted(description()["components"]["schemas"])
    return converted


@cache
def validator(name: str) -> Draft202012Validator:
    """Return a JSON Schema validator of one schema of the description, ``nullable`` and formats included."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": _schemas()}}
    return Draft202012Validator(schema, format_checker=_formats)


def faults(name: str, value: object) -> list[str]:
    """Return what is wrong with a value, as ``path: message``; an empty list when all is well."""
    return [f"{fault.json_path}: {fault.message}" for fault in validator(name).iter_errors(value)]


def answer_schema(method: str, path: str, status: int) -> str | None:
    """Return the name of the schema of an answer, or None when the description has no body for it.

    ``path`` is a template of the description or one whose parameters are named otherwise (``/orders/{id}``).
    """
    wanted = re.sub(r"\{\w+\}", "{}", path)
    for template, item in description()["paths"].items():
        if re.sub(r"\{\w+\}", "{}", template) == wanted and method.lower() in item:
            answer = item[method.lower()]["responses"].get(str(status), {})
            reference = (
                answer.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
            )
            return reference.rpartition("/")[2] or None
    return None


def missing_members(name: str, value: Mapping[str, object]) -> list[str]:
    """Return members of the schema that the value lacks; real answers show every member."""
    return [
        member for member in description()["components"]["schemas"][name]["properties"] if member not in value
    ]


def parse_exact(text: str | bytes) -> Any:
    """Parse JSON with every fraction as a Decimal."""
    return json.loads(text, parse_float=Decimal)
