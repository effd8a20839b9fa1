"""How is a year of trading replayed through the services that live orders use?

Day by day in simulated time: goods arrive, backorders are served, orders come in by the slot, credits are matched, parcels
leave, corrections are posted, the replenishment rule buys, and a month that is over is closed. Every source row has one fate.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from time import perf_counter

from erp.core.errors import KeelError
from erp.core.models import ApprovalRequest, User
from erp.core.services.approval import approval_decide
from erp.core.services.exception_case import CaseDraft, exception_open_many, exception_resolve
from erp.core.services.inbox import InboxDraft, StoredMessage, inbox_store_many
from erp.core.sql import array, query
from erp.demo import buying, money_back, promises
from erp.demo.catalogue import address_of, draw
from erp.demo.master import Company
from erp.demo.orders import channel_of, charges_of, command_of, reason_of
from erp.demo.source import Document, SourceRow
from erp.demo.tally import Fate, Tally
from fulfillment.services import fulfillment_ship_through_many
from inventory.services import (
    AdjustmentDraft,
    AdjustmentLineDraft,
    adjustment_record_many,
    stock_snapshot_take,
)
from ledger.models import AccountRole, Period
from ledger.services.period import period_begin_close, period_close, period_ensure
from orders.services import (
    ChargeDraft,
    CustomerDraft,
    PaymentDraft,
    charge_post_many,
    customer_create_many,
    hold_release_many,
    order_allocate_many,
    order_receive_many,
    payment_capture_many,
)
from orders.states import HoldState

SLOTS = (9, 11, 13, 15, 17)  # the channels are polled at these hours
CREDIT_HOUR = 17  # customer service settles the day's credits before the van leaves
SHIP_HOUR = 18
CARRIER = "Royal Parcel"
# What people decide about the cases that the source's gaps open, and who does
DECISIONS = {
    "CREDIT_WITHOUT_SALE": ("cora", "Refused: no sale to this customer is on file."),
    "NEGATIVE_ATTEMPT": ("paul", "Counted: there was nothing left to write off."),
    "RECEIPT_VARIANCE": ("ben", "The supplier sends the rest."),
}
BATCH = 120  # orders per shipping batch: bounds memory and the time locks are held
CREDIT_DAYS = 30


@dataclass
class Replay:
    """The state of a replay that is not in the database: counters, and the clock it keeps."""

    company: Company
    tally: Tally = field(default_factory=Tally)
    days: int = 0
    orders: int = 0
    closed: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    invoices: Counter[str] = field(default_factory=Counter)
    deliveries: dict[date, list[int]] = field(default_factory=dict)

    @property
    def actor(self) -> User:
        return self.company.people["replay"]

    def timed(self, name: str, work: Callable[..., None], *arguments: object) -> None:
        """This function will run `work` and add its seconds to the stage's account."""
        started = perf_counter()
        work(*arguments)
        self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - started

    def day(self, day: datetime, documents: Sequence[Document], *, finish: bool = True) -> None:
        """This function will trade one day. With `finish` off, what came in after noon is left for people to work on."""
        at = day + timedelta(hours=7)
        self.timed("period", self._open_period, at)
        self.timed("buying", buying.morning, self, at)
        self.timed("money", self._collect, at)
        self.timed("holds", self._release_holds, at)
        self.timed("desk", self._work_the_desk, at)
        for slot, part in _slots(documents, day):
            self.timed("receive", self._receive, part, slot)
        self.timed("credits", money_back.credit, self, documents, day + timedelta(hours=CREDIT_HOUR))
        if finish:
            self.timed("ship", self._ship, day + timedelta(hours=SHIP_HOUR))
        self.timed("adjust", self._adjust, documents, day + timedelta(hours=19))
        self.timed("buying", buying.evening, self, day + timedelta(hours=20))
        self.timed("promises", promises.evening, self, day + timedelta(hours=21))
        self.days += 1

    def _open_period(self, at: datetime) -> None:
        period_ensure(at.date(), actor=self.company.people["fay"], at=at)
        self.close_before(at.date().replace(day=1), at)

    def close_before(self, day: date, at: datetime) -> None:
        """This function will close every open month that ended before `day`, oldest first, and snapshot the stock."""
        fay = self.company.people["fay"]
        for period in Period.objects.filter(end_date__lt=day).exclude(state="CLOSED").order_by("start_date"):
            stock_snapshot_take(at=at)
            period_begin_close(period_id=period.pk, actor=fay, at=at)
            period_close(period_id=period.pk, actor=fay, at=at)
            self.closed.append(period.code)

    def _receive(self, documents: Sequence[Document], at: datetime) -> None:
        sales = [document for document in documents if document.sales]
        self._charges([document for document in documents if document.charges and not document.sales], at)
        if not sales:
            return
        numbers = {document.customer: document for document in sales if document.customer}
        customer_create_many(
            [
                CustomerDraft(
                    number,
                    to.name,
                    to.email,
                    "BUSINESS",
                    None,
                    to.line1,
                    to.city,
                    to.postcode,
                    to.country,
                    language="de" if to.country in ("DE", "AT") else "",
                )
                for number, document in numbers.items()
                for to in [address_of(number, document.country, business=True)]
            ],
            actor=self.company.people["channel"],
            at=at,
        )
        commands = [command_of(document, self._external_id(document)) for document in sales]
        received = order_receive_many(commands, actor=self.company.people["channel"], at=at)
        for document, outcome in zip(sales, received, strict=True):
            fate = Fate.SALE if outcome.order_id else Fate.EXCEPTION
            self.tally.count(document.sales, fate)
            self.tally.count(document.charges, Fate.CHARGE if outcome.order_id else Fate.EXCEPTION)
        fresh = [outcome.order_id for outcome in received if outcome.order_id is not None]
        self.orders += len(fresh)
        order_allocate_many(order_ids=fresh, actor=self.actor, at=at)

    def _external_id(self, document: Document) -> str:
        """The invoice number; one invoice of the source stands in two places and is two orders."""
        self.invoices[document.invoice] += 1
        seen = self.invoices[document.invoice]
        return document.invoice if seen == 1 else f"{document.invoice}-{seen}"

    def store(self, documents: Sequence[Document], kind: str, at: datetime) -> list[StoredMessage]:
        """This function will keep documents that become no order raw in the inbox, marked as handled by `kind`."""
        return inbox_store_many(
            [
                InboxDraft(
                    channel_of(document), kind, f"{kind}:{self._external_id(document)}", document.raw, "", {},
                    f"{kind}:{document.invoice}",
                )
                for document in documents
            ],
            at=at,
        )  # fmt: skip

    def _charges(self, documents: Sequence[Document], at: datetime) -> None:
        if not documents:
            return
        drafts = []
        for document, message in zip(
            documents, self.store(documents, "orders.charge_post_many", at), strict=True
        ):
            channel = self.company.channels[channel_of(document)]
            drafts += [
                ChargeDraft(
                    message.id,
                    number,
                    AccountRole(charge.kind),
                    charge.amount,
                    "GBP",
                    channel,
                    charge.description,
                )
                for number, charge in enumerate(charges_of(document.charges))
            ]
            self.tally.count(document.charges, Fate.CHARGE)
        charge_post_many(drafts, actor=self.actor, at=at)

    def _release_holds(self, at: datetime) -> None:
        held = [
            row[0]
            for row in query(
                "SELECT id FROM orders_hold WHERE state = %s AND opened_at < %s ORDER BY id",
                [HoldState.OPEN, at - timedelta(hours=10)],
            )
        ]
        if held:
            ada = self.company.people["ada"]  # whatever its kind
            freed = hold_release_many(
                hold_ids=held, reason="Called the customer: the order is meant.", actor=ada, at=at
            )
            order_allocate_many(order_ids=freed, actor=self.actor, at=at)

    def _work_the_desk(self, at: datetime) -> None:
        """What lies on the desk for a day and a half is decided; one case in fifteen is harder and stays."""
        old = query(
            "SELECT id, kind FROM core_exceptioncase WHERE state = 'OPEN' AND kind = ANY(%s::text[]) "
            "AND opened_at < %s ORDER BY id",
            [array(DECISIONS, "text"), at - timedelta(hours=36)],
        )
        for case_id, kind in old:
            if draw(f"case:{case_id}", 15):
                name, reason = DECISIONS[kind]
                person = self.company.people[name]
                exception_resolve(case_id=case_id, resolution="manual", reason=reason, actor=person, at=at)

    def _collect(self, at: datetime) -> None:
        """Trade customers pay a month after the last parcel."""
        due = query(
            "SELECT o.id, o.amount_invoiced - o.amount_credited - o.amount_paid + o.amount_refunded FROM orders_order o "
            "JOIN orders_channel c ON c.id = o.channel_id WHERE NOT c.is_prepaid AND o.state = 'SHIPPED' "
            "AND o.shipped_at < %s AND o.amount_invoiced - o.amount_credited > o.amount_paid - o.amount_refunded ORDER BY o.id",
            [at - timedelta(days=CREDIT_DAYS)],
        )
        drafts = [
            PaymentDraft(order_id, "bank", f"bt_{order_id}_{at:%y%m%d}", amount) for order_id, amount in due
        ]
        payment_capture_many(drafts, actor=self.company.people["fay"], at=at)

    def _ship(self, at: datetime) -> None:
        """Everything promised leaves today, but one order in twelve of today's waits for tomorrow's van."""
        ready = [
            row[0]
            for row in query(
                "SELECT DISTINCT o.id, o.ordered_at::date FROM orders_allocation a "
                "JOIN orders_orderline l ON l.id = a.order_line_id "
                "JOIN orders_order o ON o.id = l.order_id WHERE a.state = 'ACTIVE' AND NOT a.is_planned "
                "AND o.state IN ('ALLOCATED', 'RELEASED') ORDER BY o.id"
            )
            if row[1] < at.date() or draw(f"late:{row[0]}", 12)
        ]
        pia = self.company.people["pia"]
        for start in range(0, len(ready), BATCH):
            fulfillment_ship_through_many(
                order_ids=ready[start : start + BATCH], carrier=CARRIER, actor=pia, at=at
            )

    def _adjust(self, documents: Sequence[Document], at: datetime) -> None:
        """Corrections of the day, posted where the stock allows; the rest is an exception case each."""
        rows = [(document, row) for document in documents for row in document.adjustments]
        if not rows:
            return
        chosen = [document for document in documents if document.adjustments]
        messages = dict(
            zip(
                [d.invoice for d in chosen],
                self.store(chosen, "inventory.adjustment_record_many", at),
                strict=True,
            )
        )
        there = self._free([self.company.products[row.sku.upper()] for _, row in rows])
        drafts, refused = [], []
        for document, row in rows:
            product = self.company.products[row.sku.upper()]
            bin_id = self.company.home_bins[product]
            if row.quantity < 0 and there.get(product, 0) < -row.quantity:
                refused.append((messages[document.invoice].id, row))
                continue
            there[product] = there.get(product, 0) + row.quantity
            line = AdjustmentLineDraft(
                product, row.quantity, location_id=bin_id, unit_cost=self.company.costs[product]
            )
            drafts.append(
                AdjustmentDraft(
                    self.company.nodes["NORTH"].pk,
                    reason_of(row),
                    [line],
                    row.description or "no reason given",
                )
            )
        adjustment_record_many(drafts=drafts, actor=self.company.people["paul"], at=at)
        self.approve("inventory.adjustment_post", at)
        refused_rows = {row.number for _, row in refused}
        self.tally.count([row for _, row in rows if row.number not in refused_rows], Fate.ADJUSTMENT)
        self.tally.count([row for _, row in refused], Fate.EXCEPTION)
        exception_open_many([_negative(message, row) for message, row in refused], actor=self.actor, at=at)

    def _free(self, products: Sequence[int]) -> dict[int, int]:
        """Units in North's home bins that no picker and no promise has."""
        return dict(
            query(
                "SELECT b.product_id, least(b.quantity - b.quantity_allocated, l.quantity) FROM inventory_binstock b "
                "JOIN inventory_stocklevel l ON l.product_id = b.product_id AND l.node_id = %s AND l.status = 'AVAILABLE' "
                "WHERE b.location_id = ANY(%s::bigint[]) AND b.status = 'AVAILABLE' AND b.lot_id IS NULL",
                [
                    self.company.nodes["NORTH"].pk,
                    array([self.company.home_bins[p] for p in set(products)], "bigint"),
                ],
            )  # type: ignore[arg-type]
        )

    def approve(self, kind: str, at: datetime) -> None:
        """This function will let the second person decide what waits, the same evening."""
        for request in ApprovalRequest.objects.filter(kind=kind, state="PENDING").order_by("pk"):
            for name in ("fay", "ada"):
                decider = self.company.people[name]
                try:
                    approval_decide(
                        request_id=request.pk, approve=True, reason="Checked.", actor=decider, at=at
                    )
                except KeelError:
                    if name == "ada":
                        raise
                    continue
                break


def _negative(message_id: int, row: SourceRow) -> CaseDraft:
    return CaseDraft(
        "NEGATIVE_ATTEMPT", "core.InboxMessage", f"{message_id}:{row.number}",
        f"{row.sku}: {-row.quantity} units to write off, fewer are free in the bin",
        {"row": row.number, "sku": row.sku, "quantity": row.quantity, "said": row.description},
    )  # fmt: skip


def _slots(documents: Sequence[Document], day: datetime) -> Iterator[tuple[datetime, list[Document]]]:
    """The day's documents by the poll that brings them in; what comes after the last poll comes with it."""
    edges = [day + timedelta(hours=hour) for hour in SLOTS]
    for number, edge in enumerate(edges):
        start = edges[number - 1] if number else day
        last = number == len(edges) - 1
        part = [d for d in documents if start <= d.at and (d.at < edge or last)]
        if part:
            yield edge, part
