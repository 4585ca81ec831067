"""Commands of the operator: doctor and reseal."""

from __future__ import annotations

import importlib.util
import platform
import sys
from collections.abc import Iterable, Iterator
from importlib import metadata
from typing import Final

from attrs import frozen
from rich.text import Text

from visma_busy_sync import VismaBusySyncError
from visma_busy_sync.cli import shapes
from visma_busy_sync.cli.connect import Hidden
from visma_busy_sync.cli.context import Context
from visma_busy_sync.cli.exits import Exit, Stopped
from visma_busy_sync.cli.shown import told, typed
from visma_busy_sync.integration import Check, Health

PACKAGE: Final = "visma-busy-sync"

_EXTRAS: Final = (
    ("cli", "cyclopts", "rich"),
    ("crypto", "cryptography"),
    ("pdf", "fpdf", "uharfbuzz"),
    ("sandbox", "starlette", "uvicorn", "h11"),
    ("sql", "sqlalchemy"),
)
"""Each extra with the modules that it brings."""

_STYLES: Final = {Health.OK: "green", Health.WARNING: "yellow", Health.FAILURE: "bold red"}


@frozen
class Line:
    """What is told of one thing.

    Attributes:
        code: What it is: a `CheckCode`, or `python`, `package`, `extras`, `data` or `app`.
        health: How it is.
        what: What was found.
        cure: What to do; empty where nothing is.
    """

    code: str
    health: Health
    what: str
    cure: str = ""


def package_version() -> str:
    """Return the version of the package that is installed."""
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        return "not installed"


def doctor(*, context: Hidden) -> int:
    """Look whether everything works, from the installation to eAccounting, and say what to do.

    Of eAccounting it only reads. It ends with 1 if something failed.
    """
    lines = [*_installation(), *_data(context)]
    if _are_healthy(lines):  # else what comes next would fail by the same
        with context.working("Looking at everything"):
            lines += _diagnosed(context)
    healthy = _are_healthy(lines)
    if context.out.as_json:
        told = [
            {"code": each.code, "health": each.health, "what": each.what, "cure": each.cure or None}
            for each in lines
        ]
        context.out.document("doctor", {"healthy": healthy, "checks": told})
        return Exit.DONE if healthy else Exit.FAILED
    for line in lines:
        what = typed(line.what)
        said = Text.assemble((f"{line.health:<8}", _STYLES[line.health]), f"{line.code:<12}{what}")
        context.out.data(said)
        if line.cure and line.health is not Health.OK:
            context.out.data(f"{'':20}→ {typed(line.cure)}")
    return Exit.DONE if healthy else Exit.FAILED


def _are_healthy(lines: Iterable[Line]) -> bool:
    return all(line.health is not Health.FAILURE for line in lines)


def _installation() -> Iterator[Line]:
    yield Line("python", Health.OK, f"Python {platform.python_version()} ({sys.executable})")
    yield Line("package", Health.OK, f"{PACKAGE} {package_version()}")
    there = [name for name, *modules in _EXTRAS if all(map(importlib.util.find_spec, modules))]
    missing = [name for name, *_ in _EXTRAS if name not in there]
    said = f"installed: {', '.join(there)}" + (f"; not installed: {', '.join(missing)}" if missing else "")
    yield Line("extras", Health.OK, said)


def _data(context: Context) -> Iterator[Line]:
    if context.options.app is not None:
        return
    try:
        yield Line("data", Health.OK, str(context.folder.made().path))
    except VismaBusySyncError as error:
        yield Line("data", Health.FAILURE, error.message, error.advice)


def _diagnosed(context: Context) -> Iterator[Line]:
    try:
        found = context.tenant().diagnose()
    except Stopped:  # the command line lacks something
        raise
    except Exception as error:  # noqa: BLE001 - a host's module may raise anything
        _, message, advice = told(error, context.out.language)
        yield Line("app", Health.FAILURE, message, advice)
        return
    for check in found.checks:
        yield _line(check, context)


def _line(check: Check, context: Context) -> Line:
    language = context.out.language
    return Line(check.code, check.health, check.what.of(language), check.cure.of(language))


def reseal(*, context: Hidden) -> int:
    """Bring all stored tokens under the first encryption key, so that others can be dropped."""
    visma = context.visma()
    with context.working("Sealing tokens anew"):
        done = visma.reseal()
    if context.out.as_json:
        context.out.document("resealed", shapes.resealed(done))
    else:
        context.out.data(f"{done.resealed} sealed anew, {done.unchanged} unchanged")
        for each in done.failures:
            context.out.data(
                f"  not opened: {each.tenant} {each.key}: {each.reason} {each.fingerprint}".rstrip()
            )
        if done.resealed and done.old_keys_unused:
            context.out.say("The keys behind the first one can be dropped.")
    return Exit.FAILED if done.failures else Exit.DONE
