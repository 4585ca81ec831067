"""Further companies to log in to: copies of one that is there, of the built-in one, or given as JSON."""

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Final

from visma_busy_sync.sandbox.company import Company
from visma_busy_sync.sandbox.companyfile import read
from visma_busy_sync.sandbox.given import only
from visma_busy_sync.sandbox.jsontext import Json
from visma_busy_sync.sandbox.seed import default_settings, empty_company, seed_company, seed_id
from visma_busy_sync.sandbox.state import FIRST

IDENTIFIER: Final = "CompanyIdentifier"
_BUILT_IN: Final[Mapping[str, Callable[[], Company]]] = {"seed": seed_company, "empty": empty_company}
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,60}", re.ASCII)


def read_company(given: Mapping[str, Json], companies: Mapping[str, Company]) -> tuple[str, Company]:
    """Read a company as the control endpoint takes it; return its id in the sandbox and the company.

    Members: ``id``, the sandbox's own name of it; ``name``; ``copy_of``, which is ``seed`` (the default),
    ``empty``, or the id of a company that is there; or ``content``, in the shape of a company file. Without
    ``content``, the identifiers in its settings differ from the original's; its records keep their ids.

    Raises:
        ValueError: a member is missing, unknown or unusable; the message names it.
    """
    only(given, ("id", "name", "copy_of", "content"), "a company")
    key, name, source = given.get("id"), given.get("name"), given.get("copy_of", "seed")
    if not isinstance(key, str) or not _ID.fullmatch(key) or key in (FIRST, *_BUILT_IN):
        taken = ", ".join((FIRST, *_BUILT_IN))
        raise ValueError(f"id must be 1 to 60 letters, digits, - and _, and none of {taken}")
    if not (name is None or (isinstance(name, str) and name.strip())):
        raise ValueError("name must be a text that is not empty")
    fresh: dict[str, Json] = {} if name is None else {"Name": name}
    if "content" in given:
        if "copy_of" in given:
            raise ValueError("copy_of and content exclude each other")
        company = read(
            given["content"], "content", default_settings() | _identifiers(key), lambda _text: None
        )
    else:
        company = _copied(source, companies)
        fresh |= _identifiers(key)
    company.settings = {**company.settings, **fresh}
    return key, company


def _copied(source: Json, companies: Mapping[str, Company]) -> Company:
    if isinstance(source, str) and source in companies:
        return companies[source].copy()
    if isinstance(source, str) and source in _BUILT_IN:
        return _BUILT_IN[source]()
    raise ValueError(f"copy_of must be one of {', '.join((*_BUILT_IN, *companies))}")


def _identifiers(key: str) -> dict[str, Json]:
    """Make identifiers that depend on the id only. No Norwegian organisation number begins with 000."""
    identifier = seed_id("companysettings", f"company {key}")
    digits = f"{uuid.UUID(identifier).int % 1_000_000:06}"
    return {
        IDENTIFIER: identifier,
        "CorporateIdentityNumber": f"000 {digits[:3]} {digits[3:]}",
        "VatCode": f"NO000{digits}MVA",
        "PeppolId": f"0192:000{digits}",
    }
