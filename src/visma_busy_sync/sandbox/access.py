"""Why the API refuses a token that is valid: the ``refusal`` switch as a table.

Codes and their meaning are those of the vendor's error table; only the text of ``api_module`` is known. Which
HTTP status goes with them is not published; 403 is what the description has for most.
"""

from collections.abc import Mapping
from typing import Final

from visma_busy_sync.sandbox.errors import ApiFault

_REASONS: Final[Mapping[str, tuple[int, str]]] = {
    "api_module": (4002, "ForbiddenRequestException - No access to module: api_standard"),
    "startup_guide": (4003, "The startup guide has not been completed"),
    "inactive_company": (4004, "The company is not active"),
    "not_authorised": (4005, "The user is not authorised"),
    "scope": (4006, "The token lacks a scope"),
    "permission": (4007, "The user lacks the permission for this"),
    "subscription": (4009, "This is not included in the company's product variant"),
    "company_access": (4011, "The user has no access to the product in this company"),
    "licence": (4012, "The licence agreement has not been accepted"),
    "read_only": (4019, "A read-only user cannot write"),
    "sandbox_client": (4034, "A sandbox client cannot be used against production"),
}


def check_refusal(refusal: str, method: str) -> None:
    """Refuse a call as the switch says; ``none`` refuses nothing, ``read_only`` writes only."""
    if refusal == "none" or (refusal == "read_only" and method == "GET"):
        return
    code, message = _REASONS[refusal]
    raise ApiFault(403, code, message)
