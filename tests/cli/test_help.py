"""What is told of the commands is true: help, examples, completion, and the page of the documentation."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from cyclopts import App

from visma_busy_sync.cli.app import COMMANDS, app, described
from visma_busy_sync.integration import CheckCode

from .conftest import Shell

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")

# What the documentation needs no sandbox for, or what does not end by itself.
APART = {"sandbox", "completion"}


def walked(parent: App, before: str = "") -> Iterator[str]:
    """Every command that can be typed, as the parser has them."""
    for name in parent:
        if name.startswith("-"):
            continue
        child = parent[name]
        place = f"{before}{name}"
        below = list(walked(child, f"{place} "))
        yield from below or [place]


def plain(text: str) -> str:
    """A text without the breaks and spaces by which it is laid out."""
    return " ".join(text.replace("│", " ").split())


def test_every_command_is_among_those_that_are_told() -> None:
    assert sorted(walked(app)) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_has_an_example_that_can_be_typed(shell: Shell, name: str) -> None:
    example = COMMANDS[name].example
    help = shell.good(f"{name} --help")
    assert f"Example: {example}" in plain(help.out)
    assert COMMANDS[name].help.split(".")[0] in plain(help.out)
    assert "--tenant" in help.out
    words = [word for word in example.split()[1:] if word not in {"--json", "--sandbox"}]
    words = " ".join(words).replace("--lang nb", "").split()
    command, _, hidden = app.parse_args(words, print_error=False, exit_on_error=False)
    assert callable(command)
    assert set(hidden) == {"context"}


def test_the_examples_do_what_they_say(shell: Shell, tmp_path: Path) -> None:
    """In the order of the page, as a user could type them, with ids that are really there."""
    id = shell.pushed(tmp_path / "order.json")
    ends: dict[str, int] = {}
    for name, command in COMMANDS.items():
        if name in APART:
            continue
        line = command.example.removeprefix("visma-busy-sync ").replace("ORDER-ID", id)
        if name == "connect":
            line += " --auto"
        ends[name] = shell(line).code
        if name == "disconnect":
            shell.connected()
    expected = dict.fromkeys(ends, 0) | {
        # Nobody logged in to another company; nothing was booked in March; and the order went its way:
        # it is transferred, so it is neither missing nor refused, and withdrawn by the example before.
        "company preview": 1,
        "company confirm": 1,
        "company discard": 1,
        "order build": 3,
        "order resolve": 1,
        "order release": 1,
        "order reopen": 1,
    }
    assert ends == expected


@pytest.mark.parametrize("line", ["", "order", "company"])
def test_a_name_alone_lists_what_is_below_it(shell: Shell, line: str) -> None:
    said = shell.good(line)
    for name in COMMANDS:
        if name.startswith(line):
            assert name.removeprefix(line).split()[0] in said.out


@pytest.mark.parametrize(
    "line", ["plan --nope", "nope", "order build --month", "plan --lang sv", "order show"]
)
def test_what_is_not_understood_ends_with_a_code_of_its_own(shell: Shell, line: str) -> None:
    said = shell(line)
    assert said.code == 64
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert "--help" in said.err
    assert "errors.md" not in said.err


def test_what_is_not_understood_is_told_to_programs_too(shell: Shell) -> None:
    told = shell("plan --nope --json")
    assert (told.code, told.json["type"], told.json["exit_code"]) == (64, "Usage", 64)


def test_the_version_is_told(shell: Shell) -> None:
    assert re.fullmatch(r"\d\S*\n|not installed\n", shell.good("--version").out)


@pytest.mark.parametrize("which", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_names_every_command(shell: Shell, which: str) -> None:
    script = shell.good(f"completion {which}").out
    for name in COMMANDS:
        for word in name.split():
            assert word in script
    assert "detailed-exitcode" in script
    assert re.search(r"(--|-l )tenant\b", script)
    if shutil.which(which):
        run = subprocess.run([which, "-n"], input=script, text=True, capture_output=True, check=False)
        assert run.returncode == 0, run.stderr


def test_a_script_is_put_where_the_shell_finds_it(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    said = shell.good("completion fish --install")
    (file,) = tmp_path.rglob("visma-busy-sync.fish")
    assert str(file) in plain(said.err).replace(" ", "")


# The page


def test_the_tables_of_the_page_are_what_the_code_says() -> None:
    script = ROOT / ".ci" / "cli_page.py"
    run = subprocess.run(
        [sys.executable, str(script), "--check"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


def test_every_variable_and_file_is_on_the_page() -> None:
    sources = "".join(
        file.read_text(encoding="utf-8") for file in (ROOT / "src/visma_busy_sync/cli").glob("*.py")
    )
    for variable in sorted(set(re.findall(r"VISMA_BUSY_SYNC_[A-Z_]+", sources))):
        assert f"`{variable}`" in PAGE
    assert [option.help for option in described() if not option.help] == []
    for name in ("busy.db", "keys", "client.toml", "sandbox/"):
        assert f"`{name}`" in PAGE


def members(told: object) -> Iterator[str]:
    """The names of all members of a JSON text, as far as they are the command line's own."""
    if isinstance(told, Mapping):
        for name, value in cast("Mapping[str, object]", told).items():
            yield name
            if name not in {"plan", "order", "problems", "applied", "fetched", "read", "attempted"}:
                yield from members(value)
    elif isinstance(told, list):
        for each in cast("list[object]", told):
            yield from members(each)


def test_every_member_of_every_json_text_is_on_the_page(shell: Shell, tmp_path: Path) -> None:
    table = PAGE[PAGE.index("## As JSON") : PAGE.index("## Completion")]
    told: list[Any] = [shell("plan --json").json, shell.good("connect --auto --project-sync --json").json]
    told.append(shell.good("sync --json").json)
    project = shell.good("demo --json").json["project"]
    file = tmp_path / "order.json"
    shell.good(f"order build {project} --order-id o-1 --output {file}")
    shell.control("PATCH", "/records/companysettings", {"UsesProject": False})
    told += [shell.good(f"order push {file} --json").json, shell("readiness --json").json]
    shell.good("order read-back")
    lines = ("order list", "order show o-1", "order read-back", "status", "doctor", "reseal")
    told += [shell(f"{line} --json").json for line in lines]
    documents = {each["document"] for each in told}
    assert documents | {"demo", "sandbox", "document"} == set(
        re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    )
    assert all(each["schema"] == 1 for each in told)
    named = set(re.findall(r"`(\w+)`", PAGE))
    for each in told:
        assert {*members(each)} - named - {"schema"} == set(), each["document"]
        assert json.dumps(each)


def test_every_check_is_on_the_page_of_the_connection() -> None:
    page = (ROOT / "docs" / "connection.md").read_text(encoding="utf-8")
    section = page[page.index("## Does everything work?") : page.index("## States")]
    rows = re.findall(r"^\| (`.*?`) \|", section, re.MULTILINE)
    assert [code for row in rows for code in re.findall(r"`(\w+)`", row)] == list(CheckCode)
