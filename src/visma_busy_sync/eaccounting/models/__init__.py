"""The API's objects as frozen values: snake_case here, PascalCase on the wire.

Members that the integration cannot do without are plain; every other one may be `UNSET`, because a
server may leave it out. Unknown members are kept in `extra`.
"""

from visma_busy_sync.eaccounting.models._base import (
    UNSET,
    ArticleAccountCodingId,
    ArticleId,
    CustomerId,
    Guid,
    JsonObject,
    JsonValue,
    Model,
    OpenIntEnum,
    OrderId,
    OrderRowId,
    ProjectId,
    TermsOfPaymentId,
    UnitId,
    Unset,
    UnsetType,
    guid,
)
from visma_busy_sync.eaccounting.models.articles import Article, ArticleAccountCoding
from visma_busy_sync.eaccounting.models.company import (
    CompanySettings,
    CompanyStatus,
    DomesticCurrencyRounding,
    ProductVariant,
)
from visma_busy_sync.eaccounting.models.customers import Customer
from visma_busy_sync.eaccounting.models.orders import (
    NewOrder,
    NewOrderRow,
    Order,
    OrderRow,
    OrderStatus,
    RotReducedInvoicingType,
)
from visma_busy_sync.eaccounting.models.page import PageMeta
from visma_busy_sync.eaccounting.models.projects import Project, ProjectStatus
from visma_busy_sync.eaccounting.models.registers import TermsOfPayment, TermsOfPaymentType, Unit

__all__ = [
    "UNSET",
    "Article",
    "ArticleAccountCoding",
    "ArticleAccountCodingId",
    "ArticleId",
    "CompanySettings",
    "CompanyStatus",
    "Customer",
    "CustomerId",
    "DomesticCurrencyRounding",
    "Guid",
    "JsonObject",
    "JsonValue",
    "Model",
    "NewOrder",
    "NewOrderRow",
    "OpenIntEnum",
    "Order",
    "OrderId",
    "OrderRow",
    "OrderRowId",
    "OrderStatus",
    "PageMeta",
    "ProductVariant",
    "Project",
    "ProjectId",
    "ProjectStatus",
    "RotReducedInvoicingType",
    "TermsOfPayment",
    "TermsOfPaymentId",
    "TermsOfPaymentType",
    "Unit",
    "UnitId",
    "Unset",
    "UnsetType",
    "guid",
]
