"""What an operator is told of an installation: each thing that was checked, how it is, and what to do."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, final

from attrs import field, frozen

from visma_busy_sync._core.texts import Language, Texts


class CheckCode(enum.StrEnum):
    """What is checked, in the order in which it is told."""

    STORE = "store"
    """Whether the state store keeps what is written, and for how long."""
    KEYS = "keys"
    """Whether what is sealed can be opened, and with which encryption key."""
    DOCUMENTS = "documents"
    """Whether the tenant's stored documents can be read; orders are told of by their own check."""
    CATALOGUE = "catalogue"
    """Whether the host's catalogue answers."""
    WORK_LOG = "work_log"
    """Whether the host's work log answers."""
    CONNECTION = "connection"
    """How the tenant's connection stands."""
    ANSWERS = "answers"
    """Whether eAccounting answers, and is still the connected company."""
    CLOCK = "clock"
    """Whether this machine's clock agrees with eAccounting's."""
    SCOPES = "scopes"
    """Whether all access is asked for and given."""
    READINESS = "readiness"
    """Whether eAccounting is set up for what Busy does with it."""
    BUDGET = "budget"
    """How much of the budget of calls is used."""
    IMPORTS = "imports"
    """Whether imports run as they should."""
    ORDERS = "orders"
    """Whether orders wait for somebody."""


class Health(enum.StrEnum):
    """How something is."""

    OK = "ok"
    WARNING = "warning"
    """It works, but should be looked at."""
    FAILURE = "failure"
    """It does not work."""


_SHOWN: Final[Mapping[Health, Texts]] = MappingProxyType(
    {
        Health.OK: Texts("ok", "ok"),
        Health.WARNING: Texts("advarsel", "warning"),
        Health.FAILURE: Texts("feil", "failure"),
    }
)

NOTHING: Final = Texts("", "")


@final
@frozen
class Check:
    """One thing that was checked.

    Attributes:
        code: What it is, for programs.
        health: How it is.
        what: What was found.
        cure: What to do; empty where nothing is to be done, or where `what` says it.
    """

    code: CheckCode
    health: Health
    what: Texts = field(repr=False)
    cure: Texts = field(default=NOTHING, repr=False)

    def text(self, language: Language) -> str:
        """Say it in a language, in one line: how it is, what was found, what to do."""
        said = f"{_SHOWN[self.health].of(language)}: {self.what.of(language)}"
        return f"{said} {self.cure.of(language)}".rstrip()


@final
@frozen
class Diagnosis:
    """What was found; `str(diagnosis)` says it in English, one line for each check.

    It is for the operator: the sentences of errors in it are English, and counts are of all tenants where
    something is shared by them.

    Attributes:
        checks: Everything that was checked, in the order of `CheckCode`. What a connection is needed for is
            left out where there is none.
    """

    checks: tuple[Check, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing failed; there may be warnings."""
        return not any(check.health is Health.FAILURE for check in self.checks)

    def of(self, code: CheckCode) -> tuple[Check, ...]:
        """Return what was found at a check; there may be several things, or none."""
        return tuple(check for check in self.checks if check.code is code)

    def text(self, language: Language) -> str:
        """Say it in a language, one line for each check."""
        return "\n".join(check.text(language) for check in self.checks)

    def __str__(self) -> str:
        return self.text("en")
