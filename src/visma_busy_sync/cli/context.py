"""What one command works with: the chosen integration and workspace, and where to say things."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Final, Self, final

from attrs import frozen

from visma_busy_sync import BusySync, Tenant
from visma_busy_sync.cli.embedded import ONE_TENANT, Box, DataFolder, default_folder, opened
from visma_busy_sync.cli.exits import Exit, Stopped
from visma_busy_sync.cli.hosts import loaded
from visma_busy_sync.cli.progress import working
from visma_busy_sync.cli.shown import Output
from visma_busy_sync.errors import EncryptionKeyMissing, NotSent
from visma_busy_sync.integration import Language

_NORWEGIAN: Final = ("nb", "nn", "no")


@final
@frozen
class Options:
    """The options that every command has.

    Attributes:
        app: Where the host's integration is; None: the stores in the data folder.
        tenant: The workspace; None: the one of the data folder.
        data: The data folder; None: where the platform keeps such things.
        sandbox: Whether the sandbox is used that runs for the data folder.
        debug: Whether an error shows where it came from.
    """

    app: str | None = None
    tenant: str | None = None
    data: Path | None = None
    sandbox: bool = False
    debug: bool = False


@final
class Context:
    """What one command works with; what it opens is closed at its end."""

    def __init__(self, options: Options, out: Output) -> None:
        self.options = options
        self.out = out
        self._ends = ExitStack()
        self._box: Box | None = None
        self._visma: BusySync | None = None

    @property
    def folder(self) -> DataFolder:
        """The data folder, whether it is there or not.

        Raises:
            Stopped: If the host's integration was chosen, which has none.
        """
        if self.options.app is not None:
            raise Stopped("--app has no data folder, and no --sandbox: its application says where all is.")
        path = (self.options.data or default_folder()).expanduser().absolute()
        return DataFolder(path / "sandbox", sandbox=True) if self.options.sandbox else DataFolder(path)

    def box(self, redirect_uri: str | None = None) -> Box:
        """Return the stores of the data folder, opened when they are first asked for."""
        if self._box is None:
            folder = self.folder.made()
            lost_its_keys = folder.lost_its_keys()
            self._box = opened(folder, self._ends, redirect_uri=redirect_uri)
            self._visma = self._box.visma
            if lost_its_keys:
                self.out.say(f"A new encryption key was made in {folder.keys_file}, since there was none.")
        return self._box

    def cure(self, error: Exception) -> str:
        """Return what to do about an error of the data folder or its sandbox; empty: what it says."""
        if self.options.app is not None:
            return ""
        match error:
            case EncryptionKeyMissing():
                return self.cure_of_a_missing_key()
            case NotSent() if self.options.sandbox and not self.folder.sandbox_answers():
                return (
                    "The sandbox does not answer. Start it anew in another terminal, with the same --data: "
                    "visma-busy-sync sandbox. It has forgotten all logins then: connect again."
                )
            case _:
                return ""

    def cure_of_a_missing_key(self) -> str:
        """Return where a key is to be put that was there before."""
        return (
            f"Put the old key at the end of {self.folder.where_keys_are()}. If it is lost for good, connect "
            "again; nothing in Busy is lost."
        )

    def visma(self) -> BusySync:
        """Return the integration, opened when it is first asked for."""
        if self._visma is None:
            app = self.options.app
            if app is None:
                return self.box().visma
            if self.options.sandbox:
                _ = self.folder
            self._visma = loaded(app, self._ends)
        return self._visma

    def tenant(self) -> Tenant:
        """Return the chosen workspace.

        Raises:
            Stopped: If a host's was not named.
        """
        id = self.options.tenant
        if id is None and self.options.app is not None:
            raise Stopped(
                "Which workspace? The application may have many.",
                advice="Name it with --tenant, or in VISMA_BUSY_SYNC_TENANT.",
            )
        return self.visma().tenant(ONE_TENANT if id is None else id)

    def working(self, what: str) -> AbstractContextManager[None]:
        """Show what is being done, on a terminal."""
        return working(what, self.out.console)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Go on only if a person says so.

        Args:
            question: What is asked.
            yes: Whether that was said on the command line.

        Raises:
            Stopped: If the answer is no, or nobody can be asked.
        """
        if yes:
            return
        if not can_ask():
            raise Stopped(f"{question} Nobody can be asked here.", advice="Say it with --yes.")
        if self.ask(f"{question} [y/N] ").casefold() not in {"y", "yes", "j", "ja"}:
            raise Stopped("Nothing was done.", code=Exit.FAILED)

    def ask(self, question: str) -> str:
        """Ask the person at the terminal, and return the answer without blanks around it.

        Raises:
            Stopped: If they ended the input instead.
        """
        self.out.console.print(question, end="")
        self.out.flush()
        answer = sys.stdin.readline()
        if not answer:
            raise Stopped("Nothing was done.", code=Exit.FAILED)
        return answer.strip()

    def hint(self, command: str) -> str:
        """Return a command as it is typed to go on with the same choices."""
        chosen = ["visma-busy-sync", command]
        if self.options.sandbox:
            chosen.append("--sandbox")
        for name, value in (
            ("--app", self.options.app),
            ("--tenant", self.options.tenant),
            ("--data", self.options.data),
        ):
            if value is not None:
                chosen.append(f"{name} {shlex.quote(str(value))}")
        return " ".join(chosen)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ends.close()


def can_ask() -> bool:
    """Tell whether a person is at the terminal: what they type and what they are told is of one."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def language_of(environ: Mapping[str, str] = os.environ) -> Language:
    """Return the language of the user's locale, of the two that there are."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environ.get(name):  # the first that is set counts, whatever it is
            return "nb" if environ[name].lower().split("_")[0].split(".")[0] in _NORWEGIAN else "en"
    return "en"
