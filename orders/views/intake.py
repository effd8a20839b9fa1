"""How does a person enter an order?"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from erp.core.errors import KeelError
from erp.core.money import ZERO
from erp.core.pages import FormPage
from orders.channels.normalise import order_command
from orders.forms import OrderForm
from orders.services import order_preview, order_take_in
from orders.services.preview import TypedOrder
from orders.views.entry import typed_lines

BLANK_ROWS = 4
FORM_FIELDS = {"charges[1].amount": "shipping"}


class OrderCreate(FormPage):
    """Manual entry goes through the same normaliser and service as every channel."""

    permission, title, form_class = "orders.create", "New order", OrderForm
    submit_label, done = "Create order", "Order created."
    help_text = "Checked, promised and stored exactly like an order from a channel."
    template_name = "orders/order_form.html"

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("Orders", reverse("orders:order_list"))]

    def get_extra_context(self, request: HttpRequest, form: Any, **kwargs: Any) -> dict[str, Any]:
        rows = _rows(request)
        rows += [{"sku": "", "quantity": "", "unit_price": ""}] * max(BLANK_ROWS - len(rows), 1)
        return {"rows": rows, "numbered": list(enumerate(rows, start=1)), "next": len(rows)}

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        data, at = form.cleaned_data, timezone.now()
        shipping = data["shipping"]
        content = {
            "channel": data["channel"].code, "external_id": data["external_id"], "ordered_at": at.isoformat(),
            "currency": data["currency"], "customer_number": data["customer_number"], "email": data["email"],
            "ships_complete": data["ships_complete"], "lines": _priced(request, data, at),
            "charges": [{"kind": "SHIPPING_REVENUE", "amount": f"{shipping:f}"}] if shipping else [],
            "ship_to": {name: data[f"ship_to_{name}"] for name in ("name", "line1", "city", "postcode", "country")},
        }  # fmt: skip
        try:
            command = order_command(
                content, body=json.dumps(content), at=at, headers={"entered_by": str(request.user)}
            )
        except KeelError as refusal:  # the normaliser speaks of the message's fields, this page of its form's
            refusal.field = FORM_FIELDS.get(refusal.field, refusal.field.replace("ship_to.", "ship_to_"))
            raise
        actor: Any = request.user
        received = order_take_in(command, actor=actor, at=at)
        if received.error is not None:
            raise received.error
        return reverse("orders:order_detail", args=[received.order_id])


def _rows(request: HttpRequest) -> list[dict[str, str]]:
    """The filled rows of the line table."""
    columns = [request.POST.getlist(name) for name in ("sku", "quantity", "unit_price")]
    return [
        {"sku": sku, "quantity": quantity, "unit_price": price}
        for sku, quantity, price in zip(*columns, strict=False)
        if (sku + quantity + price).strip()
    ]


def _priced(request: HttpRequest, data: dict[str, Any], at: datetime) -> list[dict[str, str]]:
    """The filled rows as a message says them: GTINs as SKUs, the price that applies where none is typed, and the tax."""
    typed = TypedOrder(
        data["channel"],
        data["currency"],
        typed_lines(request),
        data["customer_number"],
        tax_rate=data["tax_rate"] or ZERO,
    )
    known = iter(order_preview(typed, at=at).lines)
    rows = _rows(request)
    for row in rows:
        line = next(known, None) if row["sku"].strip() else None
        if line is None or line.product_id is None:
            continue
        row["sku"] = line.sku
        if not row["unit_price"].strip() and line.price is not None:
            row["unit_price"] = f"{line.price:f}"
        if line.tax:
            row["tax_amount"] = f"{line.tax:f}"
    return rows
