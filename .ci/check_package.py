"""Build the package as it is released, look at what is in it, and use it in fresh environments."""

from __future__ import annotations

import configparser
import re
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from fresh import IMPORT_ALL, ROOT, Environment, build, extras, metadata, only, run

# The four that the core needs, and what they need themselves.
ALLOWED: Final = {
    "visma-busy-sync",
    "attrs",
    "cattrs",
    "httpx",
    "tenacity",
    "anyio",
    "certifi",
    "h11",
    "httpcore",
    "idna",
    "sniffio",
    "typing-extensions",
    "tzdata",
    "pip",
    "setuptools",
}

NOTHING_HEAVY: Final = """
import sys
import visma_busy_sync
heavy = {"httpx", "tenacity", "sqlalchemy", "starlette", "uvicorn", "fpdf", "rich", "cyclopts"} & {
    m.split(".")[0] for m in sys.modules
}
sys.exit(f"import visma_busy_sync loads {heavy}" if heavy else 0)
"""

IN_WHEEL: Final = (
    "visma_busy_sync/py.typed",
    "visma_busy_sync/specification/fonts/DejaVuSans.ttf",
    "visma_busy_sync/specification/fonts/DejaVuSans-Bold.ttf",
    "visma_busy_sync/specification/fonts/LICENSE",
    ".dist-info/licenses/LICENSE",
)
IN_SDIST: Final = (
    "LICENSE",
    "README.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "CONTRIBUTING.md",
    "ARCHITECTURE.md",
    "pyproject.toml",
    "docs/index.md",
    "examples/quickstart.py",
    "tests/conftest.py",
    "src/visma_busy_sync/py.typed",
)
NOWHERE: Final = re.compile(
    r"(^|/)(__pycache__|\.venv|site|dist|build|node_modules|\.[a-z]+_cache|\.hypothesis)/|\.pyc$|\.db$|\.coverage"
)


def main() -> None:
    """Raise `SystemExit` with the reason if something is not as it should be."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        released, direct = work / "released", work / "direct"
        build(released)
        build(direct, "--wheel")
        wheel, sdist = only(released, "*.whl"), only(released, "*.tar.gz")
        run(sys.executable, "-m", "twine", "check", "--strict", str(wheel), str(sdist), cwd=work)
        look_into(wheel, sdist)
        compare(wheel, only(direct, "*.whl"))
        say(f"{wheel.name} and {sdist.name} are whole")
        say(f"a fresh environment holds only: {', '.join(alone(work / 'alone', wheel))}")
        say(f"with all extras: {whole(work / 'whole', wheel)}")


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def look_into(wheel: Path, sdist: Path) -> None:
    """Require what has to be in a release, and nothing of the machine that it was built on."""
    with zipfile.ZipFile(wheel) as file:
        in_wheel = {name: file.read(name) for name in file.namelist()}
    with tarfile.open(sdist) as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
        in_sdist = {member.name.partition("/")[2]: _read(archive, member) for member in members}
    for name in IN_WHEEL:
        _require(any(each.endswith(name) for each in in_wheel), f"the wheel lacks {name}")
    for name in IN_SDIST:
        _require(name in in_sdist, f"the sdist lacks {name}")
    lost = re.findall(r"\]\((?!https?://|#)([^)]+)\)", str(metadata(wheel).get_payload()))
    _require(not lost, f"the package index will not have what the README links to: {lost}")
    foreign = [n for n in in_wheel if not re.match(r"visma_busy_sync(/|-[^/]+\.dist-info/)", n)]
    _require(not foreign, f"the wheel has {foreign}")
    machine = [str(place).encode() for place in {ROOT, Path.home(), Path(sys.prefix)} if len(str(place)) > 1]
    for name, content in (*in_wheel.items(), *in_sdist.items()):
        _require(not NOWHERE.search(name), f"{name} does not belong into a release")
        _require(not any(place in content for place in machine), f"{name} tells a path of this machine")


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    return file.read() if file else b""


def compare(by_sdist: Path, direct: Path) -> None:
    """Require that the wheel which is built from the sdist is the one that is built from the repository."""
    with zipfile.ZipFile(by_sdist) as one, zipfile.ZipFile(direct) as other:
        _require(one.namelist() == other.namelist(), "the sdist makes a wheel with other files")
        different = [name for name in one.namelist() if one.read(name) != other.read(name)]
        _require(not different, f"the sdist makes a wheel with other content: {different}")


def alone(folder: Path, wheel: Path) -> list[str]:
    """Install the wheel alone; return what came with it."""
    env = Environment(folder)
    env.install(wheel)
    listed = env.run(env.python, "-m", "pip", "--disable-pip-version-check", "list", "--format=freeze")
    names = {line.partition("==")[0].lower().replace("_", "-") for line in listed.split()}
    foreign = names - ALLOWED
    _require(not foreign, f"pip install brings more than it should: {sorted(foreign)}")
    env.run(env.python, "-c", NOTHING_HEAVY)
    return sorted(names)


def whole(folder: Path, wheel: Path) -> str:
    """Install the wheel with all its extras and use it; return what was done."""
    env = Environment(folder)
    env.install(wheel, extras(wheel))
    done = [f"extras {', '.join(extras(wheel))}"]
    done.append(env.run(env.python, "-c", IMPORT_ALL).strip())
    env.demonstrate()
    done.append("the demo")
    for script in _scripts(wheel):
        env.run(str(env.bin / script), "--help")
        done.append(script)
    done.append(_types(env))
    return "; ".join(done)


def _scripts(wheel: Path) -> list[str]:
    points = configparser.ConfigParser(delimiters=["="])
    with zipfile.ZipFile(wheel) as file:
        for name in file.namelist():
            if name.endswith(".dist-info/entry_points.txt"):
                points.read_string(file.read(name).decode())
    return list(points["console_scripts"]) if "console_scripts" in points else []


def _types(env: Environment) -> str:
    # Pyright looks for the package in the environment that comes first in PATH, which is this one.
    checked = (sys.executable, "-m", "pyright", "--verifytypes", "visma_busy_sync", "--ignoreexternal")
    said = env.run(*checked)
    score = re.search(r"Type completeness score: (\S+)", said)
    _require(score is not None and score[1] == "100%", said)
    return "the type of every public symbol is known"


def _require(true: bool, otherwise: str) -> None:
    if not true:
        raise SystemExit(otherwise)


if __name__ == "__main__":
    main()
