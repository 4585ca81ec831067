"""Whether a person worked on a draft: one checksum of all that may be edited there.

Taken is every member of head and rows but those that change without anyone editing the draft; so a member
that comes new to the models is taken too. What the models do not know is not: eAccounting adds members at any
time, and one that appears would look like an edit of every draft.
"""

from __future__ import annotations

from typing import Final, cast

import attrs

from visma_busy_sync.busy._canonical import Plain, checksum, plain
from visma_busy_sync.eaccounting import models

_HEAD_BY_ITSELF: Final = frozenset(
    {
        # How far it has come, and when.
        "id",
        "status",
        "number",
        "created_utc",
        "modified_utc",
        "is_not_delivered",
        # Computed from its rows.
        "amount",
        "vat_amount",
        "roundings_amount",
        "delivered_amount",
        "delivered_vat_amount",
        "delivered_roundings_amount",
        "house_work_amount",
        "max_allowed_tax_reduction_amount",
        "rot_reduced_invoicing_percent",
        "contribution_margin",
        # They follow the customer and the settings of the company.
        "customer_number",
        "customer_name",
        "customer_is_private_person",
        "includes_vat",
        # Taken on its own, and not taken.
        "rows",
        "extra",
    }
)
_ROW_BY_ITSELF: Final = frozenset(
    {
        # Rows are taken in their order, however they are numbered.
        "id",
        "line_number",
        # Computed.
        "amount",
        "contribution_margin",
        # They follow the article.
        "article_number",
        "is_service_article",
        "unit_id",
        "vat_rate",
        "purchase_price",
        "freight_costs",
        "extra",
    }
)


def snapshot(answer: models.Order) -> str:
    """Return a checksum of what a person would edit on the draft, read by its id.

    A member that is absent, null, empty, false or 0 is as one that is not there: an answer may leave out what
    another one tells as nothing.
    """
    rows = sorted(answer.rows or (), key=lambda row: row.line_number or 0)
    return checksum([_members(answer, _HEAD_BY_ITSELF), *(_members(row, _ROW_BY_ITSELF) for row in rows)])


def _members(value: models.Model, without: frozenset[str]) -> dict[str, Plain]:
    fields = attrs.fields(cast("type[attrs.AttrsInstance]", type(value)))
    members = {field.name: cast("object", getattr(value, field.name)) for field in fields}
    return {name: plain(member) for name, member in members.items() if member and name not in without}
