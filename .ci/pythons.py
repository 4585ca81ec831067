"""Try the package with the other Pythons that it supports: each module loads, and the demo runs.

The tests run on one Python. This is the quick part for the others that are on this machine; which were not
there is said. In continuous integration `PYTHONS="3.11 3.12"` names those that must be there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from fresh import IMPORT_ALL, ROOT, Environment, build, extras, only

_CLASSIFIER: Final = re.compile(r"Programming Language :: Python :: (\d+\.\d+)")


def supported() -> list[str]:
    """Return the versions that the package says it supports."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [match[1] for each in project["classifiers"] if (match := _CLASSIFIER.fullmatch(each))]


def find(version: str) -> str | None:
    """Return the interpreter of a version, if it is on this machine and starts."""
    for place in _places(version):
        try:
            told = subprocess.run(
                [place, "-c", "import sys; print(*sys.version_info[:2], sep='.')"],
                check=False,
                capture_output=True,
                text=True,
            )
        except OSError:
            continue
        if told.stdout.strip() == version:
            return place
    return None


def _places(version: str) -> Iterator[str]:
    # What pyenv puts on the path does not start unless its version is chosen; so it is looked for itself too.
    if (found := shutil.which(f"python{version}")) is not None:
        yield found
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python"), reverse=True))


def main() -> None:
    """Raise `SystemExit` if one does not work, or one that must be there is not."""
    declared = os.environ.get("PYTHONS", "").split()
    unknown = set(declared) - set(supported())
    if unknown:
        raise SystemExit(f"PYTHONS names {', '.join(sorted(unknown))}, which is not among the supported ones")
    mine = f"{sys.version_info.major}.{sys.version_info.minor}"
    others = {version: find(version) for version in supported() if version != mine}
    missing = [version for version, place in others.items() if place is None]
    if must := [version for version in missing if version in declared]:
        raise SystemExit(f"PYTHONS demands Python {', '.join(must)}, which is not on this machine")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        build(work / "built", "--wheel")
        wheel = only(work / "built", "*.whl")
        for version, place in others.items():
            if place is None:
                continue
            env = Environment(work / version, python=place)
            env.install(wheel, extras(wheel))
            loaded = env.run(env.python, "-W", "error", "-c", IMPORT_ALL).strip()
            env.demonstrate()
            sys.stdout.write(f"Python {version}: {loaded} load, and the demo runs\n")
            sys.stdout.flush()
    for version in missing:
        sys.stderr.write(f"NOT TRIED: Python {version} is supported, but not on this machine\n")


if __name__ == "__main__":
    main()
