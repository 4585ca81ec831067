"""The tutorial is typed into a real prompt, which takes some of Python otherwise than a file does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from .blocks import BLOCKS
from .pages import TUTORIAL, assert_the_tutorial_leads_to_a_draft

PROMPTS = re.compile(r"(>>> |\.\.\. )+")


def typed(code: str) -> str:
    """Return the keys that type a block: Enter once more after one that ends indented, as the page says."""
    return code + "\n" if code.splitlines()[-1].startswith(" ") else code


def test_all_of_the_tutorial_can_be_typed_at_a_prompt(tmp_path: Path) -> None:
    keys = [typed(each.code) for each in BLOCKS if each.page == TUTORIAL and each.language == "python"]
    run = subprocess.run(
        [sys.executable, "-q", "-i"],
        input="".join(keys),
        cwd=tmp_path,
        env={**os.environ, "PYTHONUTF8": "1", "PYTHONSTARTUP": ""},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    # Errors and prompts go to standard error, and a value that nobody prints to standard output.
    assert PROMPTS.sub("", run.stderr).strip() == ""
    assert "LoginResult(" not in run.stdout
    assert_the_tutorial_leads_to_a_draft(run.stdout)
