"""Orders from a terminal: built, pushed, found again, and what a person decides about one."""

from __future__ import annotations

import io
import json
import os
from decimal import Decimal
from pathlib import Path

import pytest

from visma_busy_sync.orders import order_from_json

from .conftest import Shell


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "order.json"


def drafts(shell: Shell) -> list[str]:
    return [each["Id"] for each in shell.control("GET", "/records/orders") if each["Status"] == 1]


def test_an_order_is_built_into_a_file_and_pushed_once(shell: Shell, file: Path) -> None:
    before = len(shell.control("GET", "/records/orders"))
    id = shell.ordered(file)
    assert file.stat().st_mode & 0o777 == 0o600
    order = order_from_json(file.read_text(encoding="utf-8"))
    assert (order.id, order.total) == (id, Decimal("14455.16"))
    first = shell.good(f"order push {file}")
    assert first.out.startswith("transferred: draft ")
    assert "sent before" in shell.good(f"order push {file}").out
    assert len(shell.control("GET", "/records/orders")) == before + 1


def test_an_order_goes_through_a_pipe(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    shell.synced()
    project = shell.good("demo --json").json["project"]
    built = shell.good(f"order build {project} --json --order-id o-1").out
    monkeypatch.setattr("sys.stdin", io.StringIO(built))
    assert shell.good("order push - --json").json["order_id"] == "o-1"


def test_what_is_no_text_is_no_order(shell: Shell, monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe"), encoding="utf-8"))
    said = shell("order push - --json")
    assert (said.code, said.json["type"]) == (1, "ConfigurationError")
    assert said.json["message"] == "Standard input cannot be read."
    file.write_bytes(b"\xff\xfe")
    assert f"{file} cannot be read." in shell(f"order push {file}").err


def test_an_order_is_written_through_a_link_and_into_files_only(shell: Shell, tmp_path: Path) -> None:
    shell.synced()
    project = shell.good("demo --json").json["project"]
    link, folder, pipe = (tmp_path / name for name in ("link", "folder", "pipe"))
    folder.mkdir()
    link.symlink_to(folder / "order.json")
    os.mkfifo(pipe)
    shell.good(f"order build {project} -o {link}")
    assert link.is_symlink()
    assert order_from_json((folder / "order.json").read_text(encoding="utf-8")).project == project
    for place in (folder, pipe):
        said = shell(f"order build {project} -o {place}")
        assert (said.code, f"{place} is no file." in said.err) == (1, True)
    assert pipe.is_fifo()


def test_an_order_is_shown_as_a_table(shell: Shell, file: Path) -> None:
    shell.synced()
    project = shell.good("demo --json").json["project"]
    shown = shell.good(f"order build {project} --lang nb --output {file} --buyers-reference PO-4711")
    assert "Sum 14 455,16 NOK uten mva." in shown.out.replace("\xa0", " ").replace("\u202f", " ")
    assert f"Next: visma-busy-sync order push {file} --sandbox" in shown.err
    assert order_from_json(file.read_text(encoding="utf-8")).buyers_order_reference == "PO-4711"


def test_a_project_is_found_by_its_number(shell: Shell) -> None:
    shell.synced()
    booked = shell.good("demo").out
    number = booked.partition("on the project ")[2].split()[0]
    assert "14455.16 NOK" in shell.good(f"order build --number {number}").out
    assert "14455.16 NOK" in shell.good(f"order build {number}").out
    missing = shell("order build --number 99999")
    assert (missing.code, "No project has the number 99999." in missing.err) == (1, True)
    neither = shell("order build p17")
    assert (neither.code, "No project has the id or number p17." in neither.err) == (1, True)
    assert shell("order build --id p17 --json").json["type"] == "ProjectUnknown"
    assert shell("order build").code == 64
    assert shell(f"order build p17 --number {number}").code == 64
    assert shell(f"order build p17 --id {number}").code == 64


def test_tables_have_names_and_numbers_instead_of_inner_ids(shell: Shell, file: Path) -> None:
    id = shell.pushed(file)
    project = json.loads(file.read_text(encoding="utf-8"))["order"]["project"]
    name = "0001 Rehabilitering av bad, Oslo"
    for line in ("order list", f"order show {id}", "order read-back"):
        told = shell.good(line).out
        assert f"project {name}" in told
        assert project not in told


def test_what_was_pushed_is_not_booked_again(shell: Shell, file: Path) -> None:
    """The demo can be repeated; and hours on an order already lead to the list of orders."""
    shell.pushed(file)
    on_order = shell("order build 0001")
    assert on_order.code == 3
    assert "4 entries stay out (4 on an order already)" in on_order.err
    assert "Next: visma-busy-sync order list" in on_order.err
    booked = shell.good("demo --json").json["booked"]
    assert "14455.16 NOK" in shell.good("order build 0001").out
    assert shell.good("demo --json").json["booked"] == booked


def test_every_problem_is_told_at_once_with_its_cure(shell: Shell) -> None:
    shell.synced()
    project = shell.good("demo --json").json["project"]
    said = shell(f"order build {project} --month 2020-01 --json")
    assert said.code == 3
    assert said.json["type"] == "OrderNotReady"
    assert [each["code"] for each in said.json["problems"]] == ["nothing_to_bill"]
    told = shell(f"order build {project} --month 2020-01 --lang nb")
    assert "nothing_to_bill" in told.err


@pytest.mark.parametrize(
    "days",
    [
        "--month 2026-13",
        "--month march",
        "--month 0000-01",
        "--month 2026-03 --first 2026-03-01",
        "--first 2026-03-01",
        "--first 2026-03-02 --last 2026-03-01",
        "--first yesterday --last today",
    ],
)
def test_days_that_are_none_are_refused(shell: Shell, days: str) -> None:
    """Before anything is opened or read."""
    shell.sandbox_ends()
    for command in ("preflight", "billing-proof", "order build p17"):
        assert shell(f"{command} {days}").code == 64


def test_orders_are_listed_and_shown(shell: Shell, file: Path) -> None:
    assert shell.good("order list").err == "There are none.\n"
    id = shell.pushed(file)
    (line,) = shell.good("order list --state transferred").out.splitlines()
    assert line.startswith(f"{id}  transferred  ")
    assert "14455.16 NOK" in line
    assert shell.good("order list --state withdrawn --json").json["orders"] == []
    (known,) = shell.good("order list --json").json["orders"]
    assert (known["total"], known["state"], known["progress"]) == ("14455.16", "transferred", None)
    shown = shell.good(f"order show {id}").out
    assert known["eaccounting_id"] in shown
    assert "send → sending" in shown
    whole = shell.good(f"order show {id} --json").json
    assert [each["state"] for each in whole["history"]] == ["reserved", "sending", "transferred"]
    assert order_from_json(json.dumps(whole["order"])).id == id
    assert shell("order show nobody-knows").code == 1


def test_what_became_of_an_order_is_read_again(shell: Shell, file: Path) -> None:
    id = shell.pushed(file)
    assert "transferred (draft)" in shell.good("order read-back").out
    (known,) = shell.good("order list --json").json["orders"]
    assert known["progress"]["stage"] == "draft"
    told = shell.good(f"order read-back {id} --json").json
    assert [(each["order_id"], each["error"]) for each in told["orders"]] == [(id, None)]
    assert "nothing to look for" in shell.good("order recover").err


def test_a_person_withdraws_a_draft(shell: Shell, file: Path) -> None:
    id = shell.pushed(file)
    before = len(drafts(shell))
    asked = shell(f"order withdraw {id}")
    assert asked.code == 64
    assert "--yes" in asked.err
    assert len(drafts(shell)) == before
    assert "withdrawn" in shell.good(f"order withdraw {id} --yes").out
    assert len(drafts(shell)) == before - 1
    refused = shell(f"order release {id} --yes --json")
    assert (refused.code, refused.json["type"]) == (1, "IllegalTransition")


def test_an_edited_draft_is_not_withdrawn(shell: Shell, file: Path) -> None:
    id = shell.pushed(file)
    (known,) = shell.good("order list --json").json["orders"]
    shell.control("PATCH", f"/records/orders/{known['eaccounting_id']}", {"YourReference": "Kari"})
    assert shell(f"order withdraw {id} --yes").code == 3


def test_an_order_of_which_nothing_is_known_is_found_again(shell: Shell, file: Path) -> None:
    """Its answer was lost: the push does not say that it is there, and recovery finds it."""
    shell.ordered(file)
    shell.control("POST", "/faults", {"method": "POST", "path": "/v2/orders", "kind": "drop_after"})
    lost = shell(f"order push {file} --json")
    assert (lost.code, lost.json["type"]) == (3, "OrderOutcomeUnknown")
    assert "order recover" in lost.err
    assert "transferred" in shell.good("order recover").out


def test_a_decision_needs_to_be_one(shell: Shell, file: Path) -> None:
    id = shell.pushed(file)
    assert shell(f"order resolve {id}").code == 64
    assert shell(f"order resolve {id} --found x --send-again").code == 64
    assert shell(f"order resolve {id} --send-again").code == 64
    assert "--anyway" in shell(f"order resolve {id} --send-again --anyway --yes").err
    assert shell(f"order resolve {id} --send-again --yes").code == 1
    assert shell(f"order reopen {id} --yes").code == 1
    assert shell("order push no-such-file").code == 1
    file.write_text("{}", encoding="utf-8")
    assert shell(f"order push {file}").code == 1


def test_reports_over_all_projects(shell: Shell, file: Path) -> None:
    shell.ordered(file)
    assert "14455.16" in shell.good("preflight").out
    assert "kan faktureres" in shell.good("preflight --lang nb").out.lower()
    rows = shell.good("preflight --json").json["rows"]
    assert [row["amount"] for row in rows] == ["14455.16"]
    assert shell.good("billing-proof --json").json["holds"] is True
    assert "on no order yet" in shell.good("billing-proof").out


def test_invented_hours_are_never_booked_beside_the_real_thing(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    early = shell("demo")
    assert (early.code, "First: visma-busy-sync sync" in early.err) == (1, True)
    monkeypatch.setenv("VISMA_BUSY_SYNC_SANDBOX", "0")
    assert shell("demo").code == 64
