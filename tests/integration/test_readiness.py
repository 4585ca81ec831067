"""What eAccounting still needs is said with what to press, and what is unknown never stands in the way."""

from __future__ import annotations

import json
import string
from typing import Any

import pytest

from visma_busy_sync._core.texts import Language, Texts
from visma_busy_sync.eaccounting import codes
from visma_busy_sync.eaccounting._operation import Operation, read_response
from visma_busy_sync.eaccounting.errors import AnswerLost, EAccountingError, NotSent, ReconnectNeeded
from visma_busy_sync.eaccounting.http import Response
from visma_busy_sync.eaccounting.models import UNSET, CompanySettings, CompanyStatus, ProductVariant
from visma_busy_sync.integration._readiness import (
    ALL_LANES,
    REFUSALS,
    TEXTS,
    FindingCode,
    Lane,
    Readiness,
    readiness_of,
    readiness_of_refusal,
)

LANGUAGES: tuple[Language, Language] = ("nb", "en")
READ = Operation[Any](method="GET", path="/companysettings", decode=lambda value: value)


COMPANY: dict[str, Any] = {
    "name": "Acme AS",
    "company_identifier": "5f6f2c6e",
    "corporate_identity_number": "999888777",
    "country_code": "NO",
    "currency_code": "NOK",
    "company_status": CompanyStatus.ACTIVE,
    "product_variant": ProductVariant.STANDARD,
    "uses_project": True,
    "activated_modules": ("sales_standard", "api_standard"),
}


def company(**changes: Any) -> CompanySettings:
    """A company that has all that Busy needs, but for the changes."""
    return CompanySettings(**COMPANY | changes)


def found(report: Readiness) -> dict[str, set[str]]:
    return {finding.code: set(finding.blocks) for finding in report.findings}


def refused(status: int, code: int | None, detail: str = "") -> EAccountingError:
    """What the client makes of an answer of the API."""
    body = {"ErrorCode": code, "ErrorId": "e-1", "DeveloperErrorMessage": detail}
    with pytest.raises(EAccountingError) as caught:
        read_response(READ, Response(status, {}, json.dumps(body).encode()))
    return caught.value


def test_a_company_that_has_all_is_ready() -> None:
    report = readiness_of(company(), project_sync=True)
    assert report.findings == ()
    assert report.ready
    assert str(report) == report.text("en") == "eAccounting is ready."
    assert report.text("nb") == "eAccounting er klart til bruk."


@pytest.mark.parametrize("unknown", [UNSET, None])
def test_what_is_unknown_never_blocks(unknown: Any) -> None:
    """A company of which the API tells nothing but the name gives warnings at most."""
    told = [name for name in COMPANY if name != "name"]
    report = readiness_of(company(**dict.fromkeys(told, unknown)), project_sync=True)
    assert report.ready
    assert found(report) == {FindingCode.CURRENCY_UNKNOWN: set(), FindingCode.COMPANY_WITHOUT_IDS: set()}


BLOCKED: dict[str, tuple[dict[str, Any], dict[str, set[str]]]] = {
    "inactive": ({"company_status": CompanyStatus.INACTIVE}, {"company_inactive": set(Lane)}),
    "read-only": ({"company_status": CompanyStatus.READ_ONLY}, {"company_read_only": {"orders"}}),
    "a status nobody knows": ({"company_status": CompanyStatus(7)}, {}),
    "Invoicing": ({"product_variant": ProductVariant.INVOICING}, {}),
    "Pro": ({"product_variant": ProductVariant.PRO}, {}),
    "Solo": (
        {"product_variant": ProductVariant.SOLO},
        {"variant_without_orders": {"orders"}, "variant_without_projects": {"projects"}},
    ),
    "Bookkeeping": (
        {"product_variant": ProductVariant.BOOKKEEPING},
        {"variant_without_orders": {"orders"}, "variant_without_customers": set()},
    ),
    "Invoicing with collaboration": (
        {"product_variant": ProductVariant.INVOICING_COLLABORATION},
        {"variant_unknown": set()},
    ),
    "a variant nobody knows": ({"product_variant": ProductVariant(42)}, {"variant_unknown": set()}),
    "projects off": ({"uses_project": False}, {"projects_off": {"projects"}}),
    "no order module": ({"activated_modules": ("api_standard",)}, {"order_module_not_listed": set()}),
    "no modules told": ({"activated_modules": ()}, {}),
    "modules as words": ({"activated_modules": ("Sales Standard",)}, {}),
    "modules in capitals": ({"activated_modules": ("X", "ORDER-STANDARD")}, {}),
    "modules in one word": ({"activated_modules": ("OrderStandard",)}, {}),
    "no currency": ({"currency_code": " "}, {"currency_unknown": set()}),
    "no country": ({"country_code": None}, {}),
    "one id": ({"company_identifier": None}, {}),
    "the other id": ({"corporate_identity_number": ""}, {}),
    "no ids": (
        {"company_identifier": "", "corporate_identity_number": None},
        {"company_without_ids": set()},
    ),
}


@pytest.mark.parametrize(("changes", "expected"), BLOCKED.values(), ids=BLOCKED.keys())
def test_what_the_settings_tell(changes: dict[str, Any], expected: dict[str, set[str]]) -> None:
    """Each fact blocks what it makes impossible and nothing else."""
    report = readiness_of(company(**changes), project_sync=True)
    assert found(report) == expected
    assert report.ready is not any(expected.values())
    for lane in Lane:
        assert {finding.code for finding in report.blocks(lane)} == {
            code for code, lanes in expected.items() if lane in lanes
        }


@pytest.mark.parametrize("changes", [{"uses_project": False}, {"product_variant": ProductVariant.SOLO}])
def test_projects_do_not_matter_without_project_sync(changes: dict[str, Any]) -> None:
    """Who imports customers and products only is not asked to switch projects on."""
    report = readiness_of(company(**changes), project_sync=False)
    assert report.blocks(Lane.PROJECTS) == ()
    assert "project" not in str(report)


def test_missing_scopes_block_everything_and_are_named() -> None:
    report = readiness_of(company(), project_sync=True, missing_scopes=("ea:sales", "offline_access"))
    assert found(report) == {FindingCode.SCOPE_MISSING: set(Lane)}
    for language in LANGUAGES:
        assert "ea:sales offline_access" in report.text(language)


def test_other_tenants_of_the_company_are_told_to_the_host_alone() -> None:
    """A second connection of one company is allowed, but shown; whose it is stands in no text for users."""
    report = readiness_of(company(), project_sync=True, also_connected=("beta", "{0} %s"))
    assert found(report) == {FindingCode.ALSO_CONNECTED: set()}
    assert report.ready
    assert [finding.tenants for finding in report.findings] == [("beta", "{0} %s")]
    for language in LANGUAGES:
        assert "beta" not in report.text(language)


def test_what_blocks_comes_first_and_each_has_its_line() -> None:
    settings = company(company_identifier=None, corporate_identity_number=None, uses_project=False)
    report = readiness_of(settings, project_sync=True, also_connected=("beta",))
    assert [finding.code for finding in report.findings] == [
        FindingCode.PROJECTS_OFF,
        FindingCode.ALSO_CONNECTED,
        FindingCode.COMPANY_WITHOUT_IDS,
    ]
    for language in LANGUAGES:
        lines = report.text(language).splitlines()
        assert len(lines) == 3
        for line, finding in zip(lines, report.findings, strict=True):
            assert line == f"{finding.what.of(language)} {finding.cure.of(language)}"
    assert str(report) == report.text("en")


REFUSED = {
    4003: "startup_guide",
    4004: "company_inactive",
    4005: "not_authorised",
    4006: "scope_missing",
    4007: "user_lacks_permission",
    4009: "not_in_subscription",
    4011: "user_lacks_product",
    4012: "licence_not_accepted",
    4019: "user_read_only",
    4034: "sandbox_client",
}


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize(("code", "expected"), REFUSED.items())
def test_a_refusal_tells_what_is_missing(code: int, expected: str, status: int) -> None:
    """Each of the API's access codes has its finding, whatever the status it comes with."""
    report = readiness_of_refusal(refused(status, code))
    assert report is not None
    assert found(report) == {expected: set(ALL_LANES)}


def test_every_access_code_of_the_api_has_a_finding() -> None:
    """The API's table of codes and the findings know the same codes."""
    assert set(REFUSALS) == codes.ACCESS_CODES | {codes.NO_ACCESS_TO_MODULE}
    assert set(REFUSED) == codes.ACCESS_CODES


@pytest.mark.parametrize(
    ("status", "code", "detail"),
    [
        (403, 4002, "ForbiddenRequestException - No access to module: api_standard"),
        (403, None, "No access to module: API_STANDARD"),
        (400, 4002, "No access to module: api_standard"),
        (403, 4002, ""),
        (400, 4002, ""),
    ],
)
def test_the_api_module_comes_with_both_causes(status: int, code: int | None, detail: str) -> None:
    """The module may be off, or the login may have gone to another company: the cure names both."""
    report = readiness_of_refusal(refused(status, code, detail))
    assert report is not None
    assert found(report) == {FindingCode.API_MODULE_OFF: set(ALL_LANES)}
    for language, other in zip(LANGUAGES, ("annet selskap", "another company"), strict=True):
        assert "Utvidelser → Integrasjoner → Visma Integrasjon (API)" in report.text(language)
        assert other in report.text(language)


def test_another_module_is_not_taken_for_the_api_module() -> None:
    report = readiness_of_refusal(refused(403, 4002, "No access to module: sales_standard"))
    assert report is not None
    assert found(report) == {FindingCode.MODULE_MISSING: set(ALL_LANES)}


def test_a_refusal_without_a_reason_lists_what_to_check() -> None:
    """A bare 403 of the API is about the company or the user; nobody knows which."""
    report = readiness_of_refusal(refused(403, None))
    assert report is not None
    assert found(report) == {FindingCode.ACCESS_DENIED: set(ALL_LANES)}


@pytest.mark.parametrize(
    "error",
    [
        refused(401, None),
        refused(404, 3000),
        refused(429, 4010),
        refused(500, 5000),
        refused(400, 5001),
        refused(400, 6000),
        refused(400, 2000, "access to a module is not what this is about"),
        AnswerLost(operation=READ.name, reason="time-out"),
        NotSent(operation=READ.name, reason="no route"),
        ReconnectNeeded(),
    ],
    ids=repr,
)
def test_other_failures_say_nothing_about_readiness(error: EAccountingError) -> None:
    """A fault that passes, or a dead login, is not something to press in eAccounting."""
    assert readiness_of_refusal(error) is None


def test_nothing_of_what_the_server_said_is_shown() -> None:
    """The API's own message may repeat what was sent, so it is read and not repeated."""
    report = readiness_of_refusal(refused(403, 4002, "No access to module: api_standard planted-text"))
    assert "planted-text" not in f"{report} {report!r}"


def test_every_finding_has_its_sentences_in_both_languages() -> None:
    """Each code has what was found and what to press; both languages carry the same facts."""
    assert set(TEXTS) == set(FindingCode)
    for what, cure in TEXTS.values():
        for texts in (what, cure):
            for text in (texts.nb, texts.en):
                assert text.endswith(".")
                assert "\n" not in text
            assert texts.nb != texts.en
        assert _places(what.nb) == _places(what.en)
        assert _places(cure.nb) == _places(cure.en) == set()


def test_no_sentence_stands_for_two_findings() -> None:
    said = [what for what, _ in TEXTS.values()]
    assert len({texts.nb for texts in said}) == len({texts.en for texts in said}) == len(said)
    assert all(isinstance(texts, Texts) for texts in said)


def _places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
