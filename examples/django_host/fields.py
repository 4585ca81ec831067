"""A column for money and quantities."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models


class AmountField(models.DecimalField):
    """An exact number of four decimals, also on SQLite.

    Its numbers are floating ones, of which Django's own field reads 15 digits: there it is kept as text.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_digits": 19, "decimal_places": 4, **options})

    def get_internal_type(self) -> str:
        """Return a name of its own, so that nothing is converted on the way."""
        return "AmountField"

    def db_type(self, connection: Any) -> str:
        """Return the column's type."""
        return "text" if connection.vendor == "sqlite" else "numeric(19, 4)"

    def from_db_value(self, value: Any, *_: Any) -> Decimal | None:
        """Return what the column holds, without zeros at its end that nobody entered."""
        return None if value is None else Decimal(value)
