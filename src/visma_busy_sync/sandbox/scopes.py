"""The scopes of the API."""

from typing import Final

# The scopes of the API description, in its order.
SCOPES: Final = (
    "ea:api",
    "offline_access",
    "ea:sales",
    "ea:sales_readonly",
    "ea:accounting",
    "ea:accounting_readonly",
    "ea:purchase",
    "ea:purchase_readonly",
)
