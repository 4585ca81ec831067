"""A tenant's choices are checked when they are made."""

from __future__ import annotations

from typing import Any

import pytest

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.sync import FIELDS, ArchiveMissing, Kind, Match, Owner, SyncSettings
from visma_busy_sync.sync._settings import OWNERS


def test_defaults() -> None:
    """Only project sync has to be chosen (R6)."""
    settings = SyncSettings(project_sync=True)
    assert settings.registers_without_projects
    assert settings.match is Match.NUMBER_AND_NAME
    assert settings.archive_missing is ArchiveMissing.AT_CONNECTION


def test_texts_are_taken() -> None:
    """A setting may be given as the text that stands in a file."""
    settings = SyncSettings(project_sync=True, match="number", archive_missing="never")
    assert (settings.match, settings.archive_missing) == (Match.NUMBER, ArchiveMissing.NEVER)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        pytest.param({"project_sync": "yes"}, "'yes'.*project_sync.*True or False", id="project_sync"),
        pytest.param(
            {"project_sync": True, "registers_without_projects": 1},
            "1 .*registers_without_projects",
            id="registers_without_projects",
        ),
        pytest.param(
            {"project_sync": True, "match": "name"}, "match.*number_and_name, number, never", id="match"
        ),
        pytest.param(
            {"project_sync": True, "archive_missing": True}, "archive_missing", id="archive_missing"
        ),
        pytest.param({"project_sync": True, "owners": "name"}, "owners is a mapping", id="owners"),
        pytest.param(
            {"project_sync": True, "owners": {"archived": "eaccounting"}},
            "'archived' is no field.*project.name",
            id="archived has rules of its own",
        ),
        pytest.param(
            {"project_sync": True, "owners": {"customer.notes": "eaccounting"}},
            "'customer.notes' is no field",
            id="a field that the kind lacks",
        ),
        pytest.param(
            {"project_sync": True, "owners": {"name": "visma"}}, "'visma'.*keep_busy, eaccounting", id="owner"
        ),
    ],
)
def test_wrong_values(values: dict[str, Any], message: str) -> None:
    """A wrong value is refused, with the ones that are allowed."""
    with pytest.raises(ConfigurationError, match=message):
        SyncSettings(**values)


def test_every_imported_field_has_an_owner() -> None:
    """Who wins is decided for every field but the archived flag, which has its own rules."""
    names = {name for names in FIELDS.values() for name in names}
    assert OWNERS.keys() == names - {"archived"}
    assert {name for name, owner in OWNERS.items() if owner is Owner.EACCOUNTING} == {"number", "customer"}


def test_the_owner_of_one_kind_goes_before_that_of_all() -> None:
    settings = SyncSettings(
        project_sync=True,
        owners={"name": "eaccounting", "project.name": "keep_busy", "customer.number": Owner.KEEP_BUSY},
    )
    assert settings.owner_of(Kind.CUSTOMER, "name") is Owner.EACCOUNTING
    assert settings.owner_of(Kind.PROJECT, "name") is Owner.KEEP_BUSY
    assert settings.owner_of(Kind.CUSTOMER, "number") is Owner.KEEP_BUSY
    assert settings.owner_of(Kind.PROJECT, "number") is Owner.EACCOUNTING
