"""An API that does not let in, does not answer, or answers only so many calls."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from visma_busy_sync.sandbox.process import SandboxDidNotStart, SandboxProcess

from .conftest import Api, Visitor


def _switch(api: Api, **switches: Any) -> None:
    api.control("PATCH", "/profile", switches)


def _get(api: Api, path: str, token: str | None = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token or api.info.access_token}"}
    return api.http.get(api.info.api_url + path, headers=headers)


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        ("api_module", 4002),
        ("startup_guide", 4003),
        ("inactive_company", 4004),
        ("not_authorised", 4005),
        ("scope", 4006),
        ("permission", 4007),
        ("subscription", 4009),
        ("company_access", 4011),
        ("licence", 4012),
        ("sandbox_client", 4034),
    ],
)
def test_every_call_may_be_refused(api: Api, refusal: str, code: int) -> None:
    """403 with the code, for reads and writes alike; a token that is not valid is still 401."""
    _switch(api, refusal=refusal)
    for method, path, body in (
        ("GET", "/companysettings", None),
        ("GET", "/projects", None),
        ("POST", "/orders", "{}"),
    ):
        assert api.refusal(method, path, body=body) == (403, code)
    assert _get(api, "/projects", token="unknown").status_code == 401
    _switch(api, refusal="none")
    assert api.call("GET", "/projects").status_code == 200


def test_a_missing_api_module_is_told_in_the_known_words(api: Api) -> None:
    """The one text that is known of the real service."""
    _switch(api, refusal="api_module")
    assert "No access to module: api_standard" in _get(api, "/units").json()["DeveloperErrorMessage"]


def test_a_read_only_user_may_read(api: Api) -> None:
    """Writes are 4019 and have no effect."""
    _switch(api, refusal="read_only")
    before = api.rows("/projects")
    body = json.dumps({"Number": "N1", "Name": "Ny", "StartDate": "2026-11-24", "Status": 1})
    assert api.refusal("POST", "/projects", body=body) == (403, 4019)
    assert api.refusal("PUT", f"/projects/{before[0]['Id']}", body=body) == (403, 4019)
    order = api.rows("/orders")[0]["Id"]
    assert api.refusal("DELETE", f"/orders/{order}") == (403, 4019)
    assert api.rows("/projects") == before
    assert api.get(f"/orders/{order}")["Id"] == order


@pytest.mark.parametrize(
    ("shape", "media_type", "part"),
    [
        ("api", "application/json; charset=utf-8", '"ErrorCode":4005'),
        ("empty", None, ""),
        ("text", "text/plain; charset=utf-8", "Unauthorized"),
        ("html", "text/html; charset=utf-8", "<h1>401"),
        ("message", "application/json", '"Message"'),
        ("oauth", "application/json", '"error":"invalid_token"'),
        ("problem", "application/problem+json", '"status":401'),
    ],
)
def test_a_dead_token_is_told_in_many_shapes(api: Api, shape: str, media_type: str | None, part: str) -> None:
    """Always 401 with a challenge; other refusals keep their form."""
    _switch(api, unauthorised=shape)
    answer = _get(api, "/units", token="dead")
    assert (answer.status_code, answer.headers.get("content-type")) == (401, media_type)
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert part in answer.text
    assert bool(answer.content) == (shape != "empty")
    assert api.refusal("GET", "/units/x") == (400, 6001)


@pytest.mark.parametrize(
    ("downtime", "identity", "service"),
    [("none", 200, 200), ("identity", 503, 200), ("api", 200, 503), ("both", 503, 503)],
)
def test_identity_and_api_may_be_down(visitor: Visitor, downtime: str, identity: int, service: int) -> None:
    """503 with HTML; nothing happens meanwhile, and afterwards all is as it was."""
    api = visitor.api
    token = visitor.log_in()["refresh_token"]
    _switch(api, downtime=downtime, rotation=False)
    refreshed, read = visitor.refresh(token), _get(api, "/units")
    assert (refreshed.status_code, read.status_code) == (identity, service)
    assert visitor.ask().status_code == identity
    for answer in (refreshed, read):
        if answer.status_code == 503:
            assert answer.headers["content-type"] == "text/html; charset=utf-8"
    down = [entry["status"] for entry in api.journal() if entry["fault"] == "downtime"]
    assert down == [503] * [identity, service, identity].count(503)
    assert api.control("GET", "/tokens")["refreshes"] == (1 if identity == 200 else 0)
    _switch(api, downtime="none")
    assert visitor.refresh(token).status_code == 200


def test_downtime_may_cut_connections(visitor: Visitor) -> None:
    """No answer at all."""
    _switch(visitor.api, downtime="both", downtime_form="cut")
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        visitor.refresh("x")
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        _get(visitor.api, "/units")
    assert [entry["status"] for entry in visitor.api.journal()] == [None, None]


def test_calls_over_the_limit_are_refused(api: Api) -> None:
    """429 with 4010 and the seconds to wait in its text; then they are answered again."""
    _switch(api, rate_limit=2, rate_window=30)
    assert [_get(api, "/units").status_code for _ in range(2)] == [200, 200]
    answer = _get(api, "/units")
    assert (answer.status_code, answer.json()["ErrorCode"]) == (429, 4010)
    assert "retry-after" not in answer.headers
    message = answer.json()["DeveloperErrorMessage"]
    assert "maximum of 2 requests" in message
    seconds = int(message.partition("try again in ")[2].removesuffix(" seconds"))
    assert 25 <= seconds <= 30
    assert _get(api, "/projects").status_code == 200
    api.control("POST", "/clock", {"advance_seconds": seconds})
    assert _get(api, "/units").status_code == 200


def test_ids_share_the_limit_of_their_template(visitor: Visitor) -> None:
    """Calls count per client and endpoint, whatever id and login; a call without a token counts nowhere."""
    api = visitor.api
    units = [row["Id"] for row in api.rows("/units")]
    token = visitor.log_in()["access_token"]
    _switch(api, rate_limit=2)
    assert _get(api, f"/units/{units[0]}", token="unknown").status_code == 401
    assert _get(api, f"/units/{units[0]}").status_code == 200
    assert _get(api, f"/units/{units[1]}", token=token).status_code == 200
    assert _get(api, f"/units/{units[2]}").status_code == 429


def test_retry_after_may_be_sent(api: Api) -> None:
    """As seconds, as a date, as nonsense; or not."""
    _switch(api, rate_limit=1, rate_window=30)
    _get(api, "/units")

    def sent(form: str) -> str:
        _switch(api, retry_after=form)
        return str(_get(api, "/units").headers.get("retry-after"))

    assert sent("none") == "None"
    assert 25 <= int(sent("seconds")) <= 30
    date = parsedate_to_datetime(sent("date"))
    assert timedelta(0) < date - datetime.now(UTC) <= timedelta(seconds=30)
    assert sent("nonsense") == "in a while"


def test_calls_and_peaks_are_counted(api: Api) -> None:
    """By endpoint; the peak is the most calls within one window, refused ones too, and stays."""
    for _ in range(3):
        _get(api, "/units")
    api.control("POST", "/clock", {"advance_seconds": 61})
    _get(api, "/units")
    _switch(api, rate_limit=1)
    _get(api, "/units")
    shown = api.control("GET", "/rates")
    assert shown == {
        "window_seconds": 60,
        "endpoints": [
            {
                "client_id": api.info.client_id,
                "method": "GET",
                "path_template": "/v2/units",
                "calls": 5,
                "refused": 1,
                "peak": 3,
            }
        ],
    }
    assert api.control("DELETE", "/rates")["endpoints"] == []


def test_the_journal_tells_to_the_microsecond_when_a_request_came(api: Api) -> None:
    """In order, so that calls within any window can be counted; the clock's advance shows."""
    begin = datetime.now(UTC)
    for _ in range(20):
        _get(api, "/units")
    end = datetime.now(UTC)
    stamps = [entry["time"] for entry in api.journal()]
    times = [datetime.fromisoformat(stamp) for stamp in stamps]
    assert {len(stamp) for stamp in stamps} == {len("2026-01-01T00:00:00.000000+00:00")}
    assert times == sorted(times)
    assert begin <= times[0]
    assert times[-1] <= end
    api.control("POST", "/clock", {"advance_seconds": 3600})
    _get(api, "/units")
    assert datetime.fromisoformat(api.journal()[-1]["time"]) - times[-1] >= timedelta(hours=1)


def test_switches_are_set_at_the_start() -> None:
    """They come back with a reset."""
    options = ["--profile", "rotation=false", "--profile", "reuse=fatal", "--profile", "page_cap=7"]
    with SandboxProcess(options=options) as sandbox, httpx.Client(trust_env=False) as http:
        api = Api(sandbox.info, http)
        start = api.control("GET", "/profile")
        assert (start["rotation"], start["reuse"], start["page_cap"]) == (False, "fatal", 7)
        _switch(api, rotation=True)
        api.control("POST", "/reset")
        assert api.control("GET", "/profile") == start


@pytest.mark.parametrize("option", ["reuse=maybe", "rotation", "granted_scopes=x"])
def test_a_faulty_switch_at_the_start_is_named(option: str) -> None:
    """The command says which, and does not start."""
    with pytest.raises(SandboxDidNotStart, match=option.partition("=")[0]):
        SandboxProcess(options=["--profile", option]).start()
