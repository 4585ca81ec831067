"""What the guides list, draw and bring in is what there is; that their blocks run is shown beside."""

from __future__ import annotations

import re
from pathlib import Path

import attrs

from visma_busy_sync import Choices, JobLane
from visma_busy_sync.eaccounting import EAccounting, Endpoints
from visma_busy_sync.orders import ProblemCode, RowWarningCode, State, diagram
from visma_busy_sync.orders._files.csv import Column, read_rows
from visma_busy_sync.orders._row_texts import ROW_TEXTS
from visma_busy_sync.sandbox.process import SandboxProcess
from visma_busy_sync.sync import ConflictCode, Fate, WarningCode

ROOT = Path(__file__).parents[2]


def test_the_company_file_of_the_page_is_served(tmp_path: Path) -> None:
    """The JSON block is a company that the sandbox loads as it is."""
    text = (ROOT / "docs/sandbox.md").read_text(encoding="utf-8")
    (company,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    file = tmp_path / "company.json"
    file.write_text(company, encoding="utf-8")
    with SandboxProcess(company=file) as process:
        endpoints = Endpoints(**process.info.addresses)
        with EAccounting(process.info.access_token, endpoints=endpoints) as client:
            assert [project.number for project in client.projects.list()] == ["001"]


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
    assert found.keys() >= {
        "client.md",
        "quickstart.md",
        "embed.md",
        "hours-specification.md",
        "scheduling.md",
    }


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
