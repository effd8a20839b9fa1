"""Who tells a partner what becomes of an order: answer, despatch advice, invoice, and what is in stock?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db import transaction

from erp.core.errors import NotFound
from erp.core.models import User
from erp.core.money import EXPONENTS
from orders.channels.contract import ShipmentNotice, StockValue
from orders.channels.document import Snapshot, from_json
from orders.channels.edi import edifact_out, x12_out
from orders.channels.edi.adapter import digest
from orders.channels.edi.documents import (
    ACCEPTED,
    BACKORDERED,
    CHANGED,
    KINDS,
    REJECTED,
    Answer,
    AnswerLine,
    Despatch,
    Document,
    Heading,
    Invoice,
    InvoiceLine,
    Product,
    SentLine,
    Stock,
)
from orders.channels.edi.envelope import X12
from orders.channels.edi.profile import Profile
from orders.channels.edi.write import Controls, edifact, x12
from orders.models import ChannelOrder, Connection, EdiInterchange, EdiMessage, Order, OrderLine
from orders.services.connection import account_of
from orders.services.edi_write import InterchangeDraft, edi_connection_lock, edi_interchange_write
from orders.states import OrderState


@dataclass(frozen=True)
class _Told:
    """An order of a partner: as the partner said it, and as it is here."""

    row: ChannelOrder
    order: Order
    snapshot: Snapshot
    lines: Mapping[str, OrderLine]  # by the partner's line

    def product(self, ref: str) -> Product:
        """This function will return a line as the partner speaks of it."""
        fact: Mapping[str, Any] = self.snapshot.facts.get("items", {}).get(ref, {})
        said = next((line for line in self.snapshot.lines if line.ref == ref), None)
        ids = [(str(code), str(value)) for code, value in fact.get("ids", [])] or [
            ("VN", said.sku if said else ref)
        ]
        words = said.description if said else ""
        return Product(
            ref.partition("#")[0], ids, fact.get("unit") or "EA", int(fact.get("factor", 1)), words
        )

    def heading(self, at: datetime) -> Heading:
        """This function will return what every document says of the order."""
        parties = self.snapshot.facts.get("parties", {})
        return Heading(
            self.snapshot.external_id, self.order.number, self.snapshot.ordered_at, self.snapshot.currency, at,
            self.snapshot.ship_to, parties.get("ST") or parties.get("DP") or "", parties.get("BY") or "",
        )  # fmt: skip


def _told(connection: Connection, external_id: str) -> _Told:
    row = ChannelOrder.objects.filter(channel=connection.channel, external_id=external_id).first()
    order = Order.objects.filter(channel=connection.channel, external_id=external_id).first()
    if row is None or order is None or row.applied is None:
        raise NotFound(
            f"{connection.channel.code} has no order {external_id[:40]} with us", field="order",
            remedy="Look for it among the channel's messages.",
        )  # fmt: skip
    ours = {line.position: line for line in OrderLine.objects.filter(order=order)}
    lines = {ref: ours[place] for ref, place in row.line_map.items() if place in ours}
    return _Told(row, order, from_json(Snapshot, row.applied), lines)


def _write(
    connection: Connection, profile: Profile, document: Document, key: str, number: str, *, actor: User, at: datetime
) -> EdiInterchange:  # fmt: skip
    kind, message = KINDS[type(document)]

    def compose(controls: Controls) -> str:
        if profile.standard == X12:
            return x12(profile, controls, kind, [x12_out.rows(document)], is_test=profile.sends_test)
        return edifact(
            profile, controls, [edifact_out.message(document, profile)], is_test=profile.sends_test
        )

    name = kind if profile.standard == X12 else message
    draft = InterchangeDraft(key, name, compose, [(name, number)])
    return edi_interchange_write(draft, connection=connection, profile=profile, actor=actor, at=at)


@transaction.atomic
def edi_order_answer(
    *, channel: str, external_id: str, reason: str = "", actor: User, at: datetime
) -> EdiInterchange | None:
    """This function will tell a partner what we do with an order as it stands (855, ORDRSP), once per version of it.

    None when the partner wants no such document.
    """
    connection = edi_connection_lock(channel)
    profile = Profile.of(account_of(connection, at=at))
    if "855" not in profile.sends:
        return None
    told = _told(connection, external_id)
    lines = [_answer_line(told, line.ref) for line in told.snapshot.lines]
    statuses = {line.status for line in lines}
    cancelled = told.order.state == OrderState.CANCELLED
    whole = REJECTED if cancelled else statuses.pop() if len(statuses) == 1 else CHANGED
    document = Answer(told.heading(at), whole, lines, reason)
    key = f"answer:{told.row.pk}:{told.row.applied_version}{':off' if cancelled else ''}"
    return _write(connection, profile, document, key, external_id, actor=actor, at=at)


def _answer_line(told: _Told, ref: str) -> AnswerLine:
    """What is promised or gone is confirmed, what still waits for stock is backordered, what was cancelled is refused."""
    product = told.product(ref)
    said = next(line for line in told.snapshot.lines if line.ref == ref)
    wanted, price = said.quantity - said.removed, said.unit_price * product.factor
    line = told.lines.get(ref)
    if line is None:  # sold as a kit: its components are lines of ours, the partner's is none of them
        return AnswerLine(product, _in(product, wanted), _in(product, wanted), Decimal(0), price, ACCEPTED)
    mine = line.quantity_ordered - line.quantity_cancelled
    confirmed = min(line.quantity_allocated + line.quantity_shipped, wanted)
    waiting = max(min(mine, wanted) - confirmed, 0)
    price = line.unit_price * product.factor
    if not confirmed and not waiting:
        status = REJECTED if wanted or mine == 0 else ACCEPTED
    elif confirmed + waiting < wanted or line.unit_price != said.unit_price:
        status = CHANGED
    else:
        status = BACKORDERED if waiting else ACCEPTED
    ordered = wanted or said.quantity
    return AnswerLine(
        product, _in(product, ordered), _in(product, confirmed), _in(product, waiting), price, status
    )


def _in(product: Product, units: int) -> Decimal:
    """Our units in the partner's unit."""
    return (Decimal(units) / product.factor).quantize(Decimal("0.0001")).normalize() + 0


@transaction.atomic
def edi_shipment_send(*, channel: str, notice: ShipmentNotice, actor: User, at: datetime) -> str:
    """This function will tell a partner of a parcel (856, DESADV) and bill it (810, INVOIC), as far as he wants either.

    Told again it is the same interchange. Returns the control numbers, "not wanted" when there is nothing to tell.
    """
    connection = edi_connection_lock(channel)
    profile = Profile.of(account_of(connection, at=at))
    told = _told(connection, notice.external_id)
    sent = _sent(told, notice.lines)
    written = []
    if "856" in profile.sends:
        document = Despatch(
            told.heading(at), notice.key.rpartition(":")[2] or notice.key, notice.shipped_at, notice.carrier,
            notice.tracking_number, [SentLine(told.product(ref), _in(told.product(ref), units)) for ref, units in sent],
            str(notice.external.get("sscc", "")), profile.ship_from,
        )  # fmt: skip
        written.append(
            _write(
                connection,
                profile,
                document,
                f"despatch:{notice.key}",
                notice.external_id,
                actor=actor,
                at=at,
            )
        )
    if "810" in profile.sends:
        invoice = _invoice(connection, told, sent, at)
        written.append(
            _write(
                connection, profile, invoice, f"invoice:{notice.key}", notice.external_id, actor=actor, at=at
            )
        )
    return ",".join(row.control_number for row in written) or "not wanted"


def _sent(told: _Told, lines: Sequence[tuple[str, str, int]]) -> list[tuple[str, int]]:
    """The partner's lines of a parcel: by their ref, or by the SKU when the sender knows no ref."""
    by_sku = {line.sku.lower(): line.ref for line in reversed(list(told.snapshot.lines))}
    refs = {line.ref for line in told.snapshot.lines}
    found: dict[str, int] = {}
    for ref, sku, units in lines:
        known = ref if ref in refs else by_sku.get(sku.lower())
        if known is None:
            raise NotFound(
                f"line “{ref or sku}” is not in order {told.snapshot.external_id}", field="lines",
                remedy="Tell the partner by hand.",
            )  # fmt: skip
        found[known] = found.get(known, 0) + units
    return list(found.items())


def _invoice(connection: Connection, told: _Told, sent: Sequence[tuple[str, int]], at: datetime) -> Invoice:
    """What left, at the order's prices; its charges are on the first invoice. Numbered by order: SO-000017-1, -2, …"""
    before = EdiMessage.objects.filter(
        interchange__connection=connection, interchange__direction="OUT", kind__in=KINDS[Invoice],
        number=told.snapshot.external_id,
    ).count()  # fmt: skip
    cent = Decimal(1).scaleb(-EXPONENTS[told.snapshot.currency])
    lines, tax = [], Decimal(0)
    for ref, units in sent:
        product = told.product(ref)
        said = next(line for line in told.snapshot.lines if line.ref == ref)
        mine = told.lines.get(ref)
        each = mine.unit_price if mine else said.unit_price
        taxed, of = (mine.tax_amount, mine.quantity_ordered) if mine else (said.tax_amount, said.quantity)
        tax += (taxed * units / of).quantize(cent, ROUND_HALF_UP)
        amount = (each * units).quantize(cent, ROUND_HALF_UP)
        lines.append(InvoiceLine(product, _in(product, units), each * product.factor, amount))
    charges = (
        []
        if before
        else [(charge.description or charge.kind, charge.amount) for charge in told.snapshot.charges]
    )
    return Invoice(told.heading(at), f"{told.order.number}-{before + 1}", at, lines, charges, tax)


@transaction.atomic
def edi_stock_send(
    *, channel: str, values: Sequence[StockValue], actor: User, at: datetime
) -> EdiInterchange | None:
    """This function will tell a partner what there is of these products (846, INVRPT); None when he does not want to know.

    The same quantities of the same journal sequence again are the same report.
    """
    connection = edi_connection_lock(channel)
    profile = Profile.of(account_of(connection, at=at))
    if "846" not in profile.sends or not values:
        return None
    first = profile.product_ids[0] if profile.product_ids else "VN"
    lines = [
        (
            Product(str(place), [(str(value.external.get("sku_id", first)), value.channel_sku)]),
            max(value.quantity, 0),
        )
        for place, value in enumerate(values, start=1)
    ]
    sequence = max(value.sequence for value in values)
    told = ",".join(f"{value.channel_sku}={value.quantity}" for value in values)
    key = (
        f"stock:{sequence}:{digest(told)[:24]}"
        if sequence
        else f"stock:{at:%Y%m%d%H%M%S%f}:{digest(told)[:24]}"
    )
    document = Stock(f"{at:%Y%m%d%H%M%S}", at, lines)
    return _write(connection, profile, document, key, "", actor=actor, at=at)
