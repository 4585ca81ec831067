"""Plan and sync from a terminal, and the guard that keeps much from being archived at once."""

from __future__ import annotations

import pytest

from visma_busy_sync.sync import plan_from_json

from .conftest import Shell


def active_projects(shell: Shell) -> list[str]:
    return [each["Id"] for each in shell.control("GET", "/records/projects") if each["Status"] == 1]


def test_a_plan_changes_nothing_and_a_sync_does_it(shell: Shell) -> None:
    shell.connected()
    said = shell.good("plan")
    assert "+ create customer" in said.out
    assert said.out.splitlines()[-1].endswith("nothing has changed yet")
    assert "Next: visma-busy-sync sync" in said.err
    assert "create" in shell.good("sync --yes").out
    again = shell.good("plan --detailed-exitcode")
    assert again.out.splitlines()[-1].startswith("nothing to do")
    assert shell.good("sync --whole").out == "nothing to do\n"


def test_pending_changes_have_an_exit_code_of_their_own(shell: Shell) -> None:
    shell.connected()
    assert shell("plan --detailed-exitcode").code == 2
    assert shell("plan").code == 0


def test_texts_come_in_the_users_language(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.connected()
    assert "ingenting er endret ennå" in shell.good("plan --lang nb").out
    monkeypatch.setenv("LANG", "nb_NO.UTF-8")
    assert "ingenting er endret ennå" in shell.good("plan").out
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    assert "nothing has changed yet" in shell.good("plan").out
    monkeypatch.setenv("VISMA_BUSY_SYNC_LANG", "nb")
    assert "ingenting er endret ennå" in shell.good("plan").out


def test_a_plan_is_told_to_programs_as_the_package_writes_it(shell: Shell) -> None:
    shell.connected()
    plan = plan_from_json(shell.good("plan --json").out)
    report = shell.good("sync --json").json
    assert report["document"] == "sync"
    assert report["applied"]["create"] == len(plan.changes)
    assert len(report["plan"]["plan"]["changes"]) == len(plan.changes)
    assert (report["withheld"], report["digest"], report["refused"]) == (0, None, [])


def test_many_that_are_missing_wait_until_a_person_allows_exactly_them(shell: Shell) -> None:
    shell.synced()
    gone = active_projects(shell)
    for id in gone[: len(gone) // 2]:
        shell.control("DELETE", f"/records/projects/{id}")
    stopped = shell("sync --whole")
    assert stopped.code == 3
    assert "visma-busy-sync sync --whole --allow-archiving" in stopped.err
    assert stopped.out.count("  ! ") == len(gone) // 2
    told = shell("sync --whole --json")
    assert (told.code, told.json["withheld"]) == (3, len(gone) // 2)
    assert shell("plan --detailed-exitcode").code == 2
    wrong = shell("sync --whole --allow-archiving 0123456789abcdef --json")
    assert (wrong.code, wrong.json["type"]) == (3, "ArchivingNotAllowed")
    allowed = shell.good(f"sync --whole --allow-archiving {told.json['digest']}")
    assert allowed.out == f"applied: {len(gone) // 2} archived\n"


def test_an_eaccounting_that_is_down_is_to_be_tried_later(shell: Shell) -> None:
    shell.connected()
    for _ in range(6):
        shell.control(
            "POST",
            "/faults",
            {"method": "GET", "path": "/v2/companysettings", "kind": "status", "status": 503},
        )
    said = shell("plan --json")
    assert said.code == 75
    assert said.json["exit_code"] == 75
    assert said.json["type"] in {"ServerFault", "UnreadableAnswer"}
