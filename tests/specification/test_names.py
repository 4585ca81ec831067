"""Names of people and their comments are shown only where that is configured."""

from __future__ import annotations

import io
from collections.abc import Callable

import pypdf
import pytest

from visma_busy_sync.orders import HoursSpecification
from visma_busy_sync.specification import to_html, to_pdf, to_text

from .given import COMMENT, MEMBERS, specified, work


def pdf_text(specification: HoursSpecification) -> str:
    """Return all that can be read of the file: its pages, and its raw properties."""
    reader = pypdf.PdfReader(io.BytesIO(to_pdf(specification)))
    return "\n".join([*(page.extract_text() for page in reader.pages), str(reader.metadata)])


SHOWN: dict[str, Callable[[HoursSpecification], str]] = {
    "text": to_text,
    "html": to_html,
    "pdf": pdf_text,
    "repr": repr,
}
OUTPUTS = pytest.mark.parametrize(
    "show", [SHOWN[name] for name in ("text", "html", "pdf")], ids=("text", "html", "pdf")
)


@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN)
@pytest.mark.parametrize("internal", [False, True], ids=["customer", "seller"])
def test_nobody_is_named_by_default(show: Callable[[HoursSpecification], str], internal: bool) -> None:
    """Neither first names nor last names, nor a comment, in what any form shows."""
    shown = show(specified(internal=internal))
    for word in (*" ".join(MEMBERS).split(), COMMENT):
        assert word not in shown


@OUTPUTS
def test_members_are_named_where_the_workspace_says_so(show: Callable[[HoursSpecification], str]) -> None:
    shown = show(specified(behind=work(names_in_texts=True)))
    assert all(name in shown for name in MEMBERS)
    assert COMMENT not in shown


@OUTPUTS
def test_whoever_asks_may_decide_otherwise(show: Callable[[HoursSpecification], str]) -> None:
    assert all(name in show(specified(names=True)) for name in MEMBERS)
    without = show(specified(behind=work(names_in_texts=True), names=False))
    assert not any(name in without for name in MEMBERS)


@OUTPUTS
def test_comments_are_shown_when_they_are_asked_for(show: Callable[[HoursSpecification], str]) -> None:
    assert COMMENT in show(specified(comments=True))
