"""A secret's text comes out through `reveal` only."""

from __future__ import annotations

import copy
import json
import pickle
import pprint
import traceback
from collections.abc import Callable

import pytest
from attrs import frozen

from visma_busy_sync._core.secret import Secret

TEXT = "s3cr3t-token"


@frozen
class Holder:
    token: Secret


def as_json(secret: Secret) -> str:
    return json.dumps({"token": secret}, default=str)


def in_a_traceback(secret: Secret) -> str:
    try:
        secret.reveal().index("no such text", len(repr(secret)))
    except ValueError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    return "no error"


SHOWN: dict[str, Callable[[Secret], str]] = {
    "repr": repr,
    "str": str,
    "format": lambda secret: f"{secret} {secret!r} {secret:>40}",
    "percent": lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 - that is the test
    "in a list": lambda secret: str([secret]),
    "in attrs": lambda secret: repr(Holder(secret)),
    "pretty-printed": pprint.pformat,
    "json with default=str": as_json,
    "traceback with locals": in_a_traceback,
    "deep copy": lambda secret: repr(copy.deepcopy(secret)),
}


@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN.keys())
def test_the_text_is_not_shown(show: Callable[[Secret], str]) -> None:
    """Every ordinary way of showing a value shows a mask."""
    shown = show(Secret(TEXT))
    assert TEXT not in shown
    assert "***" in shown


REFUSED: dict[str, Callable[[Secret], object]] = {
    "pickle": pickle.dumps,
    "pickle inside another": lambda secret: pickle.dumps(Holder(secret)),
    "json": json.dumps,
    "vars": vars,
    "iteration": list,  # type: ignore[dict-item]
}


@pytest.mark.parametrize("take", REFUSED.values(), ids=REFUSED.keys())
def test_ways_that_would_carry_the_text_are_refused(take: Callable[[Secret], object]) -> None:
    """What would take the text out of the process or into a document fails, and not with the text."""
    with pytest.raises(TypeError) as caught:
        take(Secret(TEXT))
    assert TEXT not in str(caught.value)


def test_reveal_gives_the_text() -> None:
    """There is one way to the text."""
    assert Secret(TEXT).reveal() == TEXT


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_is_the_secret_itself(copied: Callable[[Secret], Secret]) -> None:
    """A host that copies its settings keeps its secrets."""
    secret = Secret(TEXT)
    assert copied(secret) is secret


@pytest.mark.parametrize("text", ["", "a", "blåbær", "lone \ud800 surrogate"])
def test_equal_texts_make_equal_secrets(text: str) -> None:
    """Equality and hash follow the text, whatever characters it has."""
    assert Secret(text) == Secret(text)
    assert hash(Secret(text)) == hash(Secret(text))


@pytest.mark.parametrize("other", [Secret("other"), TEXT, None], ids=["secret", "its text", "None"])
def test_nothing_else_is_equal(other: object) -> None:
    """A secret equals neither another one nor a plain text."""
    assert Secret(TEXT) != other


def test_the_hash_is_not_the_hash_of_the_text() -> None:
    """A set or dictionary does not mix secrets with texts."""
    assert hash(Secret(TEXT)) != hash(TEXT)


def test_an_empty_secret_is_false() -> None:
    """`if secret` asks whether there is one."""
    assert (bool(Secret("")), bool(Secret("x"))) == (False, True)
