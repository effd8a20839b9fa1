"""Who lets goods leave, and what follows from it?

Stock, cost, revenue, the order and the messages to customer and channel are written in one transaction, in the
order in which locks are taken: documents, stock levels, cost layers, number series. The arithmetic is
`fulfillment.invoicing`'s.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from erp.core.errors import IllegalTransition, InvalidInput, KeelError
from erp.core.models import User
from erp.core.money import ZERO
from erp.core.services.number import number_take
from erp.core.services.state import change_state_many
from erp.core.sql import Statements, array, cents, query, reserve_ids
from fulfillment.invoicing import InvoiceLine, Leaving, invoice_lines
from fulfillment.locks import LockedFulfillment, lock_fulfillments
from fulfillment.models import FulfillmentOrder
from fulfillment.notices import Left, Notice, notices
from fulfillment.postings import ShipmentFigures, shipment_confirmed
from fulfillment.states import FulfillmentState
from inventory.services import Move, Posting, stock_begin, stock_post_many
from inventory.states import StockStatus
from ledger.services import CostIssue, cost_issue_many, journal_entry_post_many
from orders.services import ShippedLine, order_record_shipment_many

ACTION = "fulfillment.shipment_confirm_many"
ONE = Decimal(1)


class OrderIncomplete(KeelError):
    """An order that ships complete has units that are promised to nobody: nothing of it may leave yet."""

    code = "order_incomplete"


class UnknownRate(InvalidInput):
    """A shipment in a foreign currency for which the caller gave no exchange rate."""

    code = "unknown_rate"


_HEADERS = (
    "SELECT f.id, o.id, o.number, o.channel_id, c.code, o.currency, coalesce(u.segment, ''), o.email, o.ship_to_name, "
    "o.external_id, o.charges_invoiced, o.ships_complete AND EXISTS (SELECT 1 FROM orders_orderline m "
    "WHERE m.order_id = o.id AND m.quantity_ordered > m.quantity_allocated + m.quantity_shipped + m.quantity_cancelled), "
    "(SELECT sum(n.quantity_ordered - n.quantity_shipped - n.quantity_cancelled) FROM orders_orderline n "
    "WHERE n.order_id = o.id)::bigint "
    "FROM fulfillment_fulfillmentorder f JOIN orders_order o ON o.id = f.order_id "
    "JOIN orders_channel c ON c.id = o.channel_id LEFT JOIN orders_customer u ON u.id = o.customer_id "
    "WHERE f.id = ANY(%s::bigint[])"
)
# Lots are the tasks' to know; a line picked without tasks, or from bins without lots, is one row.
_LINES = (
    "SELECT l.fulfillment_id, l.id, l.order_line_id, l.allocation_id, l.product_id, t.lot_id, "
    "coalesce(t.quantity, l.quantity_picked), o.quantity_ordered, o.quantity_shipped, o.line_total, o.tax_amount, "
    "g.valuation_method FROM fulfillment_fulfillmentline l JOIN orders_orderline o ON o.id = l.order_line_id "
    "JOIN inventory_product p ON p.id = l.product_id JOIN inventory_category g ON g.id = p.category_id "
    "LEFT JOIN (SELECT k.line_id, k.lot_id, sum(k.quantity_picked)::bigint AS quantity FROM fulfillment_picktask k "
    "JOIN fulfillment_fulfillmentline m ON m.id = k.line_id WHERE m.fulfillment_id = ANY(%s::bigint[]) "
    "AND k.quantity_picked > 0 GROUP BY 1, 2) t ON t.line_id = l.id "
    "WHERE l.fulfillment_id = ANY(%s::bigint[]) AND l.quantity_picked > 0 ORDER BY l.fulfillment_id, l.id, t.lot_id"
)
_CHARGES = "SELECT order_id, kind, sum(amount) FROM orders_ordercharge WHERE order_id = ANY(%s::bigint[]) GROUP BY 1, 2"
_SHIPMENTS = {
    "id": "bigint", "number": "text", "fulfillment_id": "bigint", "order_id": "bigint", "node_id": "bigint",
    "carrier": "text", "tracking_number": "text", "shipped_at": "timestamptz", "stock_sequence": "bigint",
    "revenue": "numeric", "charges": "numeric", "tax": "numeric", "cogs": "numeric",
}  # fmt: skip
_SHIPMENT_LINES = {
    "id": "bigint", "shipment_id": "bigint", "order_line_id": "bigint", "product_id": "bigint", "lot_id": "bigint",
    "quantity": "bigint", "revenue": "numeric", "tax": "numeric", "cogs": "numeric",
}  # fmt: skip


@transaction.atomic
def shipment_confirm_many(
    *,
    fulfillment_ids: Sequence[int],
    carrier: str,
    actor: User,
    at: datetime,
    tracking_numbers: Mapping[int, str] | None = None,
    rates: Mapping[str, Decimal] | None = None,
    tell: bool = True,
) -> list[int]:
    """This function will record that packed fulfilment orders left with a carrier and return their shipments' ids.

    Each posts its stock event, its cost, its revenue (with the charges of the order if it is the order's first) and
    one journal entry. `rates` maps a foreign currency to base currency per unit. With `tell`, customer and channel
    are told. IllegalTransition unless all are PACKED, OrderIncomplete, UnknownRate; all or none.
    """
    carrier = carrier.strip()
    if not carrier:
        raise InvalidInput("a shipment needs a carrier", field="carrier", remedy="Name who takes the parcel.")
    locked = lock_fulfillments(fulfillment_ids)
    _check(locked)
    if not locked:
        return []
    batch = _Shipping(locked, carrier[:40], tracking_numbers or {}, rates or {}, actor, at)
    batch.move_stock()
    batch.issue_cost()
    batch.write(tell=tell)
    position = {row.id: shipment for row, shipment in zip(locked, batch.shipment_ids, strict=True)}
    return [position[pk] for pk in fulfillment_ids]


def _check(locked: Sequence[LockedFulfillment]) -> None:
    for row in locked:
        if row.state != FulfillmentState.PACKED:
            raise IllegalTransition(
                f"{row.number} is {row.state}, not PACKED", field="state",
                remedy="It has left already." if row.state == FulfillmentState.SHIPPED else "Pick and pack it first.",
            )  # fmt: skip


class _Shipping:
    """One batch on its way through the steps of `shipment_confirm_many`."""

    def __init__(
        self,
        locked: Sequence[LockedFulfillment],
        carrier: str,
        tracking: Mapping[int, str],
        rates: Mapping[str, Decimal],
        actor: User,
        at: datetime,
    ) -> None:
        self.locked, self.carrier, self.tracking, self.actor, self.at = locked, carrier, tracking, actor, at
        self.rates: Mapping[str, Decimal] = {**rates, settings.KEEL_BASE_CURRENCY: ONE}
        ids = array([row.id for row in locked], "bigint")
        self.headers = {row[0]: Notice.header(row) for row in query(_HEADERS, [ids])}
        self._check_headers()
        currencies = {row.id: self.headers[row.id].currency for row in locked}
        self.lines: list[InvoiceLine] = invoice_lines(
            [Leaving(*row) for row in query(_LINES, [ids, ids])], currencies
        )
        self.charges = self._charges()
        drawn = reserve_ids(
            {"fulfillment_shipment": len(locked), "fulfillment_shipmentline": len(self.lines)}
        )
        self.shipment_ids = drawn["fulfillment_shipment"]
        self.line_ids = drawn["fulfillment_shipmentline"]
        self.costs: list[Decimal] = []
        self.sequences: list[int] = []

    def _check_headers(self) -> None:
        for header in self.headers.values():
            if header.is_incomplete:
                raise OrderIncomplete(
                    f"{header.order_number} ships complete, and part of it is still wanted",
                    field="order", remedy="Wait for the rest, cancel it, or let the order ship in parts.",
                )  # fmt: skip
            if header.currency not in self.rates:
                raise UnknownRate(
                    f"there is no exchange rate for {header.currency}",
                    field="rates",
                    remedy="Give today's rate.",
                )

    def _charges(self) -> dict[int, dict[str, Decimal]]:
        """Charges of orders whose first shipment is in this batch; their first fulfilment order takes them."""
        orders = sorted({header.order_id for header in self.headers.values() if not header.charges_invoiced})
        found: dict[int, dict[str, Decimal]] = {order: {} for order in orders}
        if orders:
            for order_id, role, amount in query(_CHARGES, [array(orders, "bigint")]):
                found[order_id][role] = amount
        return found

    def move_stock(self) -> None:
        """This function will take the units out of PICKED: one event per shipment."""
        moves: dict[int, list[Move]] = {row.id: [] for row in self.locked}
        nodes = {row.id: row.node_id for row in self.locked}
        for line in self.lines:
            node = nodes[line.fulfillment_id]
            moves[line.fulfillment_id].append(
                Move(line.product_id, line.quantity, node, StockStatus.PICKED, node, StockStatus.CUSTOMER, None, None,
                     line.lot_id, line.order_line_id)
            )  # fmt: skip
        self.sequences = stock_begin(len(self.locked))
        statements = Statements()
        stock_post_many(
            [
                Posting(ACTION, "fulfillment.Shipment", shipment, f"ship:{row.id}", moves[row.id])
                for row, shipment in zip(self.locked, self.shipment_ids, strict=True)
            ],
            actor=self.actor, at=self.at, sequences=self.sequences, statements=statements,
        )  # fmt: skip
        statements.run()

    def issue_cost(self) -> None:
        """This function will take the units' cost out of the layers."""
        self.costs = cost_issue_many(
            [
                CostIssue(line.product_id, line.method, line.quantity, "fulfillment.ShipmentLine", line_id)
                for line, line_id in zip(self.lines, self.line_ids, strict=True)
            ],
            at=self.at,
        )

    def write(self, *, tell: bool) -> None:
        """This function will write shipments, lines, the order's progress, the messages and the journal."""
        ids = dict(zip([row.id for row in self.locked], self.shipment_ids, strict=True))
        figures, charged = self._figures(ids)
        statements = Statements()
        change_state_many(
            FulfillmentOrder, list(ids), source=FulfillmentState.PACKED, to=FulfillmentState.SHIPPED,
            actor=self.actor, at=self.at, action=ACTION, statements=statements,
        )  # fmt: skip
        statements.add(
            "UPDATE fulfillment_fulfillmentline SET quantity_shipped = quantity_picked "
            "WHERE fulfillment_id = ANY(%s::bigint[]) AND quantity_picked > 0",
            [array(list(ids), "bigint")],
        )
        order_record_shipment_many(
            self._shipped(), charged, actor=self.actor, at=self.at, statements=statements
        )
        numbers = number_take("SHP", len(ids))
        figures = [figure._replace(number=number) for figure, number in zip(figures, numbers, strict=True)]
        self._insert(statements, figures, ids)
        if tell:
            notices(self._left(ids, numbers), self.carrier, at=self.at, statements=statements)
        drafts = [shipment_confirmed(figure) for figure in figures]
        journal_entry_post_many(drafts, actor=self.actor, statements=statements)
        statements.run()

    def _left(self, ids: Mapping[int, int], numbers: Sequence[str]) -> list[Left]:
        units: dict[int, dict[int, int]] = {pk: {} for pk in ids}
        for line in self.lines:
            own = units[line.fulfillment_id]
            own[line.order_line_id] = own.get(line.order_line_id, 0) + line.quantity
        return [
            Left(self.headers[pk], shipment, number, self.tracking.get(pk, ""), units[pk])
            for (pk, shipment), number in zip(ids.items(), numbers, strict=True)
        ]

    def _figures(self, ids: Mapping[int, int]) -> tuple[list[ShipmentFigures], dict[int, Decimal]]:
        sums: dict[int, list[Decimal]] = {pk: [ZERO, ZERO, ZERO] for pk in ids}
        for line, cost in zip(self.lines, self.costs, strict=True):
            total = sums[line.fulfillment_id]
            total[0] += line.revenue
            total[1] += line.tax
            total[2] += cost
        charged: dict[int, Decimal] = {}
        figures = []
        day = self.at.date()
        for row, sequence in zip(self.locked, self.sequences, strict=True):
            header = self.headers[row.id]
            charges: Mapping[str, Decimal] = {}
            if header.order_id in self.charges and header.order_id not in charged:
                charges = self.charges[header.order_id]
                charged[header.order_id] = sum(charges.values(), ZERO)
            goods, tax, cogs = sums[row.id]
            figures.append(
                ShipmentFigures(ids[row.id], "", day, sequence, header.currency, goods, tax, charges, cogs, row.node_id,
                                header.channel_id, header.segment, self.rates[header.currency])
            )  # fmt: skip
        return figures, charged

    def _shipped(self) -> list[ShippedLine]:
        """One row per allocation: lots are the stock journal's business."""
        found: dict[int, ShippedLine] = {}
        for line in self.lines:
            before = found.get(line.allocation_id)
            found[line.allocation_id] = ShippedLine(
                self.headers[line.fulfillment_id].order_id, line.order_line_id, line.allocation_id,
                line.quantity + (before.quantity if before else 0),
                line.revenue + (before.revenue if before else ZERO),
                line.tax + (before.tax if before else ZERO),
            )  # fmt: skip
        return list(found.values())

    def _insert(
        self, statements: Statements, figures: Sequence[ShipmentFigures], ids: Mapping[int, int]
    ) -> None:
        statements.insert(
            "fulfillment_shipment",
            _SHIPMENTS,
            [
                (f.shipment_id, f.number, row.id, row.order_id, row.node_id, self.carrier,
                 self.tracking.get(row.id, "")[:60], self.at, f.stock_sequence, cents(f.goods),
                 cents(sum(f.charges.values(), ZERO)), cents(f.tax), cents(f.cogs))
                for row, f in zip(self.locked, figures, strict=True)
            ],
        )  # fmt: skip
        statements.insert(
            "fulfillment_shipmentline",
            _SHIPMENT_LINES,
            [
                (line_id, ids[line.fulfillment_id], line.order_line_id, line.product_id, line.lot_id, line.quantity,
                 str(line.revenue), str(line.tax), str(cost))
                for line_id, line, cost in zip(self.line_ids, self.lines, self.costs, strict=True)
            ],
        )  # fmt: skip
