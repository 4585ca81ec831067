"""What a host's listener was told of a tenant, so that it is told once: ids and codes, no names."""

from __future__ import annotations

from typing import Final

from attrs import field, frozen

from visma_busy_sync.state._documents import Schema

TOLD: Final = "told"


@frozen(kw_only=True)
class Told:
    """What was told and still holds.

    Attributes:
        dead_login: The login of which it was told that it is dead; empty: none.
        failing: The name of the error by which syncs fail, as it was told; empty: they do not.
        archiving: The digest of the projects of which it was told that their archiving waits; empty: none.
        refused: By kind, the marks of the records of which it was told that the host cannot hold them.
    """

    dead_login: str = ""
    failing: str = ""
    archiving: str = ""
    refused: dict[str, list[str]] = field(factory=dict[str, "list[str]"])


TOLD_SCHEMA: Final = Schema(Told, instead=Told())
