"""What the commands that start the example hosts say where they cannot start."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("host", ["django_host", "fastapi_host"])
def test_a_port_in_use_is_told_in_a_sentence(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ran = subprocess.run(
            [sys.executable, str(EXAMPLES / host / "run.py"), "--port", str(port)],
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == f"Port {port} is in use; choose another with --port.\n"
