"""Build the package, and use what was built in fresh environments, outside of the repository."""

from __future__ import annotations

import email
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from email.message import Message
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent

# Loads each module but those of pytest's plugin, which pytest alone loads.
IMPORT_ALL: Final = """
import importlib, pkgutil, sys, visma_busy_sync
names = [m.name for m in pkgutil.walk_packages(visma_busy_sync.__path__, "visma_busy_sync.")]
names = [n for n in names if n.rpartition(".")[2] not in {"plugin", "__main__"}]
for name in names:
    importlib.import_module(name)
print(f"{len(names)} modules")
"""


def run(*command: str, cwd: Path, path: Path | None = None) -> str:
    """Run a command without what points to the repository, and return what it prints.

    Args:
        command: The program and its arguments.
        cwd: Where.
        path: Where programs are looked for first.

    Raises:
        SystemExit: If it fails, with all that it said.
    """
    env = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    if path is not None:
        env["PATH"] = f"{path}{os.pathsep}{env.get('PATH', '')}"
    ran = subprocess.run(list(command), check=False, cwd=cwd, env=env, capture_output=True, text=True)
    if ran.returncode:
        raise SystemExit(f"{' '.join(command)}\nended with {ran.returncode}:\n{ran.stdout}{ran.stderr}")
    return ran.stdout


def build(into: Path, *what: str) -> None:
    """Build into a folder what is asked for: `--wheel`, `--sdist`, or both by way of the sdist."""
    run(sys.executable, "-m", "build", "--outdir", str(into), *what, str(ROOT), cwd=into.parent)


def only(folder: Path, pattern: str) -> Path:
    """Return the one file of a pattern."""
    (found,) = folder.glob(pattern)
    return found


def metadata(wheel: Path) -> Message:
    """Return what a wheel says of itself."""
    with zipfile.ZipFile(wheel) as file:
        (name,) = (each for each in file.namelist() if each.endswith(".dist-info/METADATA"))
        return email.message_from_bytes(file.read(name))


def extras(wheel: Path) -> list[str]:
    """Return all extras that a wheel offers."""
    return metadata(wheel).get_all("Provides-Extra", [])


class Environment:
    """A fresh environment of an interpreter, which sees nothing of the repository."""

    def __init__(self, folder: Path, *, python: str = sys.executable) -> None:
        self.folder = folder
        self.outside = folder / "outside"
        run(python, "-m", "venv", str(folder), cwd=folder.parent)
        self.outside.mkdir()
        self.bin = next(folder.glob("*/activate")).parent
        self.python = str(self.bin / "python")

    def install(self, wheel: Path, names: Iterable[str] = ()) -> None:
        """Install a wheel with extras, and require that all fits together."""
        chosen = ",".join(names)
        wanted = f"{wheel}[{chosen}]" if chosen else str(wheel)
        pip = [self.python, "-m", "pip", "--disable-pip-version-check", "-qq"]
        self.run(*pip, "install", wanted)
        self.run(*pip, "check")

    def run(self, *command: str) -> str:
        """Run a command outside of the repository, with this environment first; return what it prints."""
        return run(*command, cwd=self.outside, path=self.bin)

    def demonstrate(self) -> None:
        """Run the demo as a user would who has only what was installed."""
        demo = shutil.copy(ROOT / "examples" / "quickstart.py", self.outside)
        said = self.run(self.python, demo)
        if "last fetched" not in said:
            raise SystemExit(f"the demo does not end as it should:\n{said}")
