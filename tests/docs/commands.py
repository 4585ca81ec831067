"""Look whether the commands that pages show exist, with the verbs and options that they are shown with.

They are not carried out: many of them install something, never end, or are tried as a whole elsewhere.
"""

from __future__ import annotations

import functools
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from .blocks import ROOT, Block

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
ENVIRONMENTS = (".venv", ".venv-tutorial")
"""Which environments the pages have their readers make, by `make` and by hand."""


def commands_in(block: Block) -> Iterator[list[str]]:
    """Give the commands of a block in words; those of a console stand behind a `$`."""
    for line in block.code.replace("\\\n", " ").splitlines():
        if block.language == "console" and not line.startswith("$ "):
            continue
        words = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars=True)
        words.whitespace_split, words.commenters = True, "#"
        command: list[str] = []
        for word in [*words, ";"]:
            if set(word) <= set(";&|"):
                if command:
                    yield command
                command = []
            elif command or not re.fullmatch(r"[A-Z_]+=.*", word):  # a variable for the command
                command.append(word)


def printed_in(block: Block) -> list[str]:
    """Return the lines that a console's commands print, as it is shown."""
    code = block.code.replace("\\\n", " ")
    return [line for line in code.splitlines() if line.strip() and not line.startswith("$ ")]


def check(block: Block) -> None:
    """Look at all commands of a block.

    Raises:
        AssertionError: If one of them does not exist, or nobody knows how to look at it.
    """
    folder = ROOT
    for program, *words in commands_in(block):
        if program == "cd":
            folder /= words[0]
            assert folder.is_dir(), f"{block}: there is no folder {folder}"
        elif program == "export":
            assert all("=" in word for word in words), f"{block}: {words} sets nothing"
        elif program == ".":
            assert words in [[f"{each}/bin/activate"] for each in ENVIRONMENTS], (
                f"{block}: there is no {words}"
            )
        elif program in PROJECT.get("scripts", {}):
            _own_script(program, words)
        else:
            look = PROGRAMS.get(program)
            assert look is not None, (
                f"{block}: nobody knows how to look at the command {program!r}. Say it in PROGRAMS of "
                "tests/docs/commands.py, or in the page why it is not: <!-- unchecked: the reason -->"
            )
            look(words, folder)


def _make(words: Sequence[str], folder: Path) -> None:
    for word in words:
        name, given, value = word.partition("=")
        pattern = rf"\$\({name}\)|^ifdef {name}$" if given else rf"^{name}:"
        assert re.search(pattern, MAKEFILE, re.MULTILINE), f"the Makefile has no {name}"
        for path in re.findall(r"tests/[\w/.]+", value):
            assert (folder / path).exists(), f"there is no {path}"


def _pip(words: Sequence[str], folder: Path) -> None:
    assert words[0] == "install"
    for word in words[1:]:
        package = re.fullmatch(rf"(\.|{PROJECT['name']})(\[(?P<extras>[\w,]+)\])?", word)
        assert package, f"{word!r} is not this package"
        unknown = set((package["extras"] or "").split(",")) - {"", *PROJECT["optional-dependencies"]}
        assert not unknown, f"there is no extra {unknown}"


def _python(words: Sequence[str], folder: Path) -> None:
    match list(words):
        case ["-m", "pip", *rest]:
            _pip(rest, folder)
        case ["-m", "pytest", *rest]:
            _pytest(rest, folder)
        case ["-m", "venv", _]:
            pass
        case ["-m", "django", "test", app]:  # its settings are in a variable; tests/hosts runs it
            assert (ROOT / "examples" / app / "tests").is_dir()
        case ["-m", module, *rest]:
            _has_options(("-m", module), rest, folder)
        case [script, *rest]:
            path = folder / script
            assert path.is_file(), f"there is no {path}"
            if "argparse" in path.read_text(encoding="utf-8"):
                _has_options((str(path),), rest, folder)


def _pytest(words: Sequence[str], folder: Path) -> None:
    _has_options(("-m", "pytest"), [word for word in words if word.startswith("--")], ROOT)


def _own_script(name: str, words: Sequence[str]) -> None:
    module, _, function = PROJECT["scripts"][name].partition(":")
    start = f"import sys; sys.argv[0] = {name!r}; from {module} import {function}; sys.exit({function}())"
    _has_options(("-c", start), words, ROOT)


def _has_options(program: tuple[str, ...], words: Sequence[str], folder: Path) -> None:
    """Look whether a program has the verb and the options of a command, by what it tells with `--help`."""
    bare = next((at for at, word in enumerate(words) if word.startswith("-")), len(words))
    said = _help(program, tuple(words[:bare]), folder)
    options = [word.partition("=")[0] for word in words if word.startswith("-")]
    missing = [option for option in options if not re.search(rf"(?<![\w-]){option}(?![\w-])", said)]
    assert not missing, f"{missing} is not in:\n{said}"
    if bare:
        assert re.search(rf"\b{re.escape(words[0])}\b", _help(program, (), folder)), f"there is no {words[0]}"


@functools.cache
def _help(program: tuple[str, ...], verbs: tuple[str, ...], folder: Path) -> str:
    run = subprocess.run(
        [sys.executable, "-X", "utf8", *program, *verbs, "--help"],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


PROGRAMS: Mapping[str, Callable[[Sequence[str], Path], None]] = {
    "make": _make,
    "pip": _pip,
    "pytest": _pytest,
    "python": _python,
    "python3": _python,
}
"""How to look at the commands of a program: its words, and the folder in which they are given."""
