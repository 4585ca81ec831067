"""The guide for Django projects, followed from its first block to its last in an empty folder."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from .blocks import BLOCKS, Block
from .commands import PROJECT, printed_in

PAGE = "docs/django.md"
LEFT_OUT = "..."
AT_THE_END = ", at the end"
ENVIRONMENT = ("python3 -m venv .venv", ". .venv/bin/activate", "pip install ")
"""The reader's own, which is that of the tests here."""
IN_A_BROWSER = ("python -m visma_busy_sync.sandbox", "export ", "python manage.py createsuperuser")
SERVED = ("python manage.py runserver",)
NOT_CARRIED_OUT = (*ENVIRONMENT, *IN_A_BROWSER, *SERVED)


def test_the_guide_leads_to_a_passing_kit(tmp_path: Path) -> None:
    """Files are as on the page, commands tell what it shows, and at the end the ports keep every promise."""
    blocks = [block for block in BLOCKS if block.page == PAGE]
    kits, left = [], set(NOT_CARRIED_OUT)
    for block in blocks:
        if block.title is not None:
            _write(tmp_path, block)
            continue
        for command in block.code.splitlines():
            begins = [each for each in NOT_CARRIED_OUT if command.startswith(f"$ {each}")]
            left -= set(begins)
            if command.startswith("$ ") and not begins:
                told = _run(tmp_path, command.removeprefix("$ "), block)
                kits += [told] if "--visma-ports" in command else []
    assert not left, f"the page has no such commands: {left}"
    assert re.search(r"^kept \(56\): ", kits[-1], re.MULTILINE)
    assert not re.search(r"^(broken|not shown|not settled)\b", kits[-1], re.MULTILINE)


def test_the_guide_installs_what_there_is() -> None:
    (command,) = (
        line for block in BLOCKS if block.page == PAGE for line in block.code.splitlines() if "pip" in line
    )
    (extras,) = re.findall(r"visma-busy-sync\[([\w,]+)\]", command)
    assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"])


def _write(folder: Path, block: Block) -> None:
    title = block.title or ""
    file = folder / title.removesuffix(AT_THE_END)
    file.parent.mkdir(parents=True, exist_ok=True)
    before = file.read_text(encoding="utf-8") if title.endswith(AT_THE_END) else ""
    file.write_text(before + block.code, encoding="utf-8")


def _run(folder: Path, command: str, block: Block) -> str:
    """Carry a command out, require that it tells what the page shows, and return all that it told."""
    shown = printed_in(block)
    tools = Path(sys.executable).parent
    done = subprocess.run(
        shlex.split(command),
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=600,
        check=False,
        env={
            **{
                name: value for name, value in os.environ.items() if not name.startswith(("DJANGO_", "VISMA"))
            },
            "PATH": os.pathsep.join([str(tools), os.environ.get("PATH", "")]),
            "PYTHONWARNINGS": "error",
        },
    )
    fails = any(line.startswith("broken ") for line in shown)
    assert done.returncode == int(fails), f"{block}: {command}\n{done.stdout}"
    told = iter(done.stdout.splitlines())
    for line in shown:
        # `in` goes on from where the line before was found, so that they come in this order.
        found = line == LEFT_OUT or any(each.startswith(line.removesuffix(LEFT_OUT)) for each in told)
        assert found, f"{block}: {command}\ndoes not tell: {line}\nbut:\n{done.stdout}"
    return done.stdout
