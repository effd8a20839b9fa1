"""What do the rows of an order file mean? One row per line, rows of one order under one order id."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings

from erp.core.errors import InvalidInput, KeelError
from erp.core.imports.target import (
    UNCHANGED,
    Column,
    Done,
    Item,
    Option,
    Plan,
    Scope,
    Target,
    Undone,
    register_target,
)
from erp.core.services.inbox_supersede import inbox_supersede_many
from erp.core.services.work import JobDraft, job_enqueue_many
from orders.channels import fields
from orders.channels.csv_feed import FeedOrder, body_of, feed_order, row_error
from orders.models import Channel, Order
from orders.services import order_receive_many
from orders.services.feed import feed_keep_many
from orders.services.order import ACTION
from orders.services.release import order_cancel
from orders.states import OrderState

_ROW = re.compile(r"^row \d+(: | )")
_NAIVE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?)?")
_LINE: tuple[tuple[str, Callable[[Any, str], Any]], ...] = (
    ("sku", lambda value, name: fields.read_text(value, name, 80)), ("quantity", fields.read_quantity),
    ("unit_price", fields.read_amount),
)  # fmt: skip
ALLOCATED = 500  # orders that are promised stock in one transaction
_TAKEN_IN = (OrderState.CONFIRMED, OrderState.ON_HOLD)


def _channels() -> list[tuple[str, str]]:
    rows = Channel.objects.filter(is_active=True).order_by("code").values_list("code", "name", "currency")
    return [(code, f"{name} ({currency})") for code, name, currency in rows]


def _zones() -> list[tuple[str, str]]:
    zones = ("UTC", settings.TIME_ZONE, "Europe/London", "Europe/Berlin", "America/New_York")
    return [(zone, zone) for zone in dict.fromkeys(zones)]


class OrderTarget(Target):
    kind: ClassVar[str] = "orders"
    label: ClassVar[str] = "Orders"
    noun: ClassVar[str] = "order"
    help_text: ClassVar[str] = (
        "A row per order line; rows of one order share its order id. A known order stays as it is. A bad row keeps its order "
        "out, not its neighbours; what is kept out lies in the inbox with its error."
    )
    permission: ClassVar[str] = "orders.import"
    view_permission: ClassVar[str] = "orders.view"
    document: ClassVar[str] = "orders.Order"
    key_columns: ClassVar[tuple[str, ...]] = ("external_id",)
    grouped: ClassVar[bool] = True
    plan_reads: ClassVar[bool] = False
    batch: ClassVar[int] = 1_000  # the forty statements of a chunk are shared by more orders
    options: ClassVar[tuple[Option, ...]] = (
        Option("channel", "Channel", _channels, help_text="An order id is unique in its channel."),
        Option(
            "time_zone",
            "Time zone",
            _zones,
            is_required=False,
            help_text="Of times that name none. Blank: they are refused.",
        ),
    )
    columns: ClassVar[tuple[Column, ...]] = (
        Column(
            "external_id",
            "Order id",
            is_required=True,
            aliases=(
                "order",
                "order number",
                "order no",
                "order id",
                "invoice",
                "invoiceno",
                "bestellnummer",
                "name",
            ),
            example="A-1001",
        ),
        Column(
            "ordered_at",
            "Ordered at",
            "moment",
            True,
            ("order date", "date", "invoice date", "invoicedate", "created at", "datum"),
            "ISO 8601.",
            "2026-03-01T10:00:00+00:00",
        ),
        Column("currency", "Currency", is_required=True, aliases=("currency code",), example="GBP"),
        Column(
            "customer_number",
            "Customer number",
            aliases=("customer", "customer id", "customerid"),
            help_text="Blank: a guest.",
        ),
        Column("email", "E-mail", aliases=("email address", "customer email"), example="pat@example.com"),
        Column("ship_to_name", "Ship to: name", aliases=("shipping name", "recipient"), example="Pat Price"),
        Column(
            "ship_to_line1",
            "Ship to: street",
            aliases=("shipping address1", "shipping street", "address"),
            example="1 High Street",
        ),
        Column("ship_to_city", "Ship to: city", aliases=("shipping city", "city"), example="Leeds"),
        Column(
            "ship_to_postcode",
            "Ship to: postcode",
            aliases=("shipping zip", "postcode", "zip"),
            example="LS1 1AA",
        ),
        Column(
            "ship_to_country", "Ship to: country", aliases=("shipping country", "country code"), example="GB"
        ),
        Column(
            "sku",
            "SKU",
            is_required=True,
            aliases=("item", "lineitem sku", "stock code", "stockcode", "product", "article"),
            example="85123A",
        ),
        Column("quantity", "Quantity", "whole", True, ("qty", "lineitem quantity", "menge"), "", "6"),
        Column(
            "unit_price",
            "Unit price",
            "decimal",
            True,
            ("price", "lineitem price", "unitprice", "preis"),
            "",
            "2.95",
        ),
        Column("description", "Description", aliases=("lineitem name", "title")),
        Column("shipping", "Shipping", "decimal", aliases=("shipping cost", "postage"), example="4.50"),
        Column("payment_provider", "Payment: provider", aliases=("payment method",)),
        Column("payment_ref", "Payment: reference", aliases=("payment reference", "transaction id")),
        Column("payment_amount", "Payment: amount", "decimal", aliases=("paid", "amount paid")),
    )

    def key_of(self, values: Mapping[str, str]) -> tuple[str, ...]:
        return (values["external_id"],)

    def plan(self, items: Sequence[Item], scope: Scope) -> list[Plan]:
        zone = scope.options.get("time_zone", "")
        return [self._plan(item, scope, ZoneInfo(zone) if zone else None) for item in items]

    def _plan(self, item: Item, scope: Scope, zone: ZoneInfo | None) -> Plan:
        rows = [(number, _zoned(values, zone)) for number, values in item.rows]
        key = item.values["external_id"]
        plan = Plan(item, key[:200])
        order = feed_order(key or f"row-{item.number}", rows, scope.options["channel"], scope.at)
        plan.payload = order
        if order.error is not None:
            _name_all(plan, rows, order.error, scope.at)
        elif order.command is not None:
            command = order.command
            total = sum(line.quantity * line.unit_price for line in command.lines)
            plan.after = {"lines": str(len(command.lines)), "goods": f"{total:f} {command.currency}"}
        return plan

    def write(self, plans: Sequence[Plan], scope: Scope) -> None:
        commands = [plan.payload.command for plan in plans]
        bodies = {command.external_id: command.body for command in commands}
        inbox_supersede_many(
            source=scope.options["channel"], kind=ACTION, bodies=bodies, actor=scope.actor, at=scope.at
        )
        received = order_receive_many(commands, actor=scope.actor, at=scope.at)
        for plan, outcome in zip(plans, received, strict=True):
            plan.subject_id = outcome.order_id
            if outcome.error is not None:
                number, named = row_error(plan.payload, outcome.error)
                plan.refuse(_bare(named), row=number, column=_column(named))
                plan.is_kept = outcome.error.is_recorded
            elif not outcome.is_new:
                plan.action = UNCHANGED

    def refused(self, plans: Sequence[Plan], scope: Scope) -> None:
        """What the service refused it has recorded itself; the rest is kept here, raw."""
        kept = []
        for plan in plans:
            order = plan.payload
            if plan.is_kept:
                continue
            if order is None or order.error is None:
                first = plan.problems[0]
                error = InvalidInput(first.message, field=f"row {first.row}", remedy=first.remedy)
                key = plan.item.values["external_id"] or f"row-{plan.item.number}"
                order = FeedOrder(key[:80], plan.item.number, body_of(plan.item.rows), None, error)
            kept.append(order)
        feed_keep_many(kept, channel=scope.options["channel"], actor=scope.actor, at=scope.at)

    def imported(self, subject_ids: Sequence[int], scope: Scope) -> None:
        """Hand the orders to allocation in batches: its beat looks at 500 every half minute, which is hours for a large file."""
        batches = [subject_ids[start : start + ALLOCATED] for start in range(0, len(subject_ids), ALLOCATED)]
        drafts = [
            JobDraft(
                "orders.order_allocate_many",
                f"{scope.name}:{batch[0]}",
                {"order_ids": list(batch)},
                "allocation",
            )
            for batch in batches
        ]
        job_enqueue_many(drafts, actor=scope.actor)

    def undo(self, rows: Sequence[Done], scope: Scope) -> list[Undone]:
        orders = Order.objects.in_bulk([row.subject_id for row in rows])
        notes = []
        for row in rows:
            order = orders.get(row.subject_id)
            notes.append((row.row_id, "it is gone" if order is None else self._cancel(order, scope)))
        return notes

    @staticmethod
    def _cancel(order: Order, scope: Scope) -> str:
        if order.state == OrderState.CANCELLED:
            return ""
        if order.state not in _TAKEN_IN:
            return f"{order.number} is {order.get_state_display().lower()} by now"
        try:
            order_cancel(order_id=order.pk, reason=f"{scope.name} taken back", actor=scope.actor, at=scope.at)
        except KeelError as error:
            return error.as_text()
        return ""


def _zoned(values: Mapping[str, str], zone: ZoneInfo | None) -> Mapping[str, str]:
    text = values["ordered_at"]
    if zone is None or not _NAIVE.fullmatch(text):
        return values
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=zone)
    except ValueError:
        return values  # no such day: it is refused by its name
    return {**values, "ordered_at": moment.isoformat()}


def _name_all(
    plan: Plan, rows: Sequence[tuple[int, Mapping[str, str]]], error: KeelError, at: datetime
) -> None:
    """The normaliser stops at the first fault; a person wants all of them at once."""
    head = rows[0][1]
    checks: list[tuple[int, str, Callable[[], Any]]] = [
        (rows[0][0], "external_id", lambda: fields.read_text(head["external_id"], "external_id", 80)),
        (rows[0][0], "ordered_at", lambda: fields.read_moment(head["ordered_at"], "ordered_at", at=at)),
        (rows[0][0], "currency", lambda: fields.read_currency(head["currency"], "currency")),
        (rows[0][0], "ship_to_country", lambda: fields.read_country(head["ship_to_country"], "ship_to_country")),
    ]  # fmt: skip
    for number, values in rows:
        for name, read in _LINE:
            checks.append((number, name, partial(read, values[name], name)))
    for number, name, check in checks:
        try:
            check()
        except KeelError as found:
            plan.refuse(found, row=number, column=name)
    if not plan.problems:
        where = re.match(r"row (\d+)", error.field)
        plan.refuse(_bare(error), row=int(where[1]) if where else plan.item.number, column=_column(error))


def _column(error: KeelError) -> str:
    name = error.field.rpartition(": ")[2].rpartition(".")[2]
    return "" if name.startswith("row ") else name


def _bare(error: KeelError) -> KeelError:
    return InvalidInput(_ROW.sub("", error.message), field=_column(error), remedy=error.remedy)


register_target(OrderTarget())
