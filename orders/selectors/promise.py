"""Which promises can not be kept as things stand, what are they worth, and what could be done instead?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from erp.core.money import ZERO
from erp.core.sql import array, query
from orders.models import Promise

# A promise is at risk when its supply comes too late, brings less than was promised out of it, or the day has passed.
# What each supply still covers goes to its promises in the order in which they were made.
_RISKS = """
WITH open_ AS (
    SELECT p.id, p.order_line_id, p.quantity, p.promised_date, p.supply_id, s.expected_date, s.quantity_open, s.document_type,
           s.document_id, s.reference, s.first_expected_date,
           sum(p.quantity) OVER (PARTITION BY p.supply_id ORDER BY p.promised_date, p.id) AS upto
      FROM orders_promise p LEFT JOIN inventory_expectedsupply s ON s.id = p.supply_id
     WHERE p.state = 'OPEN' AND NOT p.is_covered)
SELECT o.id, p.id, p.order_line_id, l.product_id, pr.sku, p.quantity, p.promised_date,
       CASE WHEN p.upto <= p.quantity_open THEN greatest(p.expected_date, %s) + %s END AS new_date,
       round(p.quantity * l.line_total / l.quantity_ordered, 2), o.number, o.currency, o.ships_complete,
       coalesce(u.name, o.ship_to_name), p.document_type, p.document_id, coalesce(p.reference, ''), p.first_expected_date,
       p.expected_date
  FROM open_ p JOIN orders_orderline l ON l.id = p.order_line_id JOIN orders_order o ON o.id = l.order_id
  JOIN inventory_product pr ON pr.id = l.product_id LEFT JOIN orders_customer u ON u.id = o.customer_id
 WHERE (p.promised_date < %s OR p.supply_id IS NOT NULL
        AND (p.expected_date + %s > p.promised_date OR p.upto > p.quantity_open)) {which}
 ORDER BY p.promised_date, p.id
"""


class PromiseAtRisk(NamedTuple):
    """A promise that can not be kept as things stand; `new_date` None = no supply is left for it. Value in `currency`."""

    order_id: int
    promise_id: int
    line_id: int
    product_id: int
    sku: str
    quantity: int
    promised_date: date
    new_date: date | None
    value: Decimal
    order: str
    currency: str
    ships_complete: bool
    customer: str
    document_type: str | None
    document_id: int | None
    reference: str
    first_expected_date: date | None
    expected_date: date | None

    @property
    def days_late(self) -> int | None:
        """Days between what was promised and what is possible now."""
        return (self.new_date - self.promised_date).days if self.new_date else None


def promises_at_risk(
    *, today: date, document: tuple[str, int] | None = None, promise_ids: Sequence[int] | None = None
) -> list[PromiseAtRisk]:
    """This function will return the promises that can not be kept, the earliest day first, in one query.

    `document` (type, id) narrows to those that were made out of it ("", 0: those without a document).
    """
    which, parameters = "", [today, Promise.DOCK_TO_STOCK.days, today, Promise.DOCK_TO_STOCK.days]
    if document is not None and document[0]:
        which += " AND p.document_type = %s AND p.document_id = %s"
        parameters += [*document]
    elif document is not None:
        which += " AND p.document_type IS NULL"
    if promise_ids is not None:
        which += " AND p.id = ANY(%s::bigint[])"
        parameters.append(array(promise_ids, "bigint"))
    return [PromiseAtRisk(*row) for row in query(_RISKS.format(which=which), parameters)]


@dataclass
class SupplyAtRisk:
    """A document whose promises can not be kept: how many, for how many orders, worth what."""

    document_type: str
    document_id: int
    reference: str
    first_expected_date: date | None
    expected_date: date | None
    promises: int = 0
    units: int = 0
    value: Decimal = ZERO
    orders: set[int] = field(default_factory=set)
    worst: int = 0

    @property
    def slip(self) -> int | None:
        """Days that the document slipped since it was first expected."""
        if self.first_expected_date is None or self.expected_date is None:
            return None
        return (self.expected_date - self.first_expected_date).days


def supplies_at_risk(risks: Sequence[PromiseAtRisk]) -> list[SupplyAtRisk]:
    """This function will sum promises at risk by the document they were made out of, the dearest first."""
    found: dict[tuple[str, int], SupplyAtRisk] = {}
    for risk in risks:
        key = (risk.document_type or "", risk.document_id or 0)
        sums = found.setdefault(
            key,
            SupplyAtRisk(*key, risk.reference or "No supply", risk.first_expected_date, risk.expected_date),
        )
        sums.promises += 1
        sums.units += risk.quantity
        sums.value += risk.value
        sums.orders.add(risk.order_id)
        sums.worst = max(sums.worst, risk.days_late or 0)
    return sorted(found.values(), key=lambda sums: (-sums.value, sums.reference))


class Elsewhere(NamedTuple):
    """Units of a product that some node has to spare."""

    node_id: int
    node: str
    units: int


_ELSEWHERE = """
SELECT v.product_id, v.node_id, n.code,
       v.quantity - coalesce((SELECT max(b.quantity) FROM inventory_stockbuffer b WHERE b.node_id = v.node_id
                                 AND (b.product_id = v.product_id OR b.product_id IS NULL) AND b.channel_code = ''), 0)
  FROM inventory_stocklevel v JOIN inventory_node n ON n.id = v.node_id AND n.is_active
 WHERE v.product_id = ANY(%s::bigint[]) AND v.status = 'AVAILABLE' AND v.quantity > 0
 ORDER BY v.product_id, v.quantity DESC, v.node_id
"""


def stock_elsewhere(product_ids: Sequence[int]) -> dict[int, list[Elsewhere]]:
    """This function will return where products lie, more than the buffers keep, the fullest node first."""
    found: dict[int, list[Elsewhere]] = {}
    for product_id, node_id, code, units in query(_ELSEWHERE, [array(sorted(set(product_ids)), "bigint")]):
        if units > 0:
            found.setdefault(product_id, []).append(Elsewhere(node_id, code, units))
    return found


class PromiseQuote(NamedTuple):
    """What could be promised of a product now: units on the shelf for this channel, and the day for all of them."""

    product_id: int
    quantity: int
    available: int
    promised_date: date | None
    supply: str


_QUOTE = """
SELECT s.product_id, s.reference, s.expected_date,
       s.quantity_open - coalesce((SELECT sum(p.quantity) FROM orders_promise p WHERE p.supply_id = s.id AND p.state = 'OPEN'
                                      AND NOT p.is_covered), 0)
  FROM inventory_expectedsupply s JOIN inventory_node n ON n.id = s.node_id AND n.kind <> 'DROPSHIP'
 WHERE s.product_id = ANY(%s::bigint[]) AND s.quantity_open > 0
 ORDER BY s.product_id, s.expected_date, s.id
"""


def quote_dates(
    wanted: Sequence[tuple[int, int]], available: dict[int, int], *, ships_on: date
) -> list[PromiseQuote]:
    """This function will say by when so many units of products could leave, given what is on the shelf for the buyer.

    From the shelf on `ships_on`; else from the earliest supply that has units nobody was promised yet; None when there is
    none. A product's later lines get what its earlier ones leave.
    """
    coming: dict[int, list[tuple[str, date, int]]] = {}
    for product_id, reference, expected, units in query(
        _QUOTE, [array(sorted({product for product, _ in wanted}), "bigint")]
    ):
        if units > 0:
            coming.setdefault(product_id, []).append((reference, expected, units))
    free = dict(available)
    quotes = []
    for product_id, quantity in wanted:
        have = max(free.get(product_id, 0), 0)
        free[product_id] = have - quantity
        left = quantity - have
        day, supply = (ships_on, "on hand") if left <= 0 else (None, "")
        while left > 0 and coming.get(product_id):
            reference, expected, units = coming[product_id][0]
            given = min(units, left)
            left -= given
            if given == units:
                coming[product_id].pop(0)
            else:
                coming[product_id][0] = (reference, expected, units - given)
            if not left:
                day, supply = max(expected + Promise.DOCK_TO_STOCK, ships_on), reference
        quotes.append(PromiseQuote(product_id, quantity, have, day, supply))
    return quotes


class PromiseRecord(NamedTuple):
    """How well promises were kept in a span of days: closed on time, closed late, and still open past their day."""

    kept: int
    late: int
    overdue: int

    @property
    def rate(self) -> Decimal | None:
        """Promises kept of those whose day has come; None when none has."""
        due = self.kept + self.late + self.overdue
        return Decimal(self.kept) / due if due else None


def promise_record(first: date, last: date, *, today: date, channel_id: int | None = None) -> PromiseRecord:
    """This function will count the promises for the days `first` to `last`, of one channel or all."""
    (row,) = query(
        "SELECT count(*) FILTER (WHERE p.state = 'KEPT'), count(*) FILTER (WHERE p.state = 'LATE'), "
        "count(*) FILTER (WHERE p.state = 'OPEN' AND p.promised_date < %s) FROM orders_promise p "
        "JOIN orders_orderline l ON l.id = p.order_line_id JOIN orders_order o ON o.id = l.order_id "
        "WHERE p.promised_date BETWEEN %s AND %s AND coalesce(o.channel_id = %s, true)",
        [today, first, last, channel_id],
    )
    return PromiseRecord(*row)
