"""Files and folders that nobody but their owner may read."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Generator
from pathlib import Path
from typing import Final

from visma_busy_sync import ConfigurationError

_OTHERS: Final = 0o077
_HAS_MODES: Final = os.name == "posix"
"""Elsewhere what a file inherits from its folder counts, which by default is the user's own profile."""


def private_folder(folder: Path) -> Path:
    """Return a folder that only its owner can enter; it is made if it is not there.

    One that others can enter is refused and not changed: it may be a folder that is meant for others, such as
    a shared one that was named by mistake.

    Raises:
        ConfigurationError: If others can enter it, it is another user's, or it cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except OSError as error:
        raise ConfigurationError(
            f"The data folder {folder} cannot be made: {error.strerror}.",
            advice="Name another one with --data or VISMA_BUSY_SYNC_DATA.",
        ) from None
    if not _HAS_MODES:
        return folder
    if found.st_uid not in {os.geteuid(), 0} and os.geteuid() != 0:
        raise ConfigurationError(
            f"The data folder {folder} belongs to another user.",
            advice="Name one of your own with --data or VISMA_BUSY_SYNC_DATA.",
        )
    _refuse_open(folder, found, remedy=f"chmod 700 {folder}")
    return folder


def read_private(file: Path) -> str | None:
    """Return the text of a file that only its owner can read; None if there is none.

    Raises:
        ConfigurationError: If others can read it, or it cannot be read.
    """
    try:
        with file.open(encoding="utf-8") as opened:
            if _HAS_MODES:
                _refuse_open(file, os.fstat(opened.fileno()), remedy=f"chmod 600 {file}")
            return opened.read()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        pass
    raise ConfigurationError(f"{file} cannot be read.", advice="Look at the file and its rights.")


def _refuse_open(path: Path, found: os.stat_result, *, remedy: str) -> None:
    if found.st_mode & _OTHERS:
        raise ConfigurationError(
            f"{path} can be read by other users (mode {stat.S_IMODE(found.st_mode):04o}); it holds what "
            "opens the connection to eAccounting.",
            advice=f"Look whether somebody has been there, then: {remedy}",
        )


def touch_private(file: Path) -> None:
    """Make a file that only its owner can read, unless it is there.

    Where that fails, whoever opens it says why.
    """
    with contextlib.suppress(OSError):
        os.close(os.open(file, os.O_RDONLY | os.O_CREAT, 0o600))


def write_new(file: Path, text: str) -> bool:
    """Write a file that is not there yet, whole or not at all; False, and nothing done, if it is there."""
    draft = _drafted(file, text)
    try:
        os.link(draft, file)  # unlike a rename, it never takes the place of a file
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


def write_over(file: Path, text: str) -> None:
    """Write a file whole or not at all, in place of one that may be there."""
    draft = _drafted(file, text)
    with _taken_away(draft):
        draft.replace(file)


def _drafted(file: Path, text: str) -> Path:
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    opened = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with _taken_away(draft), open(opened, "w", encoding="utf-8") as writing:  # noqa: PTH123 - a descriptor
        writing.write(text)
        writing.flush()
        os.fsync(writing.fileno())
    return draft


@contextlib.contextmanager
def _taken_away(draft: Path) -> Generator[None, None, None]:
    """Take a draft away if something fails, such as on a disk that is full: it may hold a secret."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise
