"""Where what a command has to say goes: data to standard output, all else to standard error.

With `--json`, standard output holds exactly one JSON text: the data, or the error that ended the command.
"""

from __future__ import annotations

import contextlib
import json
import re
import sys
import traceback
from collections.abc import Generator, Iterable, Mapping
from typing import Final, TextIO, final

from rich.console import Console
from rich.text import Text

from visma_busy_sync import VismaBusySyncError
from visma_busy_sync.cli.exits import AppFailed, Exit, Stopped, exit_of
from visma_busy_sync.errors import ApiError, ArchivingNotAllowed, ImportRefused, NotReady, OrderNotReady
from visma_busy_sync.integration import Language

ERRORS_PAGE: Final = "docs/errors.md"
"""The page of errors and their cures; each of ours is there by its name."""

SCHEMA: Final = 1
"""The version of the JSON texts that are the command line's own; see docs/cli.md."""

_SIGNS: Final[Mapping[str, str]] = {
    "+": "green",
    "=": "cyan",
    "~": "yellow",
    "-": "red",
    "↺": "green",
    "·": "dim",
    "!": "bold red",
    "?": "yellow",
}
"""How the lines of a plan are coloured, by their first letter."""

_SECRETS: Final = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), r"\1 ***"),
    (
        re.compile(
            r"(?i)((?:code|state|token|secret|password|key|verifier)\w*[\"']?[=:] ?[\"']?)[^\s&\"',)]{6,}"
        ),
        r"\1***",
    ),
    (re.compile(r"://[^/\s@]+@"), "://***@"),
)
"""What an error of a host's own, or of a library below it, may hold. Ours hold none of it."""


_BUTTONS: Final = (
    (re.compile(r"\bPress connect( in Busy)?\b"), "Run connect"),
    (re.compile(r"\bpress connect( in Busy)?\b"), "run connect"),
    (re.compile(r"\bTrykk «Koble til»( i Busy\b)?"), "Kjør connect"),
    (re.compile(r"\btrykk «Koble til»( i Busy\b)?"), "kjør connect"),
)
"""How the library's texts name what is a command here."""


@final
class Unwritable(Exception):
    """Standard output takes no more, such as on a disk that is full.

    Attributes:
        message: Why.
    """

    def __init__(self, reason: str | None) -> None:
        self.message: str = f"Standard output cannot be written: {reason}."
        super().__init__(self.message)


@contextlib.contextmanager
def writing() -> Generator[None, None, None]:
    """Tell a failure to write data apart from what else may fail; one that reads no further is none."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Unwritable(error.strerror) from None


@final
class Output:
    """Standard output and standard error of one command.

    Args:
        as_json: Whether standard output is for programs.
        language: For texts that there are in both.
        stdout: By default the program's.
        stderr: Likewise.
    """

    def __init__(
        self,
        *,
        as_json: bool = False,
        language: Language = "en",
        stdout: TextIO | None = None,
        stderr: TextIO | None = None,
    ) -> None:
        self.as_json: bool = as_json
        self.language: Language = language
        self._stdout = _console(stdout or sys.stdout)
        self.console: Console = _console(stderr or sys.stderr)
        """Of standard error, for progress."""

    def data(self, text: str | Text) -> None:
        """Write data for a person, in its own lines: never broken, and plain where it is no terminal."""
        with writing():
            self._stdout.print(text, soft_wrap=True)

    def lines(self, lines: Iterable[str]) -> None:
        """Write the lines of a plan, coloured by their signs on a terminal."""
        for line in lines:
            self.data(Text(line, style=_SIGNS.get(line[:1], "")))

    def document(self, name: str, members: Mapping[str, object]) -> None:
        """Write data for a program: one JSON text that names itself and its schema."""
        self.raw(_json({"document": name, "schema": SCHEMA, **members}))

    def raw(self, text: str) -> None:
        """Write a text for a program, such as JSON, as it is."""
        with writing():
            self._stdout.file.write(f"{text}\n")

    def say(self, text: str, *, style: str = "") -> None:
        """Tell the person something that is no data."""
        self.console.print(Text(text, style=style), soft_wrap=True)

    def error(self, error: BaseException, *, cure: str = "", debug: bool = False) -> Exit:
        """Tell what went wrong, why, and what to do; return how the command ends.

        Args:
            error: What ends the command.
            cure: What to do, where the command line knows more of it than the error does.
            debug: Whether to show where it came from.
        """
        code = exit_of(error)
        if debug and not isinstance(error, Stopped):
            self.say(masked("".join(traceback.format_exception(error))), style="dim")
        name, message, advice = told(error, self.language)
        self.say(f"error: {typed(message)}", style="bold red")
        if cure or advice:
            self.say(f"  what to do: {cure or typed(advice)}")
        page = f"; see {ERRORS_PAGE}" if isinstance(error, VismaBusySyncError) else ""
        self.say(f"  {name}, exit code {code.value}{page}", style="dim")
        if self.as_json:
            self.document("error", _error_members(error, code, self.language, cure))
        return code

    def flush(self) -> None:
        """Write out what waits."""
        with writing():
            self._stdout.file.flush()
        self.console.file.flush()


def _console(file: TextIO) -> Console:
    return Console(file=file, highlight=False, markup=False, emoji=False)


def _json(members: Mapping[str, object]) -> str:
    return json.dumps(members, sort_keys=True, separators=(",", ":"))


def told(error: BaseException, language: Language) -> tuple[str, str, str]:
    """Return the name of an error, what happened and why, and what to do."""
    name = type(error).__name__
    match error:
        case OrderNotReady() | ImportRefused():
            problems = [
                f"\n    {each.code} ({each.entity}): {each.text(language)}" for each in error.problems
            ]
            return name, error.message.partition(":")[0] + ":" + "".join(problems), ""
        case NotReady():
            return name, error.readiness.text(language), error.advice
        case ArchivingNotAllowed():
            digest = error.plan.archiving.digest
            return name, error.message, f"{error.advice} It is {digest or 'empty'} now."
        case VismaBusySyncError():
            return name, error.message, error.advice
        case AppFailed():
            name = type(error.__cause__).__name__
            return name, f"{error.app} failed with {name}.", "Its text may hold secrets; --debug shows it."
        case Stopped():
            return "Usage" if error.code is Exit.USAGE else "Stopped", error.message, error.advice
        case _:
            advice = (
                "It is the application's own error, or one of this package; --debug shows where it came from."
            )
            return name, f"{name}.", advice


def _error_members(error: BaseException, code: Exit, language: Language, cure: str) -> Mapping[str, object]:
    name, message, advice = told(error, language)
    if isinstance(error, VismaBusySyncError):
        message, advice = error.message, error.advice
    members: dict[str, object] = {
        "type": name,
        "message": message,
        "advice": cure or advice,
        "exit_code": code.value,
        "problems": None,
        "findings": None,
        "error_code": error.code if isinstance(error, ApiError) else None,
    }
    if isinstance(error, OrderNotReady | ImportRefused):
        members["problems"] = json.loads(error.to_json())["problems"]
    if isinstance(error, NotReady):
        members["findings"] = [str(finding.code) for finding in error.readiness.findings]
    return members


def typed(text: str) -> str:
    """Return a text that was written for Busy's pages with a command where these have a button."""
    for button, command in _BUTTONS:
        text = button.sub(command, text)
    return text


def masked(text: str) -> str:
    """Return a text without what looks like a secret in it."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text
