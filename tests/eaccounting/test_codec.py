"""Between JSON and models: tolerant of form, strict of type, silent about content."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import attrs
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.eaccounting import models
from visma_busy_sync.eaccounting._codec import DecodeError, decode, encode, wire_name
from visma_busy_sync.eaccounting.models import (
    UNSET,
    Article,
    ArticleId,
    CompanySettings,
    Customer,
    CustomerId,
    Model,
    NewOrder,
    NewOrderRow,
    Order,
    OrderStatus,
    PageMeta,
    Project,
    ProjectStatus,
)

from .given import ID, OTHER_ID, evolve
from .test_contract import SCHEMAS

PROJECT: dict[str, Any] = {"Id": ID, "Number": "007", "Name": "Bru", "Status": 1}


def project(**changes: Any) -> Project:
    return decode(Project, {**PROJECT, **changes})


def faults(cls: type[Model], value: Any) -> dict[str, str]:
    with pytest.raises(DecodeError) as caught:
        decode(cls, value)
    return dict(caught.value.faults)


def camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {name[:1].lower() + name[1:]: camel(item) for name, item in value.items()}
    return [camel(item) for item in value] if isinstance(value, list) else value


ORDER: dict[str, Any] = {
    "Id": ID,
    "CustomerId": OTHER_ID,
    "Status": 1,
    "Amount": Decimal("1250.50"),
    "OrderDate": "2026-03-31T00:00:00",
    "ModifiedUtc": "2026-03-31T10:00:00.1234567Z",
    "Rows": [{"LineNumber": 1, "Quantity": Decimal("7.5000"), "ArticleId": OTHER_ID}],
}


def test_pascal_and_camel_case_read_alike() -> None:
    """The API spoke camelCase for a while, rows included."""
    assert decode(Order, ORDER) == decode(Order, camel(ORDER))


def test_what_came_is_what_goes_back() -> None:
    """Known and unknown members, nulls and absent members survive a round trip, digits exactly."""
    value = {
        **PROJECT,
        "StartDate": "2026-01-01",
        "EndDate": None,
        "CustomerId": OTHER_ID,
        "NewMember": {"Deep": [Decimal("1.10"), None]},
        "another": "x",
    }
    assert encode(decode(Project, value)) == value


def test_unknown_members_are_kept_apart() -> None:
    """They are in `extra` as they came."""
    assert project(Colour="red", shape=[1]).extra == {"Colour": "red", "shape": [1]}


def test_a_member_in_both_spellings_is_read_once() -> None:
    """The first one counts; sent back beside it, the other one could overwrite it."""
    read = project(name="second")
    assert (read.name, read.extra) == ("Bru", {})


def test_absent_and_null_differ() -> None:
    """`UNSET` is an absent member, `None` a null; a null that is not promised counts as absent."""
    assert project().end_date is UNSET
    assert project(EndDate=None).end_date is None
    assert project(ModifiedUtc=None).modified_utc is UNSET
    assert not UNSET
    assert repr(UNSET) == "UNSET"
    assert pickle.loads(pickle.dumps(UNSET)) is UNSET
    assert copy.deepcopy(UNSET) is UNSET


def test_ids_are_lowered() -> None:
    """One id, one form."""
    assert project(Id=ID.upper()).id == ID


@pytest.mark.parametrize(
    "text",
    ["", "x", ID[:-1], ID + "0", "{" + ID + "}", ID.replace("-", ""), ID + "\n", "٣" + ID[1:]],
    ids=ascii,
)
def test_an_id_has_one_form(text: str) -> None:
    """Stricter than `uuid.UUID`."""
    assert faults(Project, {**PROJECT, "Id": text}) == {
        "$.Id": "is not an id of the form 00000000-0000-0000-0000-000000000000"
    }


def test_enums_are_open() -> None:
    """A number that is new becomes a member of its own, and goes back as that number."""
    new = project(Status=7)
    assert new.status.name == "UNKNOWN_7"
    assert new.status == 7
    assert new.status != ProjectStatus.ONGOING
    assert encode(new)["Status"] == 7
    assert pickle.loads(pickle.dumps(new)) == new
    assert copy.deepcopy(new) == new
    assert project(Status=Decimal("2.0")).status is ProjectStatus.FINISHED


@pytest.mark.parametrize("value", ["1", True, Decimal("1.5"), None, [], 2**63, Decimal("1E+25")], ids=repr)
def test_an_enum_is_a_whole_number(value: Any) -> None:
    """Nothing else passes for one."""
    assert list(faults(Project, {**PROJECT, "Status": value})) == ["$.Status"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-31", date(2026, 3, 31)),
        ("2026-03-31T00:00:00", date(2026, 3, 31)),
        ("2026-03-31T23:59:59.9999999Z", date(2026, 3, 31)),
        ("2026-03-31T23:30:00-05:00", date(2026, 3, 31)),
        ("2026-03-31T00:30:00+02:00", date(2026, 3, 31)),
        ("0001-01-01T00:00:00", date(1, 1, 1)),
        ("9999-12-31T23:59:59+00:00", date(9999, 12, 31)),
    ],
)
def test_a_day_is_the_one_written(text: str, day: date) -> None:
    """No offset moves it to another day."""
    assert project(StartDate=text).start_date == day


@pytest.mark.parametrize("text", ["", "2026-02-30", "2026-13-01", "0000-01-01", "31.03.2026", "2026-03-31T"])
def test_what_is_no_day_is_a_fault(text: str) -> None:
    """Also one that no calendar has."""
    assert list(faults(Project, {**PROJECT, "StartDate": text})) == ["$.StartDate"]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-31T10:00:00Z", datetime(2026, 3, 31, 10, tzinfo=UTC)),
        ("2026-03-31T10:00:00", datetime(2026, 3, 31, 10, tzinfo=UTC)),
        ("2026-03-31 10:00", datetime(2026, 3, 31, 10, tzinfo=UTC)),
        ("2026-03-31", datetime(2026, 3, 31, tzinfo=UTC)),
        ("2026-03-31T12:00:00+02:00", datetime(2026, 3, 31, 10, tzinfo=UTC)),
        ("2026-03-31T00:30:00+0200", datetime(2026, 3, 30, 22, 30, tzinfo=UTC)),
        ("2026-03-31T10:00:00.1234569Z", datetime(2026, 3, 31, 10, 0, 0, 123456, tzinfo=UTC)),
        ("2026-03-31T10:00:00.9999999Z", datetime(2026, 3, 31, 10, 0, 0, 999999, tzinfo=UTC)),
        ("2026-03-31T10:00:00.5Z", datetime(2026, 3, 31, 10, 0, 0, 500000, tzinfo=UTC)),
    ],
)
def test_a_stamp_is_utc_and_cut(text: str, moment: datetime) -> None:
    """Cut to microseconds and never rounded up: a watermark must not lie ahead."""
    read = project(ModifiedUtc=text).modified_utc
    assert read == moment
    assert read is not UNSET
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-13-01",
        "2026-02-30",
        "2026-3-1",
        "31.03.2026",
        "20260331",
        "2026-03-31T10",
        "2026-03-31T10:00:00.Z",
        "2026-03-31T10:00:00 Z",
        "2026-03-31T24:00:00Z",
        "2026-03-31T10:00:61Z",
        "2026-03-31T10:00:00+99:99",
        "0001-01-01T00:00:00+02:00",
        "9999-12-31T23:59:59-02:00",
        "٢٠٢٦-03-31",
        "2026-03-31\n",
    ],
    ids=ascii,
)
def test_what_is_no_moment_is_a_fault(text: str) -> None:
    """Also what exists only before the year 1 in UTC; the text is not repeated."""
    found = faults(Project, {**PROJECT, "ModifiedUtc": text})
    assert list(found) == ["$.ModifiedUtc"]
    assert not text or text not in found["$.ModifiedUtc"]


@pytest.mark.parametrize(
    "number",
    [Decimal("1E+400"), Decimal("1E-400"), Decimal("NaN"), 10**31, Decimal("1E+31"), "1.5", True, None, [1]],
    ids=str,
)
def test_what_is_no_amount_is_a_fault(number: Any) -> None:
    """A number out of all range, a text, true."""
    row = {"LineNumber": 1, "Quantity": number}
    if number is None:
        assert decode(Order, {**ORDER, "Rows": [row]}).rows[0].quantity is UNSET  # type: ignore[index]
        return
    assert list(faults(Order, {**ORDER, "Rows": [row]})) == ["$.Rows[0].Quantity"]


def test_an_amount_keeps_its_digits() -> None:
    """100 is Decimal('100'), and 1.10 stays 1.10."""
    read = decode(Article, {"Id": ID, "IsActive": True, "Number": "1", "Name": "x", "NetPrice": 100})
    assert isinstance(read.net_price, Decimal)
    assert str(decode(Order, {**ORDER, "Amount": Decimal("1.10")}).amount) == "1.10"


def test_all_faults_are_told_at_once_with_their_paths() -> None:
    """A host sees everything that is wrong in one look."""
    found = faults(
        Order,
        {
            "Id": "no id",
            "Status": "Draft",
            "Amount": "1",
            "OrderDate": 5,
            "IncludesVat": 0,
            "Rows": [{"LineNumber": 1}, {"LineNumber": "2", "Text": 5}, "row"],
            "OurReference": {},
        },
    )
    assert found == {
        "$.Id": "is not an id of the form 00000000-0000-0000-0000-000000000000",
        "$.Status": "should be a number, is a text",
        "$.Amount": "should be a number, is a text",
        "$.OrderDate": "should be a text, is a number",
        "$.IncludesVat": "should be true or false, is a number",
        "$.Rows[1].LineNumber": "should be a number, is a text",
        "$.Rows[1].Text": "should be a text, is a number",
        "$.Rows[2]": "should be an object, is a text",
        "$.OurReference": "should be a text, is an object",
        "$.CustomerId": "is missing",
    }


def test_a_message_shows_five_faults() -> None:
    """The rest is counted, and in `faults`."""
    with pytest.raises(DecodeError, match=r"; .* and 2 more$"):
        decode(
            Order,
            {"Id": 1, "CustomerId": 1, "Status": "", "Amount": "", "Rows": 1, "Number": "", "OrderDate": 1},
        )


@pytest.mark.parametrize("value", [None, 1, "x", [], True, Decimal(1)], ids=repr)
@pytest.mark.parametrize("cls", SCHEMAS, ids=lambda cls: cls.__name__)
def test_only_an_object_is_a_model(cls: type[Model], value: Any) -> None:
    """Everything else is one fault at the root."""
    assert list(faults(cls, value)) == ["$"]


CUSTOMER: dict[str, Any] = {"Id": ID, "Name": "Acme", "IsActive": True, "CustomerNumber": "10"}


@pytest.mark.parametrize(
    "odd",
    [
        {"TermsOfPayment": {"Name": "30 days"}},
        {"TermsOfPayment": {"Id": None}},
        {"TermsOfPayment": "30 days"},
        {"GLN": 1},
        {"DiscountAgreementId": ""},
        {"LastInvoiceDate": "never"},
        {"notes": [ID, 5]},
        {"UnpaidInvoicesAmount": "1"},
    ],
    ids=str,
)
def test_a_member_that_nothing_relies_on_stops_nothing(odd: dict[str, Any]) -> None:
    """It counts as absent, and is kept as it came, so that a PUT sends it back."""
    read = decode(Customer, {**CUSTOMER, **odd})
    assert evolve(read, extra={}) == decode(Customer, CUSTOMER)
    assert read.extra == odd
    assert encode(read) == {**CUSTOMER, **odd}


@pytest.mark.parametrize(
    ("cls", "value", "path"),
    [
        pytest.param(Customer, {**CUSTOMER, "Name": None}, "$.Name", id="required"),
        pytest.param(
            Customer, {**CUSTOMER, "CorporateIdentityNumber": 5}, "$.CorporateIdentityNumber", id="used"
        ),
        pytest.param(Project, {**PROJECT, "EndDate": "soon"}, "$.EndDate", id="a date that is imported"),
        pytest.param(Order, {**ORDER, "Amount": "1"}, "$.Amount", id="an amount that is checked"),
    ],
)
def test_a_member_that_something_relies_on_is_a_fault(cls: type[Model], value: Any, path: str) -> None:
    """Taken for absent, it would empty what Busy has, or hide what an order came to."""
    assert list(faults(cls, value)) == [path]


@pytest.mark.parametrize("cls", SCHEMAS, ids=lambda cls: cls.__name__)
def test_what_is_relied_on_is_a_member(cls: type[Model]) -> None:
    """A misspelt name would make a used member lenient."""
    optional = {a.name for a in attrs.fields(cls) if a.default is not attrs.NOTHING}  # type: ignore[arg-type]
    assert (cls.relied_on or set()) <= optional - {"extra"}


SECRET = "Kari Nordmann"

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals()
    | st.text(max_size=8)
    | st.sampled_from([ID, SECRET]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def objects(draw: st.DrawFn) -> tuple[type[Model], Any]:
    cls = draw(st.sampled_from([*SCHEMAS]))
    names = [wire_name(a) for a in attrs.fields(cls) if a.name != "extra"]  # type: ignore[arg-type]
    spellings = [*names, *(name[:1].lower() + name[1:] for name in names)]
    chosen = draw(st.lists(st.sampled_from(spellings), max_size=6, unique=True))
    good = {"Id": ID, "CustomerId": ID, "Number": "1", "Name": "x", "Status": 1, "IsActive": True}
    value = draw(st.sampled_from([{}, good]))
    return cls, {**value, **{name: draw(JSON) for name in chosen}}


@given(objects() | st.tuples(st.sampled_from([*SCHEMAS]), JSON))
@settings(max_examples=300)
@example((Customer, {"Id": ID, "Name": SECRET, "IsActive": SECRET}))
@example((Project, {**PROJECT, "id": None}))
def test_any_json_gives_the_model_or_its_faults(given_: tuple[type[Model], Any]) -> None:
    """Nothing else is raised, no value is repeated, and what was read can be written."""
    cls, value = given_
    try:
        read = decode(cls, value)
    except DecodeError as caught:
        error = caught
    else:
        check_round_trip(cls, value, read)
        return
    assert error.faults
    assert SECRET not in str(error)
    assert all(path.startswith("$") for path, _ in error.faults)


def check_round_trip(cls: type[Model], value: Any, read: Model) -> None:
    again = decode(cls, encode(read))
    # A value that is not a number differs from itself, and may hide in an unknown member.
    assert evolve(again, extra={}) == evolve(read, extra={}) or "NaN" in repr(value)
    assert SECRET not in repr(read)


def test_a_repr_shows_no_text() -> None:
    """Ids, numbers, dates and flags help when debugging; names are nobody's business."""
    read = decode(
        Customer,
        {"Id": ID, "Name": SECRET, "IsActive": True, "InvoiceCity": "Bergen", "Notes": [], "Extra": SECRET},
    )
    assert repr(read) == f"Customer(id='{ID}', is_active=True, notes=<0>)"


def test_a_new_order_is_written_with_numbers() -> None:
    """Decimals stay decimals, dates are days, what is unset is not there, None is null."""
    new = NewOrder(
        customer_id=CustomerId(ID),
        currency_code="NOK",
        order_date=date(2026, 3, 31),
        your_reference=None,
        rows=(
            NewOrderRow(line_number=1, article_id=ArticleId(OTHER_ID), quantity=Decimal("7.5000")),
            NewOrderRow(line_number=2, is_text_row=True, text="æ"),
        ),
        status=OrderStatus.ONGOING,
    )
    assert encode(new) == {
        "CustomerId": ID,
        "CurrencyCode": "NOK",
        "OrderDate": "2026-03-31",
        "YourReference": None,
        "Status": 2,
        "EuThirdParty": False,
        "ReverseChargeOnConstructionServices": False,
        "RotReducedInvoicingType": 0,
        "Rows": [
            {
                "LineNumber": 1,
                "IsTextRow": False,
                "ArticleId": OTHER_ID,
                "Quantity": Decimal("7.5000"),
                "IsWorkCost": False,
                "EligibleForReverseChargeOnVat": False,
            },
            {
                "LineNumber": 2,
                "IsTextRow": True,
                "Text": "æ",
                "IsWorkCost": False,
                "EligibleForReverseChargeOnVat": False,
            },
        ],
    }


@pytest.mark.parametrize("when", [datetime(2026, 3, 31, 23, tzinfo=UTC), datetime(2026, 3, 31)], ids=str)  # noqa: DTZ001
def test_a_day_with_a_time_is_refused(when: datetime) -> None:
    """A datetime is a date to Python, and its offset could move the order to another day."""
    with pytest.raises(ConfigurationError, match="start_date takes a date"):
        encode(evolve(project(), start_date=when))


def test_a_stamp_is_written_in_utc() -> None:
    """With `Z`, since a `+` would have to be escaped; without a zone it is refused."""
    summer = timezone(timedelta(hours=2))
    read = evolve(project(), modified_utc=datetime(2026, 3, 31, 12, tzinfo=summer))
    assert encode(read)["ModifiedUtc"] == "2026-03-31T10:00:00Z"
    with pytest.raises(ConfigurationError, match="aware"):
        encode(evolve(project(), modified_utc=datetime(2026, 3, 31)))  # noqa: DTZ001


def test_the_names_of_members_with_acronyms() -> None:
    """Those that a rule does not give are spelt out."""
    settings_ = decode(CompanySettings, {"Name": "x", "ShowPricesExclVatPC": True, "Gln": "1"})
    assert settings_.show_prices_excl_vat_pc is True
    assert settings_.extra == {}
    assert decode(Customer, {"Id": ID, "Name": "x", "IsActive": True, "GLN": "1"}).gln == "1"


def test_page_meta_may_be_empty() -> None:
    """Paging relies on none of it."""
    assert decode(PageMeta, {}) == PageMeta()


def test_models_export_what_they_say() -> None:
    """`__all__` is sorted and whole."""
    assert models.__all__ == sorted(models.__all__, key=lambda name: (not name.isupper(), name))
    assert all(hasattr(models, name) for name in models.__all__)
