"""Read a company from a JSON file in the API's own shape.

The file is an object keyed by path name: ``companysettings`` an object, the others lists. Records are kept
as they are: unknown members, missing ones, unknown values, ids that point nowhere. Only what the index
needs is checked: every record is an object with an ``Id`` of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from visma_busy_sync.sandbox.company import Company, Record
from visma_busy_sync.sandbox.jsontext import BadJson, Json, parse
from visma_busy_sync.sandbox.schema import RESOURCES

SETTINGS = "companysettings"
PROBLEMS_SHOWN = 20
_BOM = b"\xef\xbb\xbf"


class BadCompany(ValueError):
    """The file cannot be used; the message names the file and every place, up to 20."""


def load(path: Path, default_settings: Record, warn: Callable[[str], None]) -> Company:
    """Load a company; missing keys are empty lists and the given settings.

    Raises:
        BadCompany: the file cannot be read, is no JSON, or has records without a usable ``Id``.
    """
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise BadCompany(f"{path}: cannot be read: {fault.strerror}") from None
    try:
        content = parse(data.removeprefix(_BOM))
    except BadJson as fault:
        raise BadCompany(f"{path}: {fault}") from None
    return read(content, str(path), default_settings, warn)


def read(content: Json, source: str, default_settings: Record, warn: Callable[[str], None]) -> Company:
    """Make a company of JSON that was read already; ``source`` begins every message.

    Raises:
        BadCompany: it is no object, or has records without a usable ``Id``.
    """
    if not isinstance(content, Mapping):
        raise BadCompany(f"{source}: the company must be a JSON object keyed by path name")
    for name in sorted(set(content) - set(RESOURCES) - {SETTINGS}):
        warn(f"{source}: ignored '{name[:60]}', which is none of {', '.join((SETTINGS, *RESOURCES))}")
    problems: list[str] = []
    settings = content.get(SETTINGS, default_settings)
    if not isinstance(settings, Mapping):
        problems.append(f"{SETTINGS}: must be an object")
        settings = default_settings
    tables = {name: _table(name, content.get(name, ()), problems) for name in RESOURCES}
    if problems:
        shown = problems[:PROBLEMS_SHOWN]
        rest = len(problems) - len(shown)
        raise BadCompany(
            "\n".join(f"{source}: {line}" for line in shown) + (f"\n… and {rest} more" if rest else "")
        )
    return Company(settings, tables)


def _table(name: str, rows: Json, problems: list[str]) -> dict[str, Record]:
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        problems.append(f"{name}: must be a list")
        return {}
    found: dict[str, Record] = {}
    places: dict[str, int] = {}
    for place, row in enumerate(rows):
        where = f"{name}[{place}]"
        if not isinstance(row, Mapping):
            problems.append(f"{where}: must be an object")
            continue
        row_id = row.get("Id")
        if not isinstance(row_id, str) or not row_id.strip():
            problems.append(f"{where}.Id: must be a text that is not empty")
        elif row_id.lower() in found:
            problems.append(f"{where}.Id: {row_id[:60]} is also the Id of {name}[{places[row_id.lower()]}]")
        else:
            found[row_id.lower()] = row
            places[row_id.lower()] = place
    return found
