"""Lists under the switches of the profile: what Visma's do is unknown in each."""

import json
import random
from collections.abc import Callable
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

from visma_busy_sync.sandbox.process import SandboxProcess
from visma_busy_sync.sandbox.profile import Profile

from .conftest import Api

# By resource: a filter for what is finished or inactive, and one that does not ask about it.
ENDED = {
    "projects": ("Status eq 2", "Number ne 'Status eq 2'"),
    "customers": ("IsActive eq false", "contains(Name,'a') or Name ne 'IsActive'"),
    "articles": ("not IsActive", "NetPrice ge 0"),
}
SIZE = 10


def _switch(api: Api, **switches: Any) -> None:
    api.control("PATCH", "/profile", switches)


def _ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["Id"] for row in rows]


def _pages(api: Api, path: str, count: int, **query: str) -> list[list[str]]:
    """Read the first pages of a list."""
    return [
        _ids(api.get(path, page=str(number), pagesize=str(SIZE), **query)["Data"])
        for number in range(1, count + 1)
    ]


def _stored(api: Api, path: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = api.control("GET", f"/records/{path}")
    return rows


def _is_ended(row: dict[str, Any]) -> bool:
    return row.get("Status") == 2 or row.get("IsActive") is False


@pytest.mark.parametrize("path", ENDED)
def test_what_is_not_listed_comes_when_the_filter_asks_for_it(api: Api, path: str) -> None:
    """A filter that reads the member finds it; one that has its name in a text only does not."""
    ended = [row["Id"] for row in _stored(api, path) if _is_ended(row)]
    assert ended
    asking, other = ENDED[path]
    everything = _ids(_stored(api, path))
    _switch(api, inactive_listed=False)
    assert _ids(api.rows(f"/{path}", filter=asking)) == ended
    shown = [row_id for row_id in everything if row_id not in ended]
    assert _ids(api.rows(f"/{path}")) == shown
    assert _ids(api.rows(f"/{path}", filter=other)) == shown
    assert _ids(api.rows(f"/{path}", filter=f"({asking}) or {other}")) == everything
    assert api.get(f"/{path}/{ended[0]}")["Id"] == ended[0]


def test_a_filter_may_ask_in_any_way(api: Api) -> None:
    """What counts is the member it reads, in whatever case and place; the rest of it holds as ever."""
    _switch(api, inactive_listed=False)
    ended = [row for row in _stored(api, "projects") if _is_ended(row)]
    name = ended[0]["Name"]
    for condition in (f"2 eq STATUS and Name eq '{name}'", f"not (status ne 2) and contains(Name,'{name}')"):
        assert _ids(api.rows("/projects", filter=condition)) == [ended[0]["Id"]]
    assert api.rows("/projects", filter="Status eq 1") == api.rows("/projects")
    assert api.rows("/projects", filter=f"Name eq '{name}'") == []


def test_a_filter_that_is_ignored_asks_for_nothing(api: Api) -> None:
    """What is not listed stays so."""
    _switch(api, inactive_listed=False, filters="ignored")
    shown = [row["Id"] for row in _stored(api, "projects") if not _is_ended(row)]
    assert _ids(api.rows("/projects", filter="Status eq 2")) == shown


def test_other_lists_hide_nothing_that_is_inactive(api: Api) -> None:
    """Codings have an ``IsActive`` too, but the switch is about three resources."""
    coding = api.rows("/articleaccountcodings")[0]["Id"]
    api.control("PATCH", f"/records/articleaccountcodings/{coding}", {"IsActive": False})
    _switch(api, inactive_listed=False, inactive_filtered=False)
    assert coding in _ids(api.rows("/articleaccountcodings"))
    assert _ids(api.rows("/articleaccountcodings", filter="IsActive eq false")) == [coding]
    assert api.rows("/orders", filter="Status eq 4")


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("path", ENDED)
def test_asking_for_what_is_inactive_may_be_refused(api: Api, path: str, listed: bool) -> None:
    """6000 wherever the filter reads the member, whatever it asks; other filters work."""
    asking, other = ENDED[path]
    _switch(api, inactive_filtered=False, inactive_listed=listed)
    for condition in (asking, f"{other} and not ({asking})"):
        assert api.refusal("GET", f"/{path}", filter=condition) == (400, 6000)
    found = api.rows(f"/{path}", filter=other)
    assert any(map(_is_ended, found)) is listed
    assert any(map(_is_ended, api.rows(f"/{path}", orderby="Name"))) is listed
    _switch(api, filters="ignored")
    assert api.call("GET", f"/{path}", filter=asking).status_code == 200


@pytest.mark.parametrize(
    ("totals", "size", "results", "pages"),
    [
        ("right", 25, 68, 3),
        ("short", 25, 43, 2),
        ("long", 25, 93, 4),
        ("zero", 25, 0, 0),
        ("right", 100, 68, 1),
        ("short", 100, 0, 0),
        ("long", 100, 168, 2),
        ("zero", 100, 0, 0),
        ("short", 34, 34, 1),
        ("short", 68, 0, 0),
    ],
)
def test_totals_may_be_wrong(api: Api, totals: str, size: int, results: int, pages: int) -> None:
    """Meta is off by one page of rows, or zero, on every page; the rows come all the same."""
    _switch(api, totals=totals)
    read: list[str] = []
    for number in range(1, -(-68 // size) + 2):
        answer = api.get("/projects", page=str(number), pagesize=str(size))
        meta = answer["Meta"]
        assert (meta["TotalNumberOfResults"], meta["TotalNumberOfPages"]) == (results, pages)
        assert (meta["CurrentPage"], meta["PageSize"]) == (number, size)
        read += _ids(answer["Data"])
    assert read == _ids(_stored(api, "projects"))


@pytest.mark.parametrize(("totals", "results"), [("short", 0), ("long", 50), ("zero", 0), ("right", 0)])
def test_the_totals_of_a_list_without_rows_may_be_wrong(api: Api, totals: str, results: int) -> None:
    """Fewer than none there cannot be; a page more is one page."""
    _switch(api, totals=totals)
    meta = api.get("/projects", filter="Number eq 'none'")["Meta"]
    assert (meta["TotalNumberOfResults"], meta["TotalNumberOfPages"]) == (results, results // 50)


def test_a_page_in_the_middle_may_be_empty(api: Api) -> None:
    """Every time, and that page only; no row moves, and Meta says the truth."""
    before = _pages(api, "/projects", 7)
    _switch(api, empty_page=3)
    for _ in range(2):
        assert _pages(api, "/projects", 7) == [*before[:2], [], *before[3:]]
    meta = api.get("/projects", page="3", pagesize=str(SIZE))["Meta"]
    assert (meta["CurrentPage"], meta["TotalNumberOfResults"], meta["TotalNumberOfPages"]) == (3, 68, 7)


@pytest.mark.parametrize("number", [0, 1])
def test_the_first_page_is_never_empty(api: Api, number: int) -> None:
    """0 and 1 are no page that could be."""
    before = _pages(api, "/projects", 2)
    _switch(api, empty_page=number)
    assert _pages(api, "/projects", 2) == before


@pytest.mark.parametrize("number", ["2", "7", "2147483647", "x", "0"])
def test_the_page_may_be_ignored(api: Api, number: str) -> None:
    """Whatever is asked for, the first page comes and says that it is the first."""
    first = api.get("/projects", pagesize=str(SIZE))
    _switch(api, paging="ignored", empty_page=2)
    answer = api.get("/projects", page=number, pagesize=str(SIZE))
    assert answer["Data"] == first["Data"]
    assert (answer["Meta"]["CurrentPage"], answer["Meta"]["TotalNumberOfPages"]) == (1, 7)


def test_some_customers_may_have_no_stamp(api: Api) -> None:
    """About half of them, always the same; nobody else is touched, and the stamp comes back."""
    before = {path: api.rows(f"/{path}") for path in ("projects", "articles", "customers")}
    _switch(api, stamps="some_null")
    after = api.rows("/customers")
    unstamped = [row["Id"] for row in after if row["ChangedUtc"] is None]
    assert len(after) // 4 < len(unstamped) < len(after) * 3 // 4
    for old, new in zip(before["customers"], after, strict=True):
        assert new == (old | {"ChangedUtc": None} if old["Id"] in unstamped else old)
        assert api.get(f"/customers/{old['Id']}") == new
    for path in ("projects", "articles"):
        assert api.rows(f"/{path}") == before[path]
    api.control("PATCH", f"/records/customers/{unstamped[0]}", {"Name": "Annet navn"})
    assert api.get(f"/customers/{unstamped[0]}")["ChangedUtc"] is None
    _switch(api, stamps="told")
    assert api.get(f"/customers/{unstamped[0]}")["ChangedUtc"] > before["customers"][0]["ChangedUtc"]


def test_all_customers_may_have_no_stamp(api: Api) -> None:
    """In lists, by id, and in the answer of a write."""
    _switch(api, stamps="null")
    customers = api.rows("/customers")
    assert {row["ChangedUtc"] for row in customers} == {None}
    path = f"/customers/{customers[0]['Id']}"
    assert api.get(path)["ChangedUtc"] is None
    body = json.dumps(customers[0] | {"Name": "Nytt navn", "CustomerNumber": None}, default=float)
    assert api.call("PUT", path, body=body).json()["ChangedUtc"] is None
    assert api.call("POST", "/customers", body=body).json()["ChangedUtc"] is None
    assert all(row["ModifiedUtc"] for row in api.rows("/orders"))


def test_a_stamp_that_is_null_is_compared_as_null(api: Api) -> None:
    """No date is before, after or equal to it; ``eq null`` finds it, and it sorts first."""
    _switch(api, stamps="some_null")
    rows = api.rows("/customers")
    null = {row["Id"] for row in rows if row["ChangedUtc"] is None}
    told = {row["Id"] for row in rows} - null
    early, late = "2000-01-01T00:00:00Z", "2100-01-01T00:00:00Z"
    for condition, found in (
        (f"ChangedUtc ge {early}", told),
        (f"ChangedUtc gt {early}", told),
        (f"ChangedUtc lt {late}", told),
        (f"ChangedUtc le {late}", told),
        (f"ChangedUtc eq {early}", set()),
        ("ChangedUtc eq null", null),
        ("ChangedUtc ne null", told),
        (f"ChangedUtc eq null or ChangedUtc ge {early}", null | told),
    ):
        assert set(_ids(api.rows("/customers", filter=condition))) == found, condition
    ordered = _ids(api.rows("/customers", orderby="ChangedUtc"))
    assert set(ordered[: len(null)]) == null
    assert set(_ids(api.rows("/customers", orderby="ChangedUtc desc"))[: len(told)]) == told


@pytest.mark.parametrize(("precision", "length"), [("seconds", 20), ("milliseconds", 24)])
def test_stamps_may_be_cut(api: Api, precision: str, length: int) -> None:
    """Cut, not rounded, in all answers, and compared as they are shown; dates stay as they are."""
    for stored, cut in (
        ("2026-05-01T10:00:00.9999999Z", {"seconds": "00Z", "milliseconds": "00.999Z"}),
        ("2026-05-01T10:00:00.5Z", {"seconds": "00Z", "milliseconds": "00.5Z"}),
        ("2026-05-01T10:00:00Z", {"seconds": "00Z", "milliseconds": "00Z"}),
        ("2026-05-01T12:00:00.9999999+02:00", {"seconds": "00+02:00", "milliseconds": "00.999+02:00"}),
    ):
        project = api.rows("/projects")[0]
        api.control("PATCH", f"/records/projects/{project['Id']}", {"ModifiedUtc": stored})
        _switch(api, stamp_precision=precision)
        shown = api.get(f"/projects/{project['Id']}")
        assert shown["ModifiedUtc"].endswith(f"00:{cut[precision]}")
        assert shown == project | {"ModifiedUtc": shown["ModifiedUtc"]}
        condition = f"ModifiedUtc eq {shown['ModifiedUtc']}"
        assert [row["Id"] for row in api.rows("/projects", filter=condition)] == [project["Id"]]
        if shown["ModifiedUtc"] != stored:
            assert api.rows("/projects", filter=f"ModifiedUtc ge {stored} and {condition}") == []
        _switch(api, stamp_precision="ticks")
        assert api.get(f"/projects/{project['Id']}")["ModifiedUtc"] == stored
        api.control("POST", "/reset")
    _switch(api, stamp_precision=precision)
    for path, stamps in (("articles", ("ChangedUtc", "CreatedUtc")), ("orders", ("ModifiedUtc",))):
        rows = api.rows(f"/{path}")
        assert {len(row[stamp]) for row in rows for stamp in stamps} == {length}


def test_what_is_no_moment_is_not_cut(api: Api) -> None:
    """A record put without validation is served as it is."""
    project = api.rows("/projects")[0]["Id"]
    headers = {"Authorization": f"Bearer {api.info.access_token}"}
    _switch(api, stamp_precision="seconds")
    for odd in ("10:00:00.123 or so", None, 12):
        api.control("PATCH", f"/records/projects/{project}", {"ModifiedUtc": odd})
        answer = api.http.get(f"{api.info.api_url}/projects/{project}", headers=headers)
        assert answer.json()["ModifiedUtc"] == odd


def test_stamps_cut_to_seconds_give_ties(api: Api) -> None:
    """Records changed within a second cannot be told apart by their stamps; the id decides their order."""
    projects = _ids(api.rows("/projects"))[:3]
    for place, project in enumerate(projects):
        stamp = f"2026-05-01T10:00:00.{9 - place}Z"
        api.control("PATCH", f"/records/projects/{project}", {"ModifiedUtc": stamp})
    _switch(api, stamp_precision="seconds")
    found = api.rows("/projects", filter="ModifiedUtc eq 2026-05-01T10:00:00Z", orderby="ModifiedUtc")
    assert _ids(found) == sorted(projects)


@pytest.mark.parametrize("ordering", ["work", "ignored"])
def test_unordered_lists_may_come_by_name(api: Api, ordering: str) -> None:
    """A rename moves a row to another page; an ``$orderby`` that works goes before it."""
    _switch(api, unordered="name", ordering=ordering)
    query = {"orderby": "Number"} if ordering == "ignored" else {}
    rows = api.rows("/projects", **query)
    assert [row["Name"] for row in rows] == sorted(row["Name"] for row in rows)
    assert _ids(rows) != _ids(_stored(api, "projects"))
    last = rows[-1]["Id"]
    assert last not in _pages(api, "/projects", 1, **query)[0]
    api.control("PATCH", f"/records/projects/{last}", {"Name": "AAA"})
    assert _pages(api, "/projects", 1, **query)[0][0] == last
    if ordering == "work":
        numbers = [row["Number"] for row in api.rows("/projects", orderby="Number")]
        assert numbers == sorted(numbers)


def test_what_has_no_name_comes_as_stored(api: Api) -> None:
    """Orders have none."""
    before = api.rows("/orders")
    _switch(api, unordered="name")
    assert api.rows("/orders") == before


def test_unordered_lists_may_be_shuffled(api: Api) -> None:
    """Anew at each request, with the same rows; an ``$orderby`` that works holds."""
    stored = _ids(_stored(api, "projects"))
    ordered = _ids(api.rows("/projects", orderby="Number"))
    _switch(api, unordered="shuffled")
    seen = [_ids(api.rows("/projects")) for _ in range(5)]
    assert all(sorted(ids) == sorted(stored) for ids in seen)
    assert len({tuple(ids) for ids in (*seen, stored)}) == 6
    assert _ids(api.rows("/projects", orderby="Number")) == ordered
    _switch(api, ordering="ignored")
    assert _ids(api.rows("/projects", orderby="Number")) not in (ordered, stored)


def test_shuffling_repeats_after_a_reset(api: Api) -> None:
    """The same requests from the start give the same orders."""
    runs: list[list[list[str]]] = []
    for _ in range(2):
        api.control("POST", "/reset")
        _switch(api, unordered="shuffled")
        runs.append(_pages(api, "/projects", 7))
    assert runs[0] == runs[1]
    assert len({row_id for page in runs[0] for row_id in page}) < 68


def test_the_switches_work_together(api: Api) -> None:
    """Hidden rows, a lie, a gap, shown stamps and an order by name in one answer."""
    stored = _stored(api, "customers")
    active = sorted((row for row in stored if row["IsActive"]), key=lambda row: (row["Name"], row["Id"]))
    _switch(
        api,
        inactive_listed=False,
        totals="long",
        empty_page=2,
        stamps="null",
        unordered="name",
        page_cap=SIZE,
        naming="camel",
    )
    headers = {"Authorization": f"Bearer {api.info.access_token}"}
    read: list[dict[str, Any]] = []
    for number in (1, 2, 3):
        url = f"{api.info.api_url}/customers?$page={number}&$pagesize=100&$select=Id,ChangedUtc"
        answer = api.http.get(url, headers=headers).json()
        assert answer["meta"]["totalNumberOfResults"] == len(active) + SIZE
        assert len(answer["data"]) == (0 if number == 2 else SIZE)
        read += answer["data"]
    expected = [*active[:SIZE], *active[2 * SIZE : 3 * SIZE]]
    assert read == [{"id": row["Id"], "changedUtc": None} for row in expected]
    _switch(api, naming="pascal", paging="ignored")
    found = api.get("/customers", page="2", filter="IsActive eq false and ChangedUtc eq null")
    assert sorted(_ids(found["Data"])) == sorted(row["Id"] for row in stored if not row["IsActive"])
    assert (found["Meta"]["CurrentPage"], found["Meta"]["TotalNumberOfPages"]) == (1, 2)


# A filter with the same rule in Python, and whether it asks about what is inactive.
_FILTERS: list[tuple[str | None, Callable[[dict[str, Any]], bool], bool]] = [
    (None, lambda row: True, False),
    ("IsActive eq false", lambda row: row["IsActive"] is False, True),
    ("IsActive or contains(Name,'e')", lambda row: row["IsActive"] or "e" in row["Name"], True),
    ("contains(Name,'a')", lambda row: "a" in row["Name"], False),
    ("ChangedUtc eq null", lambda row: row["ChangedUtc"] is None, False),
    (
        "ChangedUtc ge 2025-06-01T00:00:00Z",
        lambda row: row["ChangedUtc"] is not None and row["ChangedUtc"] >= "2025-06-01",
        False,
    ),
]
_ORDERS: list[tuple[str | None, str]] = [(None, ""), ("ChangedUtc", "ChangedUtc"), ("Name", "Name")]
_READING = (
    "filters",
    "ordering",
    "inactive_listed",
    "inactive_filtered",
    "totals",
    "paging",
    "stamps",
    "stamp_precision",
    "unordered",
)


def _in_order(rows: list[dict[str, Any]], member: str) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row[member] is not None, row[member] or "", row["Id"]))


@pytest.mark.parametrize("seed", range(30))
def test_any_switches_work_together(api: Api, seed: int) -> None:
    """Each page of a list, under switches by chance, is what the rules of each switch make of the records."""
    chance, hints = random.Random(seed), get_type_hints(Profile)
    chosen: dict[str, Any] = {
        name: chance.choice(get_args(hints[name]) if get_origin(hints[name]) is Literal else (True, False))
        for name in _READING
    }
    empty, (condition, keeps, asks), (orderby, key) = (
        chance.choice((0, 2)),
        chance.choice(_FILTERS),
        chance.choice(_ORDERS),
    )
    _switch(api, **{name: chosen[name] for name in ("stamps", "stamp_precision")})
    rows = api.rows("/customers")
    _switch(api, **chosen, empty_page=empty)
    query = {"filter": condition} if condition else {}
    query |= {"orderby": orderby} if orderby else {}
    filtered = condition is not None and chosen["filters"] == "work"
    ordered = orderby is not None and chosen["ordering"] == "work"
    refused = condition is not None and chosen["filters"] == "refused"
    refused |= orderby is not None and chosen["ordering"] == "refused"
    if refused or (filtered and asks and not chosen["inactive_filtered"]):
        assert api.refusal("GET", "/customers", **query) == (400, 6000)
        return
    if not chosen["inactive_listed"] and not (filtered and asks):
        rows = [row for row in rows if row["IsActive"]]
    rows = [row for row in rows if not filtered or keeps(row)]
    if ordered or chosen["unordered"] == "name":
        rows = _in_order(rows, key if ordered else "Name")
    count = {
        "right": len(rows),
        "short": max(0, len(rows) - SIZE),
        "long": len(rows) + SIZE,
        "zero": 0,
    }[chosen["totals"]]
    for number in range(1, 9):
        answer = api.get("/customers", page=str(number), pagesize=str(SIZE), **query)
        page = number if chosen["paging"] == "work" else 1
        assert answer["Meta"] | {"ServerTimeUtc": ""} == {
            "CurrentPage": page,
            "PageSize": SIZE,
            "TotalNumberOfPages": -(-count // SIZE),
            "TotalNumberOfResults": count,
            "ServerTimeUtc": "",
        }
        expected = [] if page == empty else rows[(page - 1) * SIZE : page * SIZE]
        if chosen["unordered"] == "shuffled" and not ordered:
            assert len(answer["Data"]) == len(expected)
            assert all(row in rows for row in answer["Data"])
        else:
            assert answer["Data"] == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"totals": "wrong"},
        {"empty_page": -1},
        {"empty_page": 1_000_001},
        {"empty_page": True},
        {"paging": True},
        {"stamps": None},
        {"stamp_precision": 3},
        {"unordered": "random"},
        {"inactive_filtered": "no"},
    ],
    ids=str,
)
def test_a_wrong_value_changes_nothing(api: Api, wrong: dict[str, Any]) -> None:
    """The refusal names the switch."""
    before = api.control("GET", "/profile")
    answer = api.http.patch(f"{api.info.control_url}/profile", json={"page_cap": 9} | wrong)
    assert answer.status_code == 400
    assert next(iter(wrong)) in answer.json()["DeveloperErrorMessage"]
    assert api.control("GET", "/profile") == before


def test_the_switches_are_set_from_the_command_line(api: Api) -> None:
    """Also ``null``, which is a word here."""
    switches = {
        "inactive_filtered": False,
        "totals": "zero",
        "empty_page": 4,
        "paging": "ignored",
        "stamps": "null",
        "stamp_precision": "seconds",
        "unordered": "shuffled",
    }
    options = [f"--profile={name}={json.dumps(value).strip(chr(34))}" for name, value in switches.items()]
    with SandboxProcess(options=options) as other:
        shown = Api(other.info, api.http).control("GET", "/profile")
    assert switches.items() <= shown.items()
