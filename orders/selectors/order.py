"""What is still wanted, and what does a customer owe?"""

from __future__ import annotations

from django.db.models import (
    BigIntegerField,
    DecimalField,
    ExpressionWrapper,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    Sum,
)
from django.db.models.functions import Coalesce

from orders.models import DropShip, Order, OrderLine
from orders.states import DROP_SHIP_OPEN

# What a supplier sends to the customer is on its way, not short.
_SENT = (
    DropShip.objects.filter(order_line=OuterRef("pk"), state__in=DROP_SHIP_OPEN)
    .order_by()
    .values("order_line")
    .annotate(
        units=Sum(
            F("quantity") - F("quantity_shipped") - F("quantity_cancelled"), output_field=BigIntegerField()
        )
    )
    .values("units")
)


def backordered_lines() -> QuerySet[OrderLine]:
    """This function will return the lines that want stock nobody could promise, with `units_open` and `value_open`."""
    open_units = (
        F("quantity_ordered") - F("quantity_allocated") - F("quantity_shipped") - F("quantity_cancelled")
        - Coalesce(Subquery(_SENT), 0)
    )  # fmt: skip
    return (
        OrderLine.objects.filter(order__needs_allocation=True, order__decisions__isnull=False)
        .annotate(units_open=open_units)
        .filter(units_open__gt=0)
        .annotate(
            value_open=ExpressionWrapper(
                open_units * F("unit_price"), output_field=DecimalField(max_digits=19, decimal_places=4)
            )
        )
        .distinct()
    )


def customer_balance(customer_id: int) -> dict[str, object]:
    """This function will return what a customer ordered, was invoiced, paid and still owes, in sums over all orders."""
    sums = Order.objects.filter(customer_id=customer_id).aggregate(
        ordered=Sum("total"), invoiced=Sum("amount_invoiced"), credited=Sum("amount_credited"), paid=Sum("amount_paid"),
        refunded=Sum("amount_refunded"),
    )  # fmt: skip
    known = {name: value or 0 for name, value in sums.items()}
    return known | {"owes": known["invoiced"] - known["credited"] - known["paid"] + known["refunded"]}
