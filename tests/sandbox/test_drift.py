"""Drift on demand: records that change between two pages of a list."""

from typing import Any

import pytest

from .conftest import Api, Visitor

SIZE = 10
NEW = "11111111-2222-3333-4444-555555555555"


def _arm(api: Api, query: str = "", **drift: Any) -> dict[str, Any]:
    armed: dict[str, Any] = api.control("POST", f"/drift{query}", {"resource": "projects", **drift})
    return armed


def _armed(api: Api, query: str = "") -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = api.control("GET", f"/drift{query}")["drift"]
    return shown


def _page(api: Api, number: int, path: str = "/projects", **query: str) -> list[str]:
    rows = api.get(path, page=str(number), pagesize=str(SIZE), **query)["Data"]
    return [row["Id"] for row in rows]


@pytest.fixture
def ids(api: Api) -> list[str]:
    """The projects' ids as they are stored; this reading counts for no drift, as none is armed."""
    return [row["Id"] for row in api.control("GET", "/records/projects")]


def test_a_deletion_between_two_pages_hides_a_row(api: Api, ids: list[str]) -> None:
    """The rows behind it move up, so the first of the next page was never read."""
    _arm(api, before_request=2, action="delete", id=ids[0])
    first, second = _page(api, 1), _page(api, 2)
    assert (first, second) == (ids[:SIZE], ids[SIZE + 1 : 2 * SIZE + 1])
    assert api.refusal("GET", f"/projects/{ids[0]}") == (404, 3000)
    assert _page(api, 1) == ids[1 : SIZE + 1]


def test_a_deletion_and_an_insertion_leave_the_totals_right(api: Api, ids: list[str]) -> None:
    """Both before the same request, in the order they were armed: a row is hidden and no total tells."""
    project = api.get(f"/projects/{ids[0]}")
    _arm(api, before_request=2, action="delete", id=ids[0])
    _arm(api, before_request=2, action="put", id=NEW, record=project | {"Number": "N1", "Name": "Ny"})
    read: list[str] = []
    for number in range(1, 8):
        answer = api.get("/projects", page=str(number), pagesize=str(SIZE))
        assert answer["Meta"]["TotalNumberOfResults"] == 68
        read += [row["Id"] for row in answer["Data"]]
    assert read == [*ids[:SIZE], *ids[SIZE + 1 :], NEW]
    assert len(read) == 68


def test_a_change_moves_a_row_along_the_stamps(api: Api, ids: list[str]) -> None:
    """Its stamp is set to now, later than all others; with ``keep_stamp`` it stays."""
    _arm(api, action="patch", id=ids[0], record={"Name": "Nytt navn"})
    last = api.rows("/projects", orderby="ModifiedUtc")[-1]
    assert (last["Id"], last["Name"]) == (ids[0], "Nytt navn")
    before = api.get(f"/projects/{ids[1]}")
    _arm(api, action="patch", id=ids[1], record={"Name": "Stille"}, keep_stamp=True)
    _page(api, 1)
    assert api.get(f"/projects/{ids[1]}") == before | {"Name": "Stille"}
    given = "2020-01-01T00:00:00Z"
    _arm(api, action="patch", id=ids[2].upper(), record={"ModifiedUtc": given})
    assert api.rows("/projects", orderby="ModifiedUtc")[0]["Id"] == ids[2]


def test_a_record_is_put_as_given(api: Api, ids: list[str]) -> None:
    """In place of one that is there, which keeps its place, or as a new last one."""
    project = api.get(f"/projects/{ids[3]}")
    stamp = project.pop("ModifiedUtc")
    _arm(api, action="put", id=ids[3], record=project | {"Name": "Byttet", "Id": "other"})
    _arm(api, action="put", id=NEW, record=project | {"Number": "N1", "Name": "Ny"})
    rows = api.rows("/projects")
    assert [row["Id"] for row in rows] == [*ids, NEW]
    assert (rows[3]["Name"], rows[-1]["Name"]) == ("Byttet", "Ny")
    assert rows[-1]["ModifiedUtc"] > rows[3]["ModifiedUtc"] > stamp


def test_each_counts_down_on_its_own_and_happens_once(api: Api, ids: list[str]) -> None:
    """What is left is shown; other resources and single records do not count."""
    project = api.get(f"/projects/{ids[0]}")
    assert _arm(api, before_request=3, action="delete", id=ids[0])["before_request"] == 3
    _page(api, 1)
    _arm(api, before_request=1, action="patch", id=ids[1], record={"Name": "a"})
    api.rows("/customers")
    api.get(f"/projects/{ids[0]}")
    api.control("GET", "/records/projects")
    assert [drift["before_request"] for drift in _armed(api)] == [2, 1]
    assert ids[0] in _page(api, 1)
    assert _armed(api) == [
        {"resource": "projects", "before_request": 1, "action": "delete", "id": ids[0]},
    ]
    assert ids[0] not in _page(api, 1)
    assert _armed(api) == []
    api.control("PUT", f"/records/projects/{ids[0]}", project)
    assert ids[0] in _page(api, 7)


def test_refused_requests_do_not_count(api: Api, ids: list[str]) -> None:
    """Nor do those that a fault stops; one that only spoils the answer lets the change happen."""
    _arm(api, action="delete", id=ids[0])
    for odd in ({"page": "0"}, {"filter": "x"}, {"orderby": "x"}, {"select": "x"}, {"pagesize": "x"}):
        assert api.refusal("GET", "/projects", **odd) == (400, 6000)
    assert api.call("GET", "/projects", token="none").status_code == 401
    api.control("PATCH", "/profile", {"filters": "refused", "ordering": "refused"})
    assert api.refusal("GET", "/projects", filter="Status eq 1") == (400, 6000)
    assert api.refusal("GET", "/projects", orderby="Name") == (400, 6000)
    fault = {"method": "GET", "path": "/projects", "kind": "status", "status": 503}
    api.control("POST", "/faults", fault)
    assert api.call("GET", "/projects").status_code == 503
    assert len(_armed(api)) == 1
    api.control("POST", "/faults", fault | {"when": "after"})
    assert api.call("GET", "/projects").status_code == 503
    assert _armed(api) == []
    assert ids[0] not in _page(api, 1)


def test_the_journal_tells_what_happened(api: Api, ids: list[str]) -> None:
    """At the request right after it, as with faults; nothing at the others."""
    _arm(api, before_request=2, action="delete", id=ids[0])
    _arm(api, before_request=2, action="patch", id=ids[1], record={})
    for _ in range(3):
        _page(api, 1)
    shown = [entry["drift"] for entry in api.journal()]
    assert shown == [[], [f"delete {ids[0]}", f"patch {ids[1]}"], []]


def test_what_is_gone_by_then_is_used_up(api: Api, ids: list[str]) -> None:
    """The request is answered as if nothing had been armed, and the journal shows nothing."""
    _arm(api, action="delete", id=ids[0])
    _arm(api, action="patch", id=ids[0], record={"Name": "Ny"})
    api.control("DELETE", f"/records/projects/{ids[0]}")
    assert _page(api, 1) == ids[1 : SIZE + 1]
    assert (_armed(api), api.journal()[-1]["drift"]) == ([], [])


def test_a_row_may_come_and_go(api: Api, ids: list[str]) -> None:
    """What an armed drift puts can be changed and deleted by later ones."""
    project = api.get(f"/projects/{ids[0]}")
    record = project | {"Number": "N1", "Name": "Ny"}
    api.control("POST", "/drift", {"resource": "projects", "action": "put", "id": NEW, "record": record})
    _arm(api, before_request=2, action="patch", id=NEW, record={"Name": "Nyere"})
    _arm(api, before_request=3, action="delete", id=NEW)
    seen = [[row["Name"] for row in api.rows("/projects") if row["Id"] == NEW] for _ in range(3)]
    assert seen == [["Ny"], ["Nyere"], []]


def test_a_drift_belongs_to_a_company(visitor: Visitor, ids: list[str]) -> None:
    """``?company=`` names it; the others' requests neither count nor change."""
    api = visitor.api
    api.control("POST", "/companies", {"id": "other", "copy_of": "first"})
    token = visitor.log_in(company="other")["access_token"]
    _arm(api, "?company=other", action="delete", id=ids[0])
    _arm(api, before_request=2, action="delete", id=ids[1])
    assert [len(_armed(api)), len(_armed(api, "?company=other"))] == [1, 1]
    assert _page(api, 1) == ids[:SIZE]
    there = [row["Id"] for row in api.call("GET", "/projects", token=token).json()["Data"]]
    assert there == ids[1:51]
    assert [drift["before_request"] for drift in _armed(api)] == [1]
    assert _armed(api, "?company=other") == []
    _arm(api, "?company=other", action="delete", id=ids[2])
    assert api.control("DELETE", "/drift?company=other") == {"drift": []}
    assert len(_armed(api)) == 1
    answer = api.http.get(f"{api.info.control_url}/drift?company=nobody")
    assert answer.status_code == 404


@pytest.mark.parametrize("way", [("DELETE", "/drift"), ("POST", "/reset")], ids=str)
def test_it_is_disarmed(api: Api, ids: list[str], way: tuple[str, str]) -> None:
    """By itself, or with everything else."""
    _arm(api, action="delete", id=ids[0])
    api.control(*way)
    assert _armed(api) == []
    assert _page(api, 1) == ids[:SIZE]


def test_every_list_drifts(api: Api) -> None:
    """Also those that nobody writes to by the API; what is not shown in a list still can."""
    unit = api.control("GET", "/records/units")[0]["Id"]
    _arm(api, resource="units", action="patch", id=unit, record={"Name": "Annet"})
    assert api.rows("/units")[0]["Name"] == "Annet"
    api.control("PATCH", "/profile", {"inactive_listed": False, "unordered": "name", "stamps": "null"})
    customers = api.rows("/customers", orderby="Name")
    _arm(api, resource="customers", action="patch", id=customers[0]["Id"], record={"IsActive": False})
    assert _page(api, 1, "/customers") == [row["Id"] for row in customers[1 : SIZE + 1]]


@pytest.mark.parametrize(
    ("drift", "status", "named"),
    [
        ({"action": "rename"}, 400, "action"),
        ({}, 400, "action"),
        ({"action": "delete", "id": ""}, 400, "id"),
        ({"action": "delete", "resource": 5}, 400, "resource"),
        ({"action": "delete", "before_request": 0}, 400, "before_request"),
        ({"action": "delete", "before_request": True}, 400, "before_request"),
        ({"action": "delete", "record": {}}, 400, "record"),
        ({"action": "delete", "keep_stamp": True}, 400, "keep_stamp"),
        ({"action": "patch"}, 400, "record"),
        ({"action": "put", "record": []}, 400, "record"),
        ({"action": "put", "record": {}, "keep_stamp": 1}, 400, "keep_stamp"),
        ({"action": "put", "record": {}, "typo": 1}, 400, "typo"),
        ({"action": "delete", "company": "other"}, 400, "company"),
        ({"action": "put", "record": {}, "resource": "companysettings"}, 404, "companysettings"),
        ({"action": "delete", "resource": "invoices"}, 404, "invoices"),
        ({"action": "patch", "record": {}, "id": NEW}, 404, "projects"),
        ({"action": "delete", "id": NEW}, 404, "projects"),
    ],
    ids=str,
)
def test_a_faulty_drift_is_named(
    api: Api, ids: list[str], drift: dict[str, Any], status: int, named: str
) -> None:
    """At once, when it is armed: later there is nobody to tell."""
    _arm(api, "", action="put", id=NEW, resource="units", record={})
    body = {"resource": "projects", "id": ids[0]} | drift
    answer = api.http.post(f"{api.info.control_url}/drift", json=body)
    assert answer.status_code == status
    assert named in answer.json()["DeveloperErrorMessage"]
    assert len(_armed(api)) == 1
