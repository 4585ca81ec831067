"""Make the tables of docs/cli.md from the code; `--check` only looks."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping

from made_parts import bring_up_to_date

from visma_busy_sync.cli.app import COMMANDS, described
from visma_busy_sync.cli.exits import EXITS, Exit


def commands() -> str:
    """Return a table of the commands, each with its example."""
    lines = ["| Command | What it does | For instance |", "|---|---|---|"]
    for name, command in COMMANDS.items():
        lines.append(f"| `{name}` | {command.help} | `{command.example}` |")
    return "\n".join(lines)


def options() -> str:
    """Return a table of the options that every command has."""
    rows = [
        f"| `{option.name}` | {f'`{option.variable}`' if option.variable else ''} | {option.help} |"
        for option in described()
    ]
    return "\n".join(["| Option | Environment | Meaning |", "|---|---|---|", *rows])


def exits() -> str:
    """Return a table of the exit codes with the errors that lead to them."""
    lines = ["| Code | Meaning | Errors |", "|---|---|---|"]
    for code, meaning in exit_meanings().items():
        named = ", ".join(sorted(f"`{kind.__name__}`" for kind, exit in EXITS.items() if exit is code))
        lines.append(f"| {code.value} | {meaning} | {named} |")
    return "\n".join(lines)


def exit_meanings() -> Mapping[Exit, str]:
    """Return what each exit code means, as it is written below it in the code."""
    source = inspect.getsource(Exit)
    found = re.findall(r'    ([A-Z_]+) = \d+\n    """(.*?)"""', source, re.DOTALL)
    return {Exit[name]: " ".join(text.split()) for name, text in found}


PARTS: Mapping[str, Callable[[], str]] = {"commands": commands, "options": options, "exits": exits}


if __name__ == "__main__":
    bring_up_to_date("cli.md", PARTS)
