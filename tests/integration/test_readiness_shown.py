"""What eAccounting still needs is told at the login and on demand, with what to press."""

from __future__ import annotations

from typing import Any

import pytest

from visma_busy_sync.eaccounting.errors import AccessDenied
from visma_busy_sync.integration import FindingCode, Lane, LoginOutcome, NotReady
from visma_busy_sync.state import LOGIN, LOGIN_SCHEMA, LoginStage
from visma_busy_sync.sync import Kind

from .given import own_projects
from .office import ACME, MARCH, Office, ready_to_push, with_work

REFUSED: dict[str, tuple[FindingCode, str, str]] = {
    "api_module": (
        FindingCode.API_MODULE_OFF,
        "Slå på Utvidelser → Integrasjoner → Visma Integrasjon (API)",
        "switch on Utvidelser → Integrasjoner → Visma Integrasjon (API)",
    ),
    "startup_guide": (FindingCode.STARTUP_GUIDE, "fullfør oppstartsguiden", "finish the startup guide"),
    "inactive_company": (FindingCode.COMPANY_INACTIVE, "Aktiver selskapet", "Activate the company"),
    "not_authorised": (FindingCode.NOT_AUTHORISED, "fulle rettigheter", "full rights"),
    "scope": (FindingCode.SCOPE_MISSING, "godta alt det blir spurt om", "accept all that is asked for"),
    "permission": (FindingCode.USER_LACKS_PERMISSION, "fulle rettigheter", "full rights"),
    "subscription": (FindingCode.NOT_IN_SUBSCRIPTION, "Bytt til et abonnement", "change to a subscription"),
    "company_access": (FindingCode.USER_LACKS_PRODUCT, "fulle rettigheter", "full rights"),
    "licence": (FindingCode.LICENCE_NOT_ACCEPTED, "godta lisensavtalen", "accept the licence agreement"),
    "sandbox_client": (FindingCode.SANDBOX_CLIENT, "velg et testselskap", "choose a sandbox company"),
}
refused = pytest.mark.parametrize(
    ("refusal", "code", "nb", "en"), [(name, *told) for name, told in REFUSED.items()], ids=REFUSED
)


@refused
def test_r3_a_login_that_eaccounting_does_not_let_in_says_what_to_press(
    office: Office, refusal: str, code: FindingCode, nb: str, en: str
) -> None:
    """Nothing is imported, archived or stored beyond the ended login; its tokens are revoked."""
    own = own_projects(office)
    before = office.records()
    office.profile(refusal=refusal)
    acme = office.tenant()
    result = office.log_in(acme)
    assert (result.outcome, result.connected) == (LoginOutcome.NOT_READY, False)
    assert result.readiness is not None
    assert [finding.code for finding in result.readiness.findings] == [code]
    assert nb in result.text("nb")
    assert en in result.text("en")
    assert office.records() == before
    assert set(before) == set(own)
    (document,) = office.state.scan("", ACME)
    assert document.key == LOGIN
    assert LOGIN_SCHEMA.load(LOGIN, document.document.body).stage is LoginStage.ENDED
    assert (office.counted("revocations"), office.counted("alive_logins")) == (1, 0)
    office.profile(refusal="none")
    assert office.log_in(acme).connected
    acme.sync()


@refused
def test_a_connection_that_is_refused_later_is_told_on_demand(
    office: Office, refusal: str, code: FindingCode, nb: str, en: str
) -> None:
    acme = office.connected()
    office.profile(refusal=refusal)
    before = office.imported()
    report = acme.readiness()
    assert [finding.code for finding in report.findings] == [code]
    assert all(report.blocks(lane) for lane in Lane)
    assert nb in report.text("nb")
    assert en in report.text("en")
    for call in (acme.plan, acme.sync):
        with pytest.raises(NotReady) as raised:
            call()
        assert raised.value.readiness.text("nb") == report.text("nb")
        assert isinstance(raised.value.__cause__, AccessDenied)
    assert office.imported() == before
    office.profile(refusal="none")
    assert acme.readiness().findings == ()


BLOCKED: dict[str, tuple[dict[str, Any], FindingCode, str]] = {
    "inactive": ({"CompanyStatus": 0}, FindingCode.COMPANY_INACTIVE, "Aktiver selskapet"),
    "solo": ({"ProductVariant": 4}, FindingCode.VARIANT_WITHOUT_PROJECTS, "uten prosjektsynkronisering"),
    "projects-off": ({"UsesProject": False}, FindingCode.PROJECTS_OFF, "Slå på prosjekt"),
}
blocked = pytest.mark.parametrize(("settings", "code", "nb"), BLOCKED.values(), ids=BLOCKED)


@blocked
def test_what_the_settings_lack_is_told_at_the_login_and_nothing_is_imported(
    office: Office, settings: dict[str, Any], code: FindingCode, nb: str
) -> None:
    own_projects(office)
    before = office.records()
    office.set_company(**settings)
    acme = office.tenant()
    result = office.log_in(acme)
    assert result.connected
    assert result.readiness is not None
    assert code in {finding.code for finding in result.readiness.blocks(Lane.PROJECTS)}
    assert nb in result.text("nb")
    documents = office.imported()
    for call in (acme.plan, acme.sync):
        with pytest.raises(NotReady) as raised:
            call()
        assert raised.value.readiness == result.readiness
        assert nb in raised.value.readiness.text("nb")
    assert office.imported() == documents
    assert office.records() == before
    assert office.records(Kind.CUSTOMER) == {}
    office.set_company(CompanyStatus=1, ProductVariant=1, UsesProject=True)
    acme.sync()


@pytest.mark.parametrize("settings", [{"ProductVariant": 4}, {"UsesProject": False}], ids=["solo", "off"])
def test_without_project_sync_missing_projects_stand_in_nobodys_way(
    office: Office, settings: dict[str, Any]
) -> None:
    office.set_company(**settings)
    acme = office.connected(project_sync=False)
    assert not acme.readiness().blocks(Lane.IMPORT)
    acme.sync()
    assert office.records(Kind.CUSTOMER)


@pytest.mark.parametrize(
    ("settings", "nb"),
    [
        ({"CompanyStatus": 2}, "Åpne selskapet for endringer"),
        ({"ProductVariant": 4}, "har ikke ordre"),
        ({"CompanyStatus": 0}, "Aktiver selskapet"),
    ],
    ids=["read-only", "solo", "inactive"],
)
def test_no_order_is_built_for_a_company_that_takes_none(
    office: Office, settings: dict[str, Any], nb: str
) -> None:
    acme, order = ready_to_push(office)
    office.set_company(**settings)
    before = office.snapshot()
    with pytest.raises(NotReady) as raised:
        acme.build_order(order.project, MARCH)
    assert nb in raised.value.readiness.text("nb")
    assert nb in acme.readiness().text("nb")
    assert office.snapshot() == before
    assert office.drafts() == []


def test_a_company_that_may_only_be_read_is_still_imported(office: Office) -> None:
    office.set_company(CompanyStatus=2)
    acme = office.connected()
    acme.sync()
    assert office.records()
    with pytest.raises(NotReady):
        acme.build_order(with_work(office), MARCH)


def test_asking_reads_anew_and_changes_nothing(office: Office) -> None:
    acme = office.connected()
    before, asked = office.snapshot(), len(office.journal())
    assert acme.readiness().ready
    office.set_company(UsesProject=False)
    report = acme.readiness()
    assert not report.ready
    assert [finding.code for finding in report.findings] == [FindingCode.PROJECTS_OFF]
    assert office.snapshot() == before
    reads = [request for request in office.requests()[asked:] if "/v2/" in request]
    assert reads == ["GET /v2/companysettings"] * 2
