"""The command: its ready line, its end, its errors; and the helper that runs it."""

import ast
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

import visma_busy_sync.sandbox
from visma_busy_sync.sandbox.process import READY_MEMBERS, SandboxDidNotStart, SandboxProcess

COMMAND = [sys.executable, "-m", "visma_busy_sync.sandbox"]


@contextmanager
def _started(*options: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    process = subprocess.Popen([*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def _run(*options: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, *options], capture_output=True, timeout=20, check=False)


def test_one_line_tells_everything() -> None:
    """Addresses and credentials as JSON; the server answers when the line is there."""
    with _started() as (_, ready):
        assert tuple(ready) == READY_MEMBERS
        assert ready["api_url"].startswith("http://127.0.0.1:")
        assert ready["api_url"].endswith("/v2")
        headers = {"Authorization": f"Bearer {ready['access_token']}"}
        assert httpx.get(f"{ready['api_url']}/units", headers=headers, trust_env=False).status_code == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_quickly_and_quietly(number: signal.Signals) -> None:
    """Exit 0, no traceback, though connections are open: idle, mid-request, mid-body, half-read, late."""
    with _started() as (process, ready):
        address = (urlsplit(ready["api_url"]).hostname, urlsplit(ready["api_url"]).port)
        token = ready["access_token"].encode()
        late = {"method": "GET", "path": "/units", "kind": "delay", "seconds": 60}
        httpx.post(ready["reset_url"].replace("/reset", "/faults"), json=late, trust_env=False)
        sockets = []
        for text in (
            b"",
            b"GET /v2/units HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + b"\r\n\r\n",
            b"GET /v2/uni",
            b"POST /v2/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
            b"GET /v2/customers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + b"\r\n\r\n" * 20,
        ):
            connection = socket.create_connection(address)
            connection.sendall(text)
            sockets.append(connection)
        time.sleep(0.3)
        begin = time.monotonic()
        process.send_signal(number)
        output, errors = process.communicate(timeout=10)
        assert process.returncode == 0
        assert time.monotonic() - begin < 3
        assert output == b""
        assert b"Traceback" not in errors
        assert token not in errors
        for connection in sockets:
            connection.close()


PARENT = """
import os
from visma_busy_sync.sandbox.process import SandboxProcess
sandbox = SandboxProcess()
print(sandbox.start().journal_url, flush=True)
"""


@pytest.mark.parametrize("end", ["", "raise SystemExit(1)", "os._exit(1)"], ids=["end", "exit", "killed"])
def test_it_ends_with_the_python_that_started_it(end: str) -> None:
    """However that ends; nobody need stop it."""
    parent = subprocess.run(
        [sys.executable, "-c", PARENT + end], capture_output=True, timeout=60, check=False, text=True
    )
    until = time.monotonic() + 20
    with pytest.raises(httpx.TransportError):  # noqa: PT012 - it answers until it has ended
        while time.monotonic() < until:
            httpx.get(parent.stdout.strip(), trust_env=False)
            time.sleep(0.05)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--port", "x"], "--port"),
        (["--port", "65536"], "65536"),
        (["--port", "-1"], "-1"),
        (["--nothing"], "--nothing"),
        (["extra"], "extra"),
        (["--company"], "--company"),
        (["--company", "a.json", "--empty"], "--empty"),
        (["--company", "/does/not/exist.json"], "/does/not/exist.json"),
    ],
)
def test_bad_arguments_are_named(options: list[str], named: str) -> None:
    """Exit 2, the reason on standard error, nothing on standard output."""
    ended = _run(*options)
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert named in ended.stderr.decode()
    assert "Traceback" not in ended.stderr.decode()


def test_an_address_in_use_is_named() -> None:
    """Exit 1: arguments were fine, the machine refused."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = _run("--port", str(taken.getsockname()[1]))
    assert (ended.returncode, ended.stdout) == (1, b"")
    assert "cannot listen on 127.0.0.1" in ended.stderr.decode()


@pytest.mark.parametrize("host", ["..", "a" * 100, "256.1.1.1", "no-such-host.invalid"])
def test_a_host_that_is_none_is_named(host: str) -> None:
    """Exit 1 and one line, whatever makes it impossible."""
    ended = _run("--host", host)
    assert (ended.returncode, ended.stdout) == (1, b"")
    assert ended.stderr.decode().startswith(f"cannot listen on {host} ")
    assert ended.stderr.count(b"\n") == 1


def test_a_given_port_is_used() -> None:
    """``--host`` and ``--port`` as asked."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with _started("--host", "localhost", "--port", str(port)) as (_, ready):
        assert ready["api_url"] == f"http://localhost:{port}/v2"
        assert httpx.get(ready["journal_url"], trust_env=False).status_code == 200


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_without_the_extra_it_says_what_to_install(tmp_path: Path, missing: str) -> None:
    """No traceback: the command that mends it."""
    (tmp_path / f"{missing}.py").write_text("raise ImportError('not installed')\n", encoding="utf-8")
    path = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))
    ended = subprocess.run(
        COMMAND,
        capture_output=True,
        timeout=20,
        check=False,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert ended.returncode == 2
    assert ended.stderr.decode().strip() == (
        'The sandbox needs its extra: pip install "visma-busy-sync[sandbox]"'
    )


def test_importing_the_package_needs_no_extra() -> None:
    """The import loads no server."""
    code = (
        "import sys, visma_busy_sync.sandbox, visma_busy_sync.sandbox.process; "
        "print({'starlette', 'uvicorn'} & set(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=20, check=True)
    assert ended.stdout.strip() == b"set()"


def test_the_sandbox_shares_no_code_with_the_client() -> None:
    """One misreading must not hide in both: no module of the sandbox imports another part of the package."""
    imported: set[str] = set()
    for module in Path(visma_busy_sync.sandbox.__path__[0]).glob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module or "")
    inside = {name for name in imported if name.startswith("visma_busy_sync.sandbox")}
    outside = {name.split(".")[0] for name in imported - inside}
    assert inside
    assert outside - sys.stdlib_module_names == {"starlette", "uvicorn", "h11"}


def test_the_helper_starts_and_ends_a_process() -> None:
    """Within the block it runs, afterwards it is gone; secrets stay out of the repr."""
    with SandboxProcess() as sandbox:
        info = sandbox.info
        assert httpx.get(info.journal_url, trust_env=False).status_code == 200
        assert info.client_secret not in repr(info)
        assert info.access_token not in repr(info)
        assert info.api_url in repr(sandbox)
    with pytest.raises(httpx.ConnectError):
        httpx.get(info.journal_url, trust_env=False)
    with pytest.raises(RuntimeError, match="does not run"):
        _ = sandbox.info


def test_the_helper_ends_the_process_when_the_block_fails() -> None:
    """No process is left behind."""
    sandbox = SandboxProcess(empty=True)
    url = ""

    def failing() -> None:
        nonlocal url
        with sandbox:
            url = sandbox.info.journal_url
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)
    assert sandbox.stop() is None


def test_the_helper_tells_why_it_could_not_start(tmp_path: Path) -> None:
    """What the process said stands in the error; it can be started again later."""
    sandbox = SandboxProcess(company=tmp_path / "missing.json")
    with pytest.raises(SandboxDidNotStart, match=r"missing\.json"):
        sandbox.start()
    (tmp_path / "missing.json").write_text("{}", encoding="utf-8")
    sandbox.start()
    with pytest.raises(RuntimeError, match="runs already"):
        sandbox.start()
    assert sandbox.stop() == 0
