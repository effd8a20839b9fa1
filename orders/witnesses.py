"""How is an order, or a channel's order, told when somebody asks what a piece of work would change?"""

from __future__ import annotations

from collections.abc import Sequence

from erp.core.effects import Picture, Witness, register_witness
from erp.core.pages.format import money_text
from orders.models import ChannelOrder, Hold, Order, OrderCharge, OrderLine, Payment

PLACE = ("ship_to_name", "ship_to_line1", "ship_to_city", "ship_to_postcode", "ship_to_country")
UNITS = (("allocated", "promised"), ("shipped", "shipped"), ("cancelled", "cancelled"))


def _orders(ids: Sequence[int]) -> dict[int, Picture]:
    fields: dict[int, dict[str, str]] = {}
    titles: dict[int, str] = {}
    for order in Order.objects.filter(pk__in=ids).select_related("channel"):
        titles[order.pk] = f"{order.channel.code} order {order.external_id}"
        amounts = ("total", "amount_paid", "amount_refunded", "amount_invoiced", "amount_credited")
        fields[order.pk] = {
            "state": order.get_state_display(),
            "ship to": ", ".join(part for name in PLACE if (part := getattr(order, name))),
            **{
                name.replace("amount_", ""): money_text(getattr(order, name), order.currency)
                for name in amounts
                if name == "total" or getattr(order, name)
            },
        }
        if order.priority:
            fields[order.pk]["priority"] = str(order.priority)
    for order_id, name, value in [*_lines(ids), *_charges(ids), *_payments(ids), *_holds(ids)]:
        fields[order_id][name] = value
    return {pk: Picture(titles[pk], own) for pk, own in fields.items()}


def _lines(ids: Sequence[int]) -> list[tuple[int, str, str]]:
    lines = OrderLine.objects.filter(order__in=ids).select_related("product").order_by("order_id", "position")
    return [
        (line.order_id, f"line {line.position}, {line.product.sku}", _units(line))
        for line in lines
    ]  # fmt: skip


def _units(line: OrderLine) -> str:
    told = [
        f"{units} {word}" for name, word in UNITS if (units := getattr(line, f"quantity_{name}"))
    ]  # fmt: skip
    return f"{line.quantity_ordered} × {line.unit_price:,.2f}" + (f" ({', '.join(told)})" if told else "")


def _charges(ids: Sequence[int]) -> list[tuple[int, str, str]]:
    rows = OrderCharge.objects.filter(order__in=ids).order_by("pk")
    return [
        (row.order_id, f"{row.get_kind_display()} {row.description}".strip(), f"{row.amount:,.2f}")
        for row in rows
    ]


def _payments(ids: Sequence[int]) -> list[tuple[int, str, str]]:
    rows = Payment.objects.filter(order__in=ids).order_by("pk")
    return [
        (
            row.order_id,
            f"{'refund' if row.is_refund else 'payment'} {row.provider} {row.provider_ref}",
            money_text(row.amount, row.currency),
        )
        for row in rows
    ]


def _holds(ids: Sequence[int]) -> list[tuple[int, str, str]]:
    rows = Hold.objects.filter(order__in=ids).order_by("pk")
    return [
        (row.order_id, f"{row.get_kind_display()} hold", f"{row.get_state_display()}: {row.reason}")
        for row in rows
    ]


def _channel_orders(ids: Sequence[int]) -> dict[int, Picture]:
    rows = ChannelOrder.objects.filter(pk__in=ids).select_related("channel").prefetch_related("facts")
    return {
        row.pk: Picture(
            f"What {row.channel.code} says of {row.external_id}",
            {
                "things said": str(len(row.facts.all())),
                "followed up to": row.applied_version,
                "pending": " · ".join(row.pending),
            },
        )
        for row in rows
    }


register_witness(
    Witness(
        "orders.Order",
        "Orders",
        {
            "orders_order": "id",
            "orders_orderchange": "order_id",
            "orders_orderline": "order_id",
            "orders_payment": "order_id",
            "orders_hold": "order_id",
            "orders_allocationdecision": "order_id",
        },
        _orders,
        "orders.view",
        10,
    )
)
register_witness(
    Witness(
        "orders.ChannelOrder", "What the channel says", {"orders_channelfact": "channel_order_id"}, _channel_orders,
        "orders.view", 20,
    )
)  # fmt: skip
