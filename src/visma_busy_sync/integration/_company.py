"""Which company is it? The API has two ids of a company, and both may be null."""

from __future__ import annotations

from visma_busy_sync.eaccounting.models import CompanySettings
from visma_busy_sync.integration.errors import CompanyUnidentified


def _identities(company: CompanySettings) -> list[str]:
    # `CompanySettingsApi`: both ids are nullable; the name is what is left then.
    given = (company.company_identifier, company.corporate_identity_number, company.name)
    return [identity.strip() for identity in given if identity and identity.strip()]


def is_company(company: CompanySettings, known_id: str) -> bool:
    """Whether a company is the one that is known under an id.

    It stays the same one when it is given an organisation number after it was known by its name.
    """
    return known_id in _identities(company)


def company_id(company: CompanySettings, known_id: str | None = None) -> str:
    """Return the id that links and orders carry for a company: the known one while it still fits.

    Raises:
        CompanyUnidentified: If it has neither an id nor a name.
    """
    identities = _identities(company)
    if not identities:
        raise CompanyUnidentified
    return known_id if known_id is not None and known_id in identities else identities[0]
