"""The watch that `conftest.py` keeps over the whole run: a secret that is seen anywhere fails it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SEES = """
import logging

def test_good():
    logging.getLogger("any").debug("Bearer %s", "sbx-" + "access-" + 20 * "x")
"""


@pytest.mark.parametrize("workers", [0, 1])
def test_a_run_fails_whose_tests_pass_but_log_a_secret(tmp_path: Path, workers: int) -> None:
    """Also where a worker runs them, whose own end nobody looks at."""
    shutil.copy(Path(__file__).with_name("conftest.py"), tmp_path)
    (tmp_path / "test_it.py").write_text(SEES)
    run = [sys.executable, "-m", "pytest", f"--numprocesses={workers}", f"--rootdir={tmp_path}"]
    ended = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == pytest.ExitCode.TESTS_FAILED, ended.stdout
    assert "1 passed" in ended.stdout
    assert "FAILED a secret was seen in a log record of any at DEBUG" in ended.stdout
