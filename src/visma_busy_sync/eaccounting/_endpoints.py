"""The endpoints that this client knows, declared once; operations are made from them."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Generic, TypeVar

from attrs import frozen

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.eaccounting._codec import DecodeError, decode, encode, wire_types
from visma_busy_sync.eaccounting._operation import Operation
from visma_busy_sync.eaccounting._query import F, Filter
from visma_busy_sync.eaccounting.models import (
    UNSET,
    Article,
    ArticleAccountCoding,
    CompanySettings,
    Customer,
    JsonValue,
    Model,
    NewOrder,
    Order,
    PageMeta,
    Project,
    ProjectStatus,
    TermsOfPayment,
    Unit,
    Unset,
    guid,
)

M = TypeVar("M", bound=Model)

PAGE_SIZE: Final = 100
"""Asked for by default; the largest size that is known to be in production use."""

MAX_PAGE_SIZE: Final = 1000


@frozen
class Page(Generic[M]):
    """One page of a list.

    Attributes:
        rows: Its rows.
        meta: What the server says about it; see `PageMeta`.
    """

    rows: tuple[M, ...]
    meta: PageMeta

    @property
    def total(self) -> int | None:
        """The number of rows over all pages, as the server says; None if it does not."""
        total = self.meta.total_number_of_results
        return None if total is UNSET else total


@frozen
class Stamp:
    """The member of a row that tells when it was changed last.

    Attributes:
        member: Its name in the API.
        attribute: Its name in the model.
        may_lack: Whether the API describes rows without it.
    """

    member: str
    attribute: str
    may_lack: bool = False

    def of(self, row: Model) -> datetime | None:
        """Return when a row was changed last; None if it does not tell."""
        moment: datetime | Unset | None = getattr(row, self.attribute)
        return None if moment is UNSET else moment


@frozen
class Inactivity:
    """The member of a row that tells whether it is still in use.

    Attributes:
        attribute: Its name in the model.
        value: What it is where the row is not in use.
        only: Lists only those.
        all: Lists those as well as the others, naming the member, since a list that names it not may leave
            them out: whether it does is not documented.
    """

    attribute: str
    value: object
    only: Filter
    all: Filter

    def of(self, row: Model) -> bool:
        """Return whether a row is not in use any more."""
        told: object = getattr(row, self.attribute)
        return told == self.value


@frozen
class Endpoint(Generic[M]):
    """A list of objects of one model, and the single objects below it.

    Attributes:
        path: The list's path.
        model: What its rows are.
        key: The name of the id in the path of a single object, as the API describes it.
        new: What is sent to create one.
        stamp: The change stamp of its rows; None if they have none.
        inactivity: How its rows tell that they are not in use; None if they do not.
    """

    path: str
    model: type[M]
    key: str = "id"
    new: type[Model] = Model
    stamp: Stamp | None = None
    inactivity: Inactivity | None = None

    def page(
        self,
        number: int = 1,
        *,
        size: int = PAGE_SIZE,
        where: Filter | None = None,
        order_by: str | None = None,
    ) -> Operation[Page[M]]:
        """Read one page; `number` counts from 1.

        Raises:
            ConfigurationError: If a number is out of range, or a name is unknown to the model.
        """
        _check_whole("number", number)
        _check_whole("size", size)
        if number < 1 or not 1 <= size <= MAX_PAGE_SIZE:
            raise ConfigurationError(f"Page {number} of {size} rows: pages count from 1, sizes to 1000.")
        if where is not None:
            _check_type("where", where, Filter, 'a filter such as F.eq("Status", 1)')
        if order_by is not None:
            _check_type("order_by", order_by, str, 'a text such as "Number desc"')
        query = [("$page", str(number)), ("$pagesize", str(size))]
        if where is not None:
            query.append(("$filter", where.render(self.model)))
        if order_by is not None:
            query.append(("$orderby", self._order(order_by)))
        return Operation("GET", self.path, self._read_page, query=tuple(query))

    def get(self, id: str) -> Operation[M]:
        """Read one object by its id."""
        return Operation("GET", self._single, self._read_one, params={self.key: _path_id(id)})

    def delete(self, id: str) -> Operation[None]:
        """Delete one object by its id."""
        return Operation("DELETE", self._single, _nothing, params={self.key: _path_id(id)}, answers=False)

    def create(self, new: Model) -> Operation[M]:
        """Create one object and read it back.

        Raises:
            ConfigurationError: If it is not what this list takes.
        """
        _check_type("new", new, self.new, f"a {self.new.__name__} of visma_busy_sync.eaccounting.models")
        return Operation("POST", self.path, self._read_one, body=encode(new))

    @property
    def _single(self) -> str:
        return f"{self.path}/{{{self.key}}}"

    def _order(self, text: str) -> str:
        name, _, direction = text.partition(" ")
        if name not in wire_types(self.model) or direction not in {"", "asc", "desc"}:
            raise ConfigurationError(
                f"{self.model.__name__} cannot be ordered by {text!r}.",
                advice="Use the API's own name of a member, and asc or desc behind it if you like.",
            )
        return text

    def _read_one(self, value: JsonValue) -> M:
        return _record(self.model, value)

    def _read_page(self, value: JsonValue) -> Page[M]:
        if not isinstance(value, dict):
            raise DecodeError((("$", "should be an object with Meta and Data"),))
        members = {key[:1].upper() + key[1:]: item for key, item in value.items()}
        meta, data = PageMeta(), members.get("Data")
        faults: list[tuple[str, str]] = []
        in_record = True
        try:
            meta = decode(PageMeta, members.get("Meta") or {})
        except DecodeError as error:
            in_record = False
            faults += error.below("Meta")
        if not isinstance(data, list):
            in_record = False
            faults.append(("$.Data", "should be a list"))
            data = []
        rows: list[M] = []
        for index, item in enumerate(data):
            try:
                rows.append(_record(self.model, item))
            except DecodeError as error:
                faults += error.below(f"Data[{index}]")
        if faults:
            raise DecodeError(tuple(faults), in_record=in_record)
        return Page(tuple(rows), meta)


def _record(model: type[M], value: JsonValue) -> M:
    """Decode a record; each fault names it by its id, if that has the right form."""
    try:
        return decode(model, value)
    except DecodeError as error:
        id = _id_of(value)
        whose = f" (Id {id})" if id else ""
        named = tuple((path, what + whose) for path, what in error.faults)
        raise DecodeError(named, in_record=bool(id)) from None


def _id_of(value: JsonValue) -> str | None:
    try:
        return guid(str(value.get("Id", value.get("id")))) if isinstance(value, dict) else None
    except ValueError:
        return None


def _check_type(name: str, value: object, kind: type[object], wanted: str) -> None:
    if not isinstance(value, kind):
        raise ConfigurationError(f"{name} is of the type {type(value).__name__}.", advice=f"Give {wanted}.")


def _check_whole(name: str, value: object) -> None:
    _check_type(name, value, int, "a whole number")
    if isinstance(value, bool):
        raise ConfigurationError(f"{name} is of the type bool.", advice="Give a whole number.")


def _path_id(id: str) -> str:
    _check_type("id", id, str, "the id that the API gave, as a text")
    try:
        return guid(id)
    except ValueError as error:
        reason = str(error)
    raise ConfigurationError(f"This is {reason}.")


def _nothing(_: JsonValue) -> None:
    return None


def _read_settings(value: JsonValue) -> CompanySettings:
    return decode(CompanySettings, value)


_IS_ACTIVE: Final = Inactivity(
    "is_active", False, F.eq("IsActive", False), F.eq("IsActive", True) | F.eq("IsActive", False)
)
_FINISHED: Final = Inactivity(
    "status", ProjectStatus.FINISHED, F.eq("Status", ProjectStatus.FINISHED), F.ne("Status", 0)
)

PROJECTS: Final = Endpoint(
    "/projects", Project, stamp=Stamp("ModifiedUtc", "modified_utc"), inactivity=_FINISHED
)
CUSTOMERS: Final = Endpoint(
    "/customers",
    Customer,
    "customerId",
    stamp=Stamp("ChangedUtc", "changed_utc", may_lack=True),
    inactivity=_IS_ACTIVE,
)
ARTICLES: Final = Endpoint(
    "/articles", Article, "articleId", stamp=Stamp("ChangedUtc", "changed_utc"), inactivity=_IS_ACTIVE
)
UNITS: Final = Endpoint("/units", Unit)
TERMS_OF_PAYMENTS: Final = Endpoint("/termsofpayments", TermsOfPayment)
ARTICLE_ACCOUNT_CODINGS: Final = Endpoint(
    "/articleaccountcodings", ArticleAccountCoding, "articleAccountCodingId"
)
ORDERS: Final = Endpoint(
    "/orders", Order, new=NewOrder, stamp=Stamp("ModifiedUtc", "modified_utc", may_lack=True)
)

COMPANY_SETTINGS: Final = Operation("GET", "/companysettings", _read_settings)
