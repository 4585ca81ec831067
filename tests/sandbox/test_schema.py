"""The sandbox's tables against the API description."""

from decimal import Decimal

import pytest

from visma_busy_sync.sandbox.schema import RESOURCES, SCHEMAS, SETTINGS_READ, SETTINGS_SCHEMA, Member

from .openapi import description, faults


def _described(name: str) -> dict[str, dict[str, object]]:
    properties: dict[str, dict[str, object]] = description()["components"]["schemas"][f"{name}Api"][
        "properties"
    ]
    return properties


def _kind(rules: dict[str, object]) -> object:
    if "$ref" in rules:
        return "object"
    formats = {"uuid": "uuid", "date-time": "date-time"}
    return formats.get(str(rules.get("format")), rules["type"])


def _limit(rules: dict[str, object], name: str) -> Decimal | None:
    return Decimal(str(rules[name])) if name in rules else None


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_the_tables_say_what_the_description_says(name: str) -> None:
    """Names, order, kinds, nullability, read-only flags, lengths and ranges are the vendor's."""
    required = description()["components"]["schemas"][f"{name}Api"].get("required", [])
    for member, (described, rules) in zip(SCHEMAS[name].members, _described(name).items(), strict=True):
        assert (member.name, member.kind) == (described, _kind(rules))
        assert member.nullable == rules.get("nullable", False)
        assert member.read_only == rules.get("readOnly", False)
        assert member.required == (described in required)
        assert member.length == rules.get("maxLength")
        assert (member.least, member.most) == (_limit(rules, "minimum"), _limit(rules, "maximum"))


@pytest.mark.parametrize("path", sorted(RESOURCES))
def test_scopes_are_those_of_the_description(path: str) -> None:
    """Any of the described scopes opens a list, and only those."""
    item = description()["paths"][f"/{path}"]
    assert RESOURCES[path].read == frozenset(item["get"]["x-any-scope-of"])
    if "post" in item:
        assert RESOURCES[path].write == frozenset(item["post"]["x-any-scope-of"])


def test_the_settings_take_the_described_scopes() -> None:
    """GET /companysettings opens with either sales scope."""
    assert frozenset(description()["paths"]["/companysettings"]["get"]["x-any-scope-of"]) == SETTINGS_READ
    assert SETTINGS_SCHEMA is SCHEMAS["CompanySettings"]


def test_members_are_found_whatever_the_case() -> None:
    """PascalCase and camelCase name the same member."""
    found = SCHEMAS["Customer"].member("gln")
    assert isinstance(found, Member)
    assert found.name == "GLN"
    assert SCHEMAS["Customer"].member("nothing") is None


def test_the_helper_sees_what_is_wrong() -> None:
    """The check that all other tests rest on refuses wrong types, unknown members and bad ids."""
    assert faults("UnitApi", {"Id": "94a4401e-857e-542d-9acb-0a0f3875c353", "Name": None}) == []
    assert faults("UnitApi", {"Id": "no"}) == ["$.Id: 'no' is not a 'uuid'"]
    assert len(faults("UnitApi", {"Name": 1, "Other": 2})) == 2
    assert faults("ProjectApi", {"Name": "a", "Number": "1", "StartDate": "1.1.2026", "Status": 1}) == [
        "$.StartDate: '1.1.2026' is not a 'date-time'"
    ]
