"""The code in the guides runs, against a real sandbox."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import attrs
import pytest

from visma_busy_sync import BusySync, Choices, Job, JobLane
from visma_busy_sync.eaccounting import EAccounting, Endpoints
from visma_busy_sync.errors import NotConnected
from visma_busy_sync.orders import ProblemCode, RowWarningCode, State, diagram
from visma_busy_sync.orders._csv import Column, read_rows
from visma_busy_sync.orders._row_texts import ROW_TEXTS
from visma_busy_sync.sandbox.process import SandboxProcess
from visma_busy_sync.stores import MemoryCatalogue, MemoryStateStore, MemoryWorkLog
from visma_busy_sync.sync import (
    FIELDS,
    ConflictCode,
    Fate,
    Kind,
    Plan,
    Read,
    Record,
    SyncSettings,
    Upstream,
    Value,
    WarningCode,
    make_plan,
)

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess() as process:
        yield process


@pytest.fixture
def api(sandbox: SandboxProcess) -> Iterator[EAccounting]:
    endpoints = Endpoints(
        api_url=sandbox.info.api_url,
        authorize_url=sandbox.info.authorize_url,
        token_url=sandbox.info.token_url,
        revocation_url=sandbox.info.revocation_url,
    )
    with EAccounting(sandbox.info.access_token, endpoints=endpoints) as client:
        yield client


def block(page: str, containing: str) -> str:
    """Return the one Python block of a page that contains a text."""
    text = (ROOT / page).read_text(encoding="utf-8")
    (found,) = [code for code in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if containing in code]
    return str(found)


def test_an_order_draft_is_created_read_and_deleted(
    api: EAccounting, capsys: pytest.CaptureFixture[str]
) -> None:
    """The order block of the client's page creates a draft of 7.5 hours and deletes it again."""
    exec(compile(block("docs/client.md", "NewOrderRow("), "client.md", "exec"), {"api": api})
    assert "11718.75" in capsys.readouterr().out  # 7.5 × 1250.00, and 25 % VAT


def test_the_client_is_pointed_at_the_sandbox(capsys: pytest.CaptureFixture[str]) -> None:
    """The block that sets the four addresses reads the company."""
    exec(compile(block("docs/client.md", "SandboxProcess"), "client.md", "exec"), {})
    assert "Fjordmesteren" in capsys.readouterr().out


@pytest.mark.parametrize("page", ["docs/client.md", "README.md"])
def test_listing_with_a_filter(page: str, api: EAccounting, capsys: pytest.CaptureFixture[str]) -> None:
    """The first block lists records; its placeholder stands for a real client."""
    code = block(page, 'EAccounting("ACCESS-TOKEN")')
    code = code.replace('EAccounting("ACCESS-TOKEN")', "given").replace(" EAccounting, F", " F")
    exec(compile(code, page, "exec"), {"given": api})
    assert len(capsys.readouterr().out.splitlines()) > 30


def test_the_sandbox_is_told_to_break_a_request(sandbox: SandboxProcess) -> None:
    """The fault block arms a fault."""
    code = block("docs/sandbox.md", "drop_after")
    scope: dict[str, object] = {"sandbox": sandbox}
    exec(compile(code + "armed = httpx.get(f'{sandbox.info.control_url}/faults').json()", "s", "exec"), scope)
    assert "drop_after" in str(scope["armed"])


def test_the_company_file_of_the_page_is_served(tmp_path: Path) -> None:
    """The JSON block is a company that the sandbox loads as it is."""
    text = (ROOT / "docs/sandbox.md").read_text(encoding="utf-8")
    (company,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    file = tmp_path / "company.json"
    file.write_text(company, encoding="utf-8")
    with SandboxProcess(company=file) as process:
        endpoints = Endpoints(
            api_url=process.info.api_url,
            authorize_url=process.info.authorize_url,
            token_url=process.info.token_url,
            revocation_url=process.info.revocation_url,
        )
        with EAccounting(process.info.access_token, endpoints=endpoints) as client:
            assert [project.number for project in client.projects.list()] == ["001"]


def test_the_catalogue_of_the_box_is_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The block of the guide makes a file with a table and a project in it."""
    monkeypatch.chdir(tmp_path)
    scope: dict[str, Any] = {}
    exec(compile(block("docs/embed.md", "unique_numbers=True)  #"), "embed.md", "exec"), scope)
    with scope["catalogue"] as catalogue:
        assert catalogue.get("acme", Kind.PROJECT, scope["house"]).values["name"] == "House"
    assert (tmp_path / "busy.db").exists()


def test_the_work_log_of_the_box_is_filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The block of the guide books hours with a cost and reads them."""
    monkeypatch.chdir(tmp_path)
    scope: dict[str, Any] = {}
    exec(compile(block("docs/embed.md", "SqlWorkLog(catalogue)"), "embed.md", "exec"), scope)
    with scope["catalogue"]:
        assert scope["march"].entries == (scope["hours"],)
        assert scope["march"].expenses == (scope["parking"],)
        assert scope["march"].project.name == "House"


def test_a_project_is_explained_as_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    """The block of the page on the sync explains a project by either id; the text is the one shown there."""
    values: dict[str, Value] = {**dict.fromkeys(FIELDS[Kind.PROJECT]), "archived": False}
    before = Upstream(Kind.PROJECT, "9d1c", {**values, "number": "1", "name": "Hus", "notes": "a"})
    first = plan_of(before, ()).changes[0].change
    held = Record(
        Kind.PROJECT, "7", {**first.values, "name": "Hytte", "end_date": date(2026, 12, 1)}, first.link
    )
    plan = plan_of(Upstream(Kind.PROJECT, "9d1c", {**before.values, "name": "Villa", "notes": "b"}), (held,))
    scope: dict[str, Callable[[Plan, str], str]] = {}
    exec(compile(block("docs/sync.md", "plan.explain("), "sync.md", "exec"), scope)
    assert scope["why"](plan, "7") == scope["why"](plan, "9d1c") == plan.explain(Kind.PROJECT, "7").text("nb")
    assert "end_date is Busy's: 2026-12-01, where eAccounting had None" in capsys.readouterr().out
    page = (ROOT / "docs/sync.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```text\n(project 1 Villa.*?)```", page, re.DOTALL)
    told = str(plan.explain(Kind.PROJECT, "7")).replace("9d1c", "9d1c…").splitlines()
    assert set(shown.splitlines()) <= set(told)


def plan_of(row: Upstream, records: tuple[Record, ...]) -> Plan:
    return make_plan(
        "company",
        {Kind.PROJECT: Read((row,), sure=True)},
        {Kind.PROJECT: records},
        settings=SyncSettings(project_sync=True),
    )


def test_every_conflict_and_warning_is_on_the_page_with_its_cure() -> None:
    """Each as a row of its own, with all its cells filled."""
    page = (ROOT / "docs/sync.md").read_text(encoding="utf-8")
    section = page[page.index("## Conflicts and warnings") : page.index("## What becomes of each record")]
    rows = [
        [cell.strip() for cell in row.strip("|").split("|")] for row in section.splitlines() if "`" in row
    ]
    told = [row[0].strip("`") for row in rows if len(row) == 3 and all(row)]
    assert sorted(told) == sorted([*ConflictCode, *WarningCode])


def test_every_fate_is_on_the_page() -> None:
    page = (ROOT / "docs/sync.md").read_text(encoding="utf-8")
    assert all(f"`{fate}`" in page for fate in Fate)


IMPORT_PAGE = "docs/import-order-lines.md"
GENERAL = {ProblemCode.WORK_TYPE_UNKNOWN, ProblemCode.PRICE_MISSING, ProblemCode.LINE_WITHOUT_PRODUCT}
"""What a row shares with lines that are given otherwise."""
OF_CELLS = {ProblemCode.NEGATIVE_QUANTITY, ProblemCode.NEGATIVE_PRICE, ProblemCode.TEXT_TOO_LONG}


def codes_in(table: str) -> list[str]:
    """Return the codes in the first column of the table that follows a line of the page on files."""
    page = (ROOT / IMPORT_PAGE).read_text(encoding="utf-8")
    rows = page[page.index(table) :].partition("\n\n")[0].splitlines()[2:]
    return [code for row in rows for code in re.findall(r"`(\w+)`", row.split("|")[1])]


def test_every_problem_of_a_row_and_every_warning_is_on_the_page() -> None:
    told = codes_in("| Code | What is wrong |")
    assert sorted(told) == sorted({*map(ProblemCode, ROW_TEXTS), *GENERAL, *OF_CELLS})
    assert codes_in("| Warning | When |") == list(RowWarningCode)
    assert codes_in("| Column | Meaning |") == list(Column)


def test_the_file_of_the_page_is_right() -> None:
    page = (ROOT / IMPORT_PAGE).read_text(encoding="utf-8")
    (file,) = re.findall(r"```text\n(projectNumber.*?)```", page, re.DOTALL)
    rows, problems = read_rows(file.encode())
    assert problems == ()
    assert [(row.number, row.project_number, row.text) for row in rows] == [
        (2, "100", None),
        (3, "100", "Kjøring; tur-retur Ørsta"),
        (4, "0200", "Befaring"),
    ]


def test_a_file_is_imported_as_the_page_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first block shows each problem to a person; the second names the active drafts."""
    scope: dict[str, Any] = {}
    exec(compile(block(IMPORT_PAGE, "ImportRefused"), "import", "exec"), scope)
    exec(compile(block(IMPORT_PAGE, "order_ids"), "import", "exec"), scope)
    busy = MemoryCatalogue()
    settings: dict[str, Any] = {"client_id": "i", "client_secret": "s", "redirect_uri": "https://b.example/"}
    with BusySync(catalogue=busy, work=MemoryWorkLog(busy), state=MemoryStateStore(), **settings) as visma:
        acme = visma.tenant("acme")
        file = tmp_path / "lines.csv"
        file.write_bytes(b"")
        assert scope["import_file"](acme, file) == []
        assert "file csv  Filen har ingen rader" in capsys.readouterr().out
        with pytest.raises(NotConnected):
            scope["import_into_drafts"](acme, b"100;5;1", {"7": "o1"})


def test_what_is_due_is_done_as_the_page_says() -> None:
    """The block of the page on scheduling asks what is due, and does each job, made again of its texts."""
    ran: list[Job] = []

    class Visma:
        def jobs_due(self) -> list[Job]:
            return [Job("acme", lane) for lane in JobLane]

        def run_job(self, job: Job) -> None:
            ran.append(job)

    exec(compile(block("docs/scheduling.md", "jobs_due()"), "scheduling.md", "exec"), {"visma": Visma()})
    assert ran == Visma().jobs_due()


def test_every_lane_is_on_the_page_with_what_it_does() -> None:
    page = (ROOT / "docs" / "scheduling.md").read_text(encoding="utf-8")
    table = page[page.index("| `JobLane` |") :].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)[1:] == list(JobLane)


def test_each_page_that_brings_an_example_in_does_so() -> None:
    """The formatter takes the line for Python, where it may: then the page shows it instead of the file."""
    pages = {page.name: page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md")}
    brought = {name: re.findall(r'^--8<-- "(.+)"$', page, re.MULTILINE) for name, page in pages.items()}
    assert not [name for name, page in pages.items() if re.search(r"--\s*8\s+<|8<\s+--", page)]
    found = {name: files for name, files in brought.items() if files}
    assert found.keys() == {"quickstart.md", "embed.md", "hours-specification.md", "scheduling.md"}
    assert all((ROOT / file).is_file() for files in found.values() for file in files)


def test_the_diagram_of_the_ledger_is_drawn_from_its_table() -> None:
    """`docs/ledger.md` shows what may happen to an order, as the code has it."""
    page = (ROOT / "docs" / "ledger.md").read_text(encoding="utf-8")
    (drawn,) = re.findall(r"```mermaid\n(.*?)```", page, re.DOTALL)
    assert drawn == diagram()


def test_every_setting_of_the_ledger_has_its_default_on_the_page() -> None:
    """The table names the settings that the code has."""
    page = (ROOT / "docs" / "ledger.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| `(\w+)` \|", page.partition("## Settings")[2], re.MULTILINE)) - {"Choices"}
    assert named <= {field.name for field in attrs.fields(Choices)}
    assert {"search_back", "settle_after", "resend_unknown", "read_back_every"} <= named
    assert set(State) - set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == {State.FINALISED}
