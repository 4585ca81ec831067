"""Which company is it? The API has two ids of a company, and both may be null; the name is what is left then.

Ids are compared without regard to case, and new ones are kept in lower case: a GUID that is written in
capitals one day is the same company. An id that was kept as it is written stays as it was kept, since links
and orders carry it.

A company that has an id is never recognised by its name alone. One that had none when it was connected is
known by its name, and stays the same when it is given an id later. What cannot be told then: another company
of the same name that has an id, logged in to after the first one. Nothing that the API answers sets the two
apart. It takes two companies of one name, of which the connected one has neither an organisation number nor
an identifier.
"""

from __future__ import annotations

from visma_busy_sync.eaccounting.models import CompanySettings
from visma_busy_sync.integration.errors import CompanyUnidentified
from visma_busy_sync.state import hashed_company_id


def identities(company: CompanySettings) -> list[str]:
    """Return all that a company may be known by, the best first."""
    # `CompanySettingsApi`: both ids are nullable.
    given = (company.company_identifier, company.corporate_identity_number, company.name)
    return [identity.strip().lower() for identity in given if identity and identity.strip()]


def is_company(company: CompanySettings, known_id: str) -> bool:
    """Whether a company is the one that is known under an id; see the module for what cannot be told."""
    return _recognised(company, known_id) is not None


def _recognised(company: CompanySettings, known_id: str) -> str | None:
    """Return the identity that is known under an id, or under the hash of it that a purge left."""
    known = known_id.lower()
    return next((each for each in identities(company) if known in {each, hashed_company_id(each)}), None)


def company_id(company: CompanySettings, known_id: str | None = None) -> str:
    """Return the id that links and orders carry for a company: the known one while it still fits.

    Of a hash that a purge left, it is the id that was hashed.

    Raises:
        CompanyUnidentified: If it has neither an id nor a name.
    """
    known = identities(company)
    if not known:
        raise CompanyUnidentified
    fits = None if known_id is None else _recognised(company, known_id)
    if known_id is None or fits is None:
        return known[0]
    return known_id if known_id.lower() == fits else fits
