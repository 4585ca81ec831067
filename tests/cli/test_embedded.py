"""Where the command line keeps things without a host, and that nobody else can read them."""

from __future__ import annotations

import base64
import errno
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from visma_busy_sync import ConfigurationError, Secret
from visma_busy_sync.cli.embedded import REDIRECT, DataFolder, default_folder
from visma_busy_sync.cli.private import private_folder, read_private, write_new, write_over

from .conftest import Shell


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder(tmp_path / "here").made()


def texts(keys: Sequence[Secret]) -> list[str]:
    return [key.reveal() for key in keys]


def client_file(folder: DataFolder, text: str, mode: int = 0o600) -> Path:
    file = folder.path / "client.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


def test_data_is_kept_where_the_platform_keeps_a_users_data() -> None:
    home = Path.home()
    assert default_folder({"XDG_DATA_HOME": "/data"}, "linux") == Path("/data/visma-busy-sync")
    assert default_folder({}, "linux") == home / ".local/share/visma-busy-sync"
    assert default_folder({"XDG_DATA_HOME": "relative"}, "linux") == home / ".local/share/visma-busy-sync"
    assert default_folder({}, "darwin") == home / "Library/Application Support/visma-busy-sync"
    assert default_folder({"LOCALAPPDATA": "/l"}, "win32") == Path("/l/visma-busy-sync")
    assert default_folder({}, "win32") == home / "AppData/Local/visma-busy-sync"


def test_a_key_is_made_once_and_only_its_owner_can_read_it(folder: DataFolder) -> None:
    (key,) = folder.keys()
    file = folder.path / "keys"
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(base64.urlsafe_b64decode(key.reveal())) == 32
    assert folder.keys() == [key]
    assert {each.name for each in folder.path.iterdir()} == {"keys"}
    assert key.reveal() not in repr(folder.keys())


def test_many_processes_that_begin_at_once_have_one_key(folder: DataFolder) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = list(pool.map(lambda _: folder.keys()[0], range(64)))
    assert len(set(keys)) == 1
    assert {each.name for each in folder.path.iterdir()} == {"keys"}


def test_several_keys_are_read_in_their_order(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    write_new(folder.path / "keys", "new\nold\n")
    assert texts(folder.keys()) == ["new", "old"]
    monkeypatch.setenv("VISMA_BUSY_SYNC_ENCRYPTION_KEYS", "first, second")
    assert texts(folder.keys()) == ["first", "second"]


def test_a_file_is_never_taken_the_place_of(tmp_path: Path) -> None:
    file = tmp_path / "f"
    assert write_new(file, "one")
    assert not write_new(file, "two")
    assert file.read_text(encoding="utf-8") == "one"
    write_over(file, "three")
    assert file.read_text(encoding="utf-8") == "three"
    assert list(tmp_path.iterdir()) == [file]


def test_what_cannot_be_put_in_place_leaves_nothing_behind(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.mkdir()
    with pytest.raises(OSError, match="irectory"):
        write_over(taken, "text")
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]


def test_what_cannot_be_written_whole_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    for write in (write_new, write_over):
        with pytest.raises(OSError, match="No space"):
            write(tmp_path / "file", "a secret")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o777])
def test_a_folder_that_others_can_enter_is_refused_and_not_changed(tmp_path: Path, mode: int) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(mode)
    with pytest.raises(ConfigurationError, match="other users") as raised:
        private_folder(shared)
    assert f"chmod 700 {shared}" in raised.value.advice
    assert shared.stat().st_mode & 0o777 == mode


def test_a_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = tmp_path / "mine"
    mine.mkdir(mode=0o700)
    os.chown(mine, 4321, -1) if os.geteuid() == 0 else None
    monkeypatch.setattr("os.geteuid", lambda: 1234)
    with pytest.raises(ConfigurationError, match="another user"):
        private_folder(mine)


def test_a_folder_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="cannot be made"):
        private_folder(tmp_path / "file" / "below")


def test_a_file_that_others_can_read_is_refused(folder: DataFolder) -> None:
    file = client_file(folder, 'client_id = "i"\nclient_secret = "hush"\n', mode=0o640)
    with pytest.raises(ConfigurationError, match="other users") as raised:
        folder.client()
    assert f"chmod 600 {file}" in raised.value.advice
    assert "hush" not in str(raised.value)


def test_what_is_no_text_is_told_without_its_content(folder: DataFolder) -> None:
    file = folder.path / "keys"
    file.write_bytes(b"\xff\xfe")
    file.chmod(0o600)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_private(file)
    assert read_private(folder.path / "nothing") is None


def test_the_client_comes_from_the_file_or_the_environment(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_file(folder, 'client_id = "i"\nclient_secret = "hush"\n')
    client = folder.client()
    assert (client.id, client.secret.reveal(), client.redirect_uri) == ("i", "hush", REDIRECT)
    assert "hush" not in repr(client)
    monkeypatch.setenv("VISMA_BUSY_SYNC_CLIENT_SECRET", "other")
    monkeypatch.setenv("VISMA_BUSY_SYNC_REDIRECT_URI", "http://localhost:8000/back")
    client = folder.client()
    assert (client.id, client.secret.reveal()) == ("i", "other")
    assert client.redirect_uri == "http://localhost:8000/back"


@pytest.mark.parametrize(
    "text", ["client_id = hush", "client_secret = 7", 'client_secrets = "hush"', "", '[client]\nid = "hush"']
)
def test_a_client_file_that_is_not_understood_is_told_without_its_content(
    folder: DataFolder, text: str
) -> None:
    client_file(folder, text)
    with pytest.raises(ConfigurationError, match="not understood") as raised:
        folder.client()
    assert "hush" not in str(raised.value)


def test_without_a_client_it_is_said_where_to_write_it(folder: DataFolder) -> None:
    with pytest.raises(ConfigurationError, match="not known") as raised:
        folder.client()
    assert str(folder.path / "client.toml") in raised.value.advice
    assert "visma-busy-sync sandbox" in raised.value.advice


def test_play_is_kept_apart_from_the_real_thing(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.synced()
    assert {each.name for each in shell.data.iterdir()} == {"sandbox"}
    assert (shell.data / "sandbox" / "busy.db").exists()
    monkeypatch.setenv("VISMA_BUSY_SYNC_SANDBOX", "0")
    monkeypatch.setenv("VISMA_BUSY_SYNC_CLIENT_ID", "i")
    monkeypatch.setenv("VISMA_BUSY_SYNC_CLIENT_SECRET", "hush")
    assert shell("status").code == 4
    assert (shell.data / "busy.db").exists()


def test_a_sandbox_that_ends_forgets_itself_alone(folder: DataFolder) -> None:
    folder.note_sandbox("the other one")
    folder.forget_sandbox("this one")
    assert folder.sandbox_file.read_text(encoding="utf-8") == "the other one"
    folder.forget_sandbox("the other one")
    assert not folder.sandbox_file.exists()


def test_only_the_owner_can_read_any_file(shell: Shell) -> None:
    shell.synced()
    files = [each for each in shell.data.rglob("*") if each.is_file()]
    assert {"busy.db", "keys"} <= {each.name for each in files}
    assert {each.name: each.stat().st_mode & 0o077 for each in files} == {each.name: 0 for each in files}


def test_a_key_that_is_lost_is_told_by_the_name_of_its_file(shell: Shell) -> None:
    """A new one is made in its place, and said so."""
    shell.connected()
    keys = shell.data / "sandbox" / "keys"
    keys.unlink()
    told = shell("plan")
    assert f"A new encryption key was made in {keys}, since there was none." in told.err
    assert f"what to do: Put the old key at the end of {keys}." in told.err
    assert shell("plan --json").json["advice"].startswith(f"Put the old key at the end of {keys}.")
    status = shell("status")
    assert status.code == 1
    assert f"Put the old key at the end of {keys}." in status.err
    assert "A new encryption key" not in status.err


def test_the_variable_is_told_where_it_has_the_keys(
    folder: DataFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folder.where_keys_are() == str(folder.path / "keys")
    monkeypatch.setenv("VISMA_BUSY_SYNC_ENCRYPTION_KEYS", "a")
    assert folder.where_keys_are() == "VISMA_BUSY_SYNC_ENCRYPTION_KEYS"


def test_tokens_are_in_the_database_encrypted_only(shell: Shell) -> None:
    shell.connected()
    kept = b"".join(each.read_bytes() for each in (shell.data / "sandbox").glob("busy.db*"))
    assert b"tokens/" in kept
    assert b"sbx-access" not in kept
    assert b"sbx-refresh" not in kept


def test_a_key_can_be_changed(shell: Shell) -> None:
    """A new key goes in front; after `reseal` the old one can go."""
    shell.connected()
    keys = shell.data / "sandbox" / "keys"
    old = keys.read_text(encoding="utf-8")
    new = base64.urlsafe_b64encode(bytes(range(32))).decode()
    write_over(keys, f"{new}\n{old}")
    assert "older key" in shell.good("doctor").out
    assert shell.good("reseal --json").json["resealed"] == 1
    assert shell.good("reseal").out == "0 sealed anew, 2 unchanged\n"
    write_over(keys, new)
    assert shell.good("status").out.startswith("connected to")
    write_over(keys, old)
    failed = shell("reseal")
    assert (failed.code, "key_missing" in failed.out) == (1, True)
    assert shell("status").code == 1
    sick = shell("doctor --json")
    assert sick.code == 1
    assert {each["code"] for each in sick.json["checks"] if each["health"] == "failure"} == {
        "keys",
        "connection",
    }


def test_what_is_to_be_typed_next_can_be_pasted(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with blanks in its name is quoted."""
    monkeypatch.setenv("VISMA_BUSY_SYNC_DATA", str(shell.data.rename(shell.data.with_name("my data"))))
    said = shell("plan")
    assert f"connect --sandbox --data '{shell.data.with_name('my data')}'\n" in said.err


# The doctor


def test_the_doctor_finds_everything_well(shell: Shell) -> None:
    shell.synced()
    told = shell.good("doctor --json").json
    assert told["healthy"]
    assert [each["health"] for each in told["checks"]] == ["ok"] * len(told["checks"])
    codes = [each["code"] for each in told["checks"]]
    assert codes[:4] == ["python", "package", "extras", "data"]
    assert {"store", "keys", "clock", "scopes", "readiness", "budget", "orders"} <= set(codes)
    lines = shell.good("doctor --lang nb").out.splitlines()
    assert any("eAccounting svarer." in line for line in lines)


def test_the_doctor_says_what_to_do(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    sick = shell("doctor")
    assert sick.code == 1
    assert "failure connection" in sick.out
    assert "Run connect" in sick.out
    shell.data.chmod(0o755)
    refused = shell("doctor")
    assert "failure data" in refused.out
    advice = f"→ Look whether somebody has been there, then: chmod 700 {shell.data}"
    assert refused.out.count(advice) == 1
    shell.data.chmod(0o700)


def test_a_variable_without_a_value_is_not_set(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of settings may name all of them."""
    for name in ("APP", "LANG", "TENANT", "CLIENT_ID", "ENCRYPTION_KEYS"):
        monkeypatch.setenv(f"VISMA_BUSY_SYNC_{name}", "")
    shell.connected()
    monkeypatch.setenv("XDG_DATA_HOME", str(shell.data / "elsewhere"))
    for name in ("DATA", "SANDBOX"):
        monkeypatch.setenv(f"VISMA_BUSY_SYNC_{name}", "")
    assert "are not known" in shell("status").err
    assert (shell.data / "elsewhere" / "visma-busy-sync").is_dir()


def test_the_doctor_tells_which_extras_are_missing(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "fpdf" else True)
    assert "not installed: pdf" in shell("doctor").out


def test_without_the_sql_extra_it_is_named(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "visma_busy_sync.stores.sql", None)
    said = shell("status")
    assert said.code == 1
    assert 'pip install "visma-busy-sync[cli,sql,crypto]"' in said.err
