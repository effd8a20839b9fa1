"""Which price applies to a line, and where does it come from?

Contract price of the customer → list of the customer → list of the segment → list of the channel → the product's own list
price (base currency). Within a source the largest quantity break that the line reaches wins, then the lowest price.
"""

# ruff: noqa: S608 — every statement is put together from our own literals
from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings

from erp.core.sql import array, query

CONTRACT, CUSTOMER_LIST, SEGMENT_LIST, CHANNEL_LIST, PRODUCT, NONE = (
    "CONTRACT", "CUSTOMER_LIST", "SEGMENT_LIST", "CHANNEL_LIST", "PRODUCT", "NONE",
)  # fmt: skip
_AGREED = (CONTRACT, CUSTOMER_LIST, SEGMENT_LIST, CHANNEL_LIST)


class AppliedPrice(NamedTuple):
    """The unit price (None: nobody has set one in that currency) and its source: one of the words above.

    `detail` names the list, e.g. "TRADE-26 from 10".
    """

    product_id: int
    price: Decimal | None
    source: str
    detail: str = ""

    @property
    def words(self) -> str:
        """The source as a page shows it: "contract price", "customer's price list TRADE-26 from 10"."""
        return " ".join(filter(None, (SOURCES[self.source], self.detail)))

    @property
    def is_agreed(self) -> bool:
        """Whether somebody was promised this price, by contract or by a list."""
        return self.source in _AGREED


class _Entry(NamedTuple):
    minimum_quantity: int
    price: Decimal
    valid_from: date | None
    valid_to: date | None
    list_code: str

    def applies(self, quantity: int, day: date) -> bool:
        return (
            self.minimum_quantity <= quantity
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_to is None or day <= self.valid_to)
        )


@dataclass(frozen=True)
class PriceBook:
    """The prices that may apply to a set of channels, customers and products, for looking up line by line."""

    entries: Mapping[tuple[str, object, str, int], Sequence[_Entry]] = field(default_factory=dict)
    products: Mapping[int, Decimal] = field(default_factory=dict)
    segments: Mapping[int, str] = field(default_factory=dict)

    def price(
        self, channel_id: int, customer_id: int | None, line: tuple[int, int], currency: str, day: date
    ) -> AppliedPrice:
        """This function will return the price of `line` (product id, quantity) on `day`."""
        product_id, quantity = line
        if self.entries:
            parties: list[tuple[str, object]] = []
            if customer_id is not None:
                parties = [
                    (CONTRACT, customer_id),
                    (CUSTOMER_LIST, customer_id),
                    (SEGMENT_LIST, self.segments.get(customer_id, "")),
                ]
            for source, party in [*parties, (CHANNEL_LIST, channel_id)]:
                found = [
                    entry
                    for entry in self.entries.get((source, party, currency, product_id), ())
                    if entry.applies(quantity, day)
                ]
                if found:
                    best = max(found, key=lambda entry: (entry.minimum_quantity, -entry.price))
                    return AppliedPrice(product_id, best.price, source, _detail(best))
        listed = self.products.get(product_id)
        if listed and currency == settings.KEEL_BASE_CURRENCY:
            return AppliedPrice(product_id, listed, PRODUCT)
        return AppliedPrice(product_id, None, NONE)


def _detail(entry: _Entry) -> str:
    breaks = f"from {entry.minimum_quantity}" if entry.minimum_quantity > 1 else ""
    return " ".join(part for part in (entry.list_code, breaks) if part)


_PERIOD = "({0}.valid_from IS NULL OR {0}.valid_from <= %s) AND ({0}.valid_to IS NULL OR {0}.valid_to >= %s)"
_BOOK = f"""
SELECT 'CONTRACT', p.customer_id, '', p.currency, p.product_id, p.minimum_quantity, p.price, p.valid_from, p.valid_to, ''
  FROM orders_contractprice p
 WHERE p.customer_id = ANY(%s::bigint[]) AND p.product_id = ANY(%s::bigint[]) AND {_PERIOD.format("p")}
UNION ALL
SELECT CASE WHEN a.customer_id IS NOT NULL THEN 'CUSTOMER_LIST' WHEN a.segment <> '' THEN 'SEGMENT_LIST' ELSE 'CHANNEL_LIST' END,
       coalesce(a.customer_id, a.channel_id), a.segment, l.currency, e.product_id, e.minimum_quantity, e.price,
       greatest(e.valid_from, l.valid_from), least(e.valid_to, l.valid_to), l.code
  FROM orders_pricelistassignment a
  JOIN orders_pricelist l ON l.id = a.price_list_id AND l.is_active
  JOIN orders_pricelistentry e ON e.price_list_id = l.id AND e.product_id = ANY(%s::bigint[])
 WHERE (a.customer_id = ANY(%s::bigint[]) OR a.channel_id = ANY(%s::bigint[]) OR a.segment = ANY(%s::text[])
        OR a.segment IN (SELECT segment FROM orders_customer WHERE id = ANY(%s::bigint[])))
   AND {_PERIOD.format("e")} AND {_PERIOD.format("l")}
"""
_NAMES = """
UNION ALL SELECT 'SEGMENT_OF', id, segment, '', 0, 0, NULL, NULL, NULL, '' FROM orders_customer WHERE id = ANY(%s::bigint[])
UNION ALL SELECT 'PRODUCT', NULL, '', '', id, 1, list_price, NULL, NULL, '' FROM inventory_product WHERE id = ANY(%s::bigint[])
"""


def price_book(
    *,
    channel_ids: Collection[int],
    customers: Mapping[int, str] | Collection[int],
    products: Mapping[int, Decimal] | Collection[int],
    days: tuple[date, date],
) -> PriceBook:
    """This function will read every price that may apply between the two `days`, in one query.

    Segments and list prices the caller knows already come as mappings (customer id → segment, product id → list price).
    """
    customer_ids, product_ids = array(customers, "bigint"), array(products, "bigint")
    segments = dict(customers) if isinstance(customers, Mapping) else {}
    listed = dict(products) if isinstance(products, Mapping) else {}
    unknown = array([] if segments else customers, "bigint")
    period = [days[1], days[0]]
    sql, parameters = _BOOK, [
        customer_ids, product_ids, *period, product_ids, customer_ids, array(channel_ids, "bigint"),
        array(sorted(set(segments.values())), "text"), unknown, *period, *period,
    ]  # fmt: skip
    if not listed:
        sql, parameters = sql + _NAMES, [*parameters, unknown, product_ids]
    entries: dict[tuple[str, object, str, int], list[_Entry]] = {}
    for source, party, segment, currency, product_id, *entry in query(sql, parameters):
        if source == "SEGMENT_OF":
            segments[party] = segment
        elif source == PRODUCT:
            listed[product_id] = entry[1]
        else:
            key = (source, segment if source == SEGMENT_LIST else party, currency, product_id)
            entries.setdefault(key, []).append(_Entry(*entry))
    return PriceBook(entries, listed, segments)


def prices_for(
    channel_id: int,
    customer_id: int | None,
    lines: Sequence[tuple[int, int]],
    currency: str,
    at: datetime,
) -> list[AppliedPrice]:
    """This function will return the price of each line (product id, quantity) of one order, in their order; one query."""
    day = at.date()
    book = price_book(
        channel_ids=[channel_id],
        customers=[customer_id] if customer_id is not None else [],
        products={product_id for product_id, _ in lines},
        days=(day, day),
    )
    return [book.price(channel_id, customer_id, line, currency, day) for line in lines]


SOURCES = {
    CONTRACT: "contract price",
    CUSTOMER_LIST: "customer's price list",
    SEGMENT_LIST: "segment's price list",
    CHANNEL_LIST: "channel's price list",
    PRODUCT: "list price",
    NONE: "no price",
}
