"""An hours specification as a PDF file, where the library for it is installed."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, time

from visma_busy_sync.busy._checks import check_moment
from visma_busy_sync.orders import HoursSpecification
from visma_busy_sync.specification._errors import PdfExtraMissing
from visma_busy_sync.specification._page import page_of


def to_pdf(specification: HoursSpecification, *, made_at: datetime | None = None) -> bytes:
    """Return `specification` as a PDF file: A4 pages with their numbers, and text that can be searched.

    Equal specifications give equal bytes, with the same version of the library. Its font is inside, and knows
    the scripts of Europe; a character that it lacks is shown as `�`.

    Args:
        specification: What is to be shown.
        made_at: When the file was made, an aware datetime, for its properties; None: the day of the order.

    Raises:
        PdfExtraMissing: If the library is not installed.
        TypeError, ValueError: If `made_at` is no aware datetime.
    """
    moment = made_at
    if moment is None:
        moment = datetime.combine(specification.order_date, time(), UTC)
    check_moment("made_at", moment)
    try:
        importlib.import_module("uharfbuzz")  # asked for late by the library, for writing from right to left
        from visma_busy_sync.specification._sheets import sheets  # noqa: PLC0415 - the extra may be missing
    except ImportError as error:
        raise PdfExtraMissing from error
    return sheets(page_of(specification), moment.astimezone(UTC))
