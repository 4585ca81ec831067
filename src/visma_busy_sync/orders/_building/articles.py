"""What lines are sold as: the articles behind Busy's products, and whether an order can have them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from attrs import frozen

from visma_busy_sync.busy import Work, WorkType
from visma_busy_sync.eaccounting.models import UNSET, Article, ArticleAccountCoding, Unset
from visma_busy_sync.orders._problems import ProblemCode, Problems

_DOMESTIC: Final = (
    "domestic_sales_subject_to_vat_account_number",
    "domestic_sales_vat_exempt_account_number",
    "domestic_sales_vat_code_exempt_account_number",
    "domestic_sales_subject_to_reversed_construction_vat_account_number",
)
_FOREIGN: Final = (
    "foreign_sales_subject_to_moss_account_number",
    "foreign_sales_subject_to_third_party_sales_account_number",
    "foreign_sales_subject_to_vat_within_eu_account_number",
    "foreign_sales_vat_exempt_outside_eu_account_number",
    "foreign_sales_vat_exempt_within_eu_account_number",
)


@frozen
class Sold:
    """What a line is sold as.

    Attributes:
        product: Busy's id of the product.
        article: The article that it is linked to.
        vat_rate: The VAT of its coding in percent; None if that is not known, and for a sale abroad.
    """

    product: str
    article: Article
    vat_rate: Decimal | None

    @property
    def unit(self) -> str:
        """How eAccounting calls the unit; empty if it does not say."""
        return self.article.unit_abbreviation or self.article.unit_name or ""


class Articles:
    """Finds what a product is sold as, and takes note of what is wrong with it, once for each product.

    Args:
        work: The work, for its products and settings.
        articles: By Busy's id of a product, the article that it is linked to; None or absent if none.
        codings: The articles' codings by their ids; None or absent where they could not be read.
        foreign: Whether the customer is in another country, which decides the sales accounts that count.
        problems: Takes the problems.
    """

    def __init__(
        self,
        work: Work,
        articles: Mapping[str, Article | None],
        codings: Mapping[str, ArticleAccountCoding | None],
        *,
        foreign: bool,
        problems: Problems,
    ) -> None:
        self._articles = articles
        self._codings = codings
        self._foreign = foreign
        self._problems = problems
        self._names = {product.id: product.name for product in work.products}
        self._found: dict[str, Sold | None] = {}

    def sold(self, product: str) -> Sold | None:
        """Return what `product` is sold as; None where it is linked to no article."""
        if product not in self._found:
            self._found[product] = self._look(product)
        return self._found[product]

    def name(self, sold: Sold) -> str:
        """Return how the customer reads a product."""
        return self._names.get(sold.product) or sold.article.name

    def _look(self, product: str) -> Sold | None:
        article = self._articles.get(product)
        if article is None:
            self._problems.add(ProblemCode.PRODUCT_NOT_LINKED, "product", product)
            return None
        if not article.is_active:
            self._problems.add(ProblemCode.ARTICLE_INACTIVE, "product", product)
        if not article.unit_id:
            self._problems.add(ProblemCode.ARTICLE_WITHOUT_UNIT, "product", product)
        coding = self._codings.get(article.coding_id or "")
        if coding is None:
            return Sold(product, article, None)
        if all(getattr(coding, account) is None for account in (_FOREIGN if self._foreign else _DOMESTIC)):
            self._problems.add(ProblemCode.ARTICLE_WITHOUT_SALES_ACCOUNT, "product", product)
        rate: Decimal | Unset = coding.vat_rate_percent
        # Sales abroad have a VAT of their own, which eAccounting alone decides.
        return Sold(product, article, None if rate is UNSET or self._foreign else rate)


def product_of_hours(work: Work, work_type: WorkType) -> str | None:
    """Return Busy's id of the product that hours are sold as: their work type's, else the fallback (R25)."""
    return work_type.product or work.settings.fallback_product


def product_of_fixed_price(work: Work, work_type: WorkType) -> str | None:
    """Return Busy's id of the product of a fixed price: the work type's, else that of the settings."""
    settings = work.settings
    return work_type.product or settings.fixed_price_product or settings.fallback_product
