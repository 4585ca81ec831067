"""Companies from a file."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from visma_busy_sync.sandbox.process import SandboxProcess


@contextmanager
def _served(folder: Path, content: bytes) -> Iterator[Any]:
    file = folder / "company.json"
    file.write_bytes(content)
    with SandboxProcess(company=file) as process, httpx.Client(trust_env=False, timeout=20) as http:

        def get(path: str) -> httpx.Response:
            headers = {"Authorization": f"Bearer {process.info.access_token}"}
            return http.get(process.info.api_url + path, headers=headers)

        yield get


def _refusal(folder: Path, content: bytes) -> str:
    file = folder / "company.json"
    file.write_bytes(content)
    command = [sys.executable, "-m", "visma_busy_sync.sandbox", "--company", str(file)]
    ended = subprocess.run(command, capture_output=True, timeout=20, check=False)
    assert (ended.returncode, ended.stdout) == (2, b"")
    text = ended.stderr.decode()
    assert "company.json" in text
    assert "Traceback" not in text
    return text


def test_records_are_served_as_they_are(tmp_path: Path) -> None:
    """Texts byte for byte, numbers exact, unknown members and values, missing members, dangling ids."""
    article = (
        '{"Id":"A1","Name":"Ærlig \\"arbeid\\" 😀\\n\\tlinje","NetPrice":1.10,'
        '"GrossPrice":0.1000000000000000000000000001,"StockBalance":12345678901234567890123456789.50,'
        '"New":{"deep":[1,null,true,-0.0,"x"]},"IsActive":"kanskje","CodingId":"nowhere"}'
    )
    project = (
        '{"Id":"94A4401E-857E-542D-9ACB-0A0F3875C353","Status":7,"CustomerId":"nobody",'
        '"StartDate":"2026-01-05"}'
    )
    text = f'{{"articles":[{article}],"projects":[{project}]}}'
    with _served(tmp_path, text.encode()) as get:
        assert f'"Data":[{article}]' in get("/articles").text
        assert get("/articles/a1").text == article
        assert get("/projects/94a4401e-857e-542d-9acb-0a0f3875c353").text == project
        assert get("/projects?$filter=Status eq 7 and StartDate ge 2026-01-05").json()["Data"] == [
            json.loads(project)
        ]
        assert get("/articles?$orderby=IsActive,CodingId&$filter=IsActive eq true").json()["Data"] == []
        assert get("/customers").json()["Meta"]["TotalNumberOfResults"] == 0
        assert get("/companysettings").json()["UsesProject"] is True


def test_settings_may_be_given(tmp_path: Path) -> None:
    """As they are, unknown members too; a mark at the start of the file is fine."""
    settings = '{"Name":"Min AS","Other":[1.50]}'
    content = b"\xef\xbb\xbf" + f'{{"companysettings":{settings},"vatcodes":[]}}'.encode()
    with _served(tmp_path, content) as get:
        assert get("/companysettings").text == settings


def test_half_a_surrogate_pair_survives(tmp_path: Path) -> None:
    """It has no UTF-8 form, so it is served escaped."""
    with _served(tmp_path, b'{"projects":[{"Id":"p","Name":"a\\ud800b\\u00e6"}]}') as get:
        assert get("/projects/p").text == '{"Id":"p","Name":"a\\ud800b\\u00e6"}'


@pytest.mark.parametrize("rate", ["-100", "-1", "1E+300", '"x"'])
def test_impossible_vat_rates_break_nothing(tmp_path: Path, rate: str) -> None:
    """They are served as given, and articles and orders can still be written: they count as no VAT."""
    ids = {name: f"00000000-0000-4000-8000-00000000000{place}" for place, name in enumerate("acuk")}
    company = f"""{{"articleaccountcodings": [{{"Id": "{ids["c"]}", "VatRatePercent": {rate}}}],
        "units": [{{"Id": "{ids["u"]}"}}], "customers": [{{"Id": "{ids["k"]}"}}],
        "articles": [{{"Id": "{ids["a"]}", "CodingId": "{ids["c"]}"}}]}}"""
    article = {
        "Number": "1",
        "Name": "x",
        "IsActive": True,
        "CodingId": ids["c"],
        "UnitId": ids["u"],
        "GrossPrice": 100,
    }
    row = {
        "LineNumber": 1,
        "IsTextRow": False,
        "ArticleId": ids["a"],
        "IsWorkCost": False,
        "EligibleForReverseChargeOnVat": False,
        "Quantity": 2,
        "UnitPrice": 50,
    }
    order = {
        "CustomerId": ids["k"],
        "CurrencyCode": "NOK",
        "OrderDate": "2026-11-24",
        "Status": 1,
        "EuThirdParty": False,
        "ReverseChargeOnConstructionServices": False,
        "RotReducedInvoicingType": 0,
        "Rows": [row],
    }
    file = tmp_path / "company.json"
    file.write_text(company, encoding="utf-8")
    with SandboxProcess(company=file) as process, httpx.Client(trust_env=False, timeout=20) as http:
        http.headers["Authorization"] = f"Bearer {process.info.access_token}"
        api = process.info.api_url
        created = http.post(f"{api}/articles", json=article)
        assert (created.status_code, created.json()["NetPrice"]) == (201, 100)
        taken = http.post(f"{api}/orders", json=order)
        assert (taken.status_code, taken.json()["Amount"]) == (201, 100)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "JSON object"),
        (b"\xff\xfe{}", "UTF-8"),
        ('{"projects": []}'.encode("utf-16"), "UTF-8"),
        (b"[" * 100_000, "nested"),
        (b'{"projects": [{"Id": "a", "X": ' + b"[" * 400 + b"]" * 400 + b"}]}", "nested"),
        (b'{"companysettings": {"X": ' + b'{"Y": ' * 400 + b"1" + b"}" * 402, "nested"),
        (b'{"projects": [NaN]}', "NaN"),
        (b'{"projects": {}, "projects": []}', "projects"),
        (b'{"projects": {}}', "projects: must be a list"),
        (b'{"companysettings": []}', "companysettings: must be an object"),
        (b'{"projects": [1]}', "projects[0]: must be an object"),
        (b'{"projects": [{"Id": "a"}, {"Name": "x"}]}', "projects[1].Id"),
        (b'{"articles": [{"Id": null}]}', "articles[0].Id"),
        (b'{"articles": [{"Id": 5}]}', "articles[0].Id"),
        (b'{"articles": [{"Id": ""}]}', "articles[0].Id"),
        (
            b'{"orders": [{"Id": "a"}, {"Id": "b"}, {"Id": "A"}]}',
            "orders[2].Id: A is also the Id of orders[0]",
        ),
    ],
)
def test_an_unusable_file_is_refused_by_place(tmp_path: Path, content: bytes, named: str) -> None:
    """Exit 2, nothing on standard output, the place in the file named."""
    assert named in _refusal(tmp_path, content)


def test_all_problems_are_named_at_once(tmp_path: Path) -> None:
    """Up to 20 lines, then how many more."""
    text = _refusal(tmp_path, json.dumps({"projects": [{}] * 30, "customers": 5}).encode())
    assert text.count(".Id: must be") == 20
    assert "11 more" in text


def test_a_folder_is_no_company(tmp_path: Path) -> None:
    """What cannot be read is named."""
    command = [sys.executable, "-m", "visma_busy_sync.sandbox", "--company", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, timeout=20, check=False)
    assert ended.returncode == 2
    assert "cannot be read" in ended.stderr.decode()


def _seconds(get: Callable[[str], httpx.Response], path: str) -> float:
    begin = time.monotonic()
    assert get(path).status_code == 200
    return time.monotonic() - begin


def test_twenty_thousand_records(tmp_path: Path) -> None:
    """The start takes under 5 seconds; a page, a filter, a sort and a record by id are quick."""
    rows = [
        {
            "Id": f"00000000-0000-4000-8000-{number:012}",
            "Number": f"{number:05}",
            "Name": f"Prosjekt {number}",
            "StartDate": "2026-01-05T00:00:00",
            "Status": 1 + number % 2,
            "ModifiedUtc": f"2026-{number % 12 + 1:02}-05T07:00:00.{number:07}Z",
        }
        for number in range(20_000)
    ]
    content = json.dumps(
        {"projects": rows, "customers": [{**row, "IsActive": True} for row in rows]}
    ).encode()
    begin = time.monotonic()
    with _served(tmp_path, content) as get:
        assert time.monotonic() - begin < 5
        for path, most in (
            ("/projects?$page=200&$pagesize=100", 0.5),
            ("/projects/00000000-0000-4000-8000-000000012345", 0.1),
            ("/projects?$filter=ModifiedUtc ge 2026-11-01T00:00:00Z and Status eq 1&$pagesize=1000", 1.0),
            ("/projects?$orderby=ModifiedUtc&$pagesize=1000", 1.5),
        ):
            # What else the machine does may hold up one of them.
            assert min(_seconds(get, path) for _ in range(5)) < most, path
        assert get("/projects?$page=20&$pagesize=1000").json()["Data"][-1]["Number"] == "19999"
