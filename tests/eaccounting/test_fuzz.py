"""Whatever a server answers, a typed error or a result comes out, and no secret with it.

Each case is made from the seed and its number. `FUZZ_RUNS=1000000 FUZZ_SEED=7 pytest tests/eaccounting/
test_fuzz.py` runs more of them, and others; a failure says how to run its case alone.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from visma_busy_sync._core.secret import Secret
from visma_busy_sync.eaccounting import Application, EAccounting
from visma_busy_sync.eaccounting import _oauth as oauth
from visma_busy_sync.eaccounting._execute import execute
from visma_busy_sync.eaccounting._operation import read_response
from visma_busy_sync.eaccounting._tokens import FixedToken
from visma_busy_sync.eaccounting.errors import EAccountingError, NotSent, UnreadableAnswer
from visma_busy_sync.eaccounting.http import Request, Response

from .fuzz import CLIENT_SECRET, CODE, GRANT, OPERATIONS, REFRESH, TOKEN, Maker, leaks
from .given import NOW, SERVER, Bench, looped, stepped, tokens

SEED: Final = os.environ.get("FUZZ_SEED", "1")
RUNS: Final = int(os.environ.get("FUZZ_RUNS", "60000"))
CASE: Final = os.environ.get("FUZZ_CASE")

NODE: Final = "tests/eaccounting/test_fuzz.py::test_whatever_a_server_answers_is_a_result_or_a_typed_error"

HANG_SECONDS: Final = 30.0
"""Far more than a case can take: a number of a billion digits would be worked at for hours."""

APPLICATION: Final = Application(
    client_id="id",
    client_secret=Secret(CLIENT_SECRET),
    redirect_uri="http://127.0.0.1:5000/callback",
    endpoints=SERVER,
)
PREVIOUS: Final = tokens(TOKEN, REFRESH)


def read_an_answer(make: Maker) -> object:
    operation, good = make.pick(OPERATIONS)
    usual = 204 if not operation.answers else 201 if operation.method == "POST" else 200
    return read_response(operation, make.answer(good, usual=usual), now=make.pick((NOW, None)))


def read_tokens(make: Maker) -> object:
    return oauth.read_tokens(make.answer(GRANT), now=NOW, previous=make.pick((PREVIOUS, None)))


def read_a_revocation(make: Maker) -> None:
    oauth.read_revocation(make.answer(None, usual=make.pick((200, 400, 401))))


def make_a_call(make: Maker) -> object:
    """Carry out an operation against a server of several such answers, with all retries."""
    operation, good = make.pick(OPERATIONS)
    bench = Bench(tokens=FixedToken(Secret(TOKEN)), chance=make.chance.random(), max_retries=2)
    bench.script.steps = [make.answer(good) for _ in range(make.chance.randrange(1, 4))]
    shell = looped if make.chance.random() < 0.05 else stepped
    return shell(execute)(operation, bench.env)


class Servers:
    """A blocking transport to an API and an identity server that both answer anything."""

    def __init__(self, make: Maker, good: object) -> None:
        self.make = make
        self.good = good

    def send(self, request: Request) -> Response:
        return self.make.answer(GRANT if request.url == SERVER.token_url else self.good)


def renew_and_call(make: Maker) -> object:
    """Make a call whose token has ended, so that it is renewed first."""
    operation, good = make.pick(OPERATIONS)
    ended = tokens(TOKEN, REFRESH, seconds=-1)
    servers = Servers(make, good)
    with EAccounting(ended, application=APPLICATION, transport=servers, max_retries=0) as api:
        return api.send(operation)


TARGETS: Final[dict[str, tuple[Callable[[Maker], object], float]]] = {
    "answer": (read_an_answer, 0.5),
    "renewal": (renew_and_call, 0.1),
    "tokens": (read_tokens, 0.15),
    "revocation": (read_a_revocation, 0.1),
    "call": (make_a_call, 0.15),
}


def in_tests(filename: str) -> bool:
    return Path(filename).parent == Path(__file__).parent


@pytest.mark.parametrize("target", TARGETS)
def test_whatever_a_server_answers_is_a_result_or_a_typed_error(target: str) -> None:
    """Nothing else comes out, nothing hangs, and no error shows a token, a code or a client secret."""
    run, share = TARGETS[target]
    outcomes: Counter[str] = Counter()
    for case in [int(CASE)] if CASE else range(int(RUNS * share)):
        began = time.monotonic()
        found = outcome(run, Maker(random.Random(f"{SEED} {target} {case}")))
        if found.startswith("!") or time.monotonic() - began > HANG_SECONDS:
            pytest.fail(
                f"case {case}: {found}; again: FUZZ_SEED={SEED} FUZZ_CASE={case} pytest '{NODE}[{target}]'"
            )
        outcomes[found] += 1
    if not CASE:  # else nothing is known of how answers are spread
        assert outcomes["result"] > 0
        assert len(outcomes) > 3 or target == "revocation"


def outcome(run: Callable[[Maker], object], make: Maker) -> str:
    """Return how a case ended; with an exclamation mark if it must not end so."""
    try:
        run(make)
    except EAccountingError as error:
        found = sorted(set(leaks(error, in_tests)))
        return (
            f"! {type(error).__name__} shows a secret: {', '.join(found)}" if found else type(error).__name__
        )
    except Exception as error:  # noqa: BLE001 - that is what is looked for
        return f"! {type(error).__name__}: {str(error)[:200]}"
    return "result"


def leaky_text(_: Maker) -> object:
    raise NotSent(operation="GET /things", reason=f"sent {TOKEN}")


def leaky_attribute(_: Maker) -> object:
    error = NotSent(operation="GET /things", reason="x")
    error.url = CODE  # type: ignore[attr-defined]
    raise error


def leaky_context(_: Maker) -> None:
    try:
        int(CLIENT_SECRET)
    except ValueError:
        raise UnreadableAnswer(operation="GET /things", status=200, reason="x") from None


def leaky_frame(_: Maker) -> object:
    return oauth.read_tokens(Shown(500, {}, b""), now=NOW)


def untyped(_: Maker) -> object:
    raise KeyError("x")


class Shown(Response):
    """An answer that shows what it holds, which stands in a frame of the package when it fails."""

    def __repr__(self) -> str:
        return TOKEN


@pytest.mark.parametrize("run", [leaky_text, leaky_attribute, leaky_context, leaky_frame, untyped])
def test_a_leak_would_be_found(run: Callable[[Maker], object]) -> None:
    """In a text, an attribute, what an error came from, or a frame; and so would an error of another kind."""
    assert outcome(run, Maker(random.Random(1))).startswith("!")


def test_the_same_seed_makes_the_same_answers() -> None:
    """So that a failure can be run again."""

    def made() -> list[Any]:
        make = Maker(random.Random("1 answer 1"))
        return [make.answer(good) for _, good in OPERATIONS]

    assert made() == made()


def test_requests_are_not_in_the_way() -> None:
    """What the library would send holds the secrets, and does not show them."""
    for request in (
        oauth.refresh_request(APPLICATION, Secret(REFRESH)),
        oauth.code_request(APPLICATION, Secret(CODE)),
        Request("GET", f"https://api.example/?x={TOKEN}", {"Authorization": f"Bearer {TOKEN}"}),
    ):
        assert not any(secret in repr(request) for secret in (TOKEN, REFRESH, CODE, CLIENT_SECRET))
