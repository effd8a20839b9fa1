"""What does a person see while typing an order: products, customers, prices, stock, dates, totals and warnings?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from erp.core.errors import KeelError
from erp.core.money import EXPONENTS, ZERO, quantize
from erp.core.permissions import page
from erp.core.text import storable
from inventory.models import Product
from orders.forms import OrderForm
from orders.models import Channel, Customer
from orders.services import ShipTo, order_preview
from orders.services.preview import TypedLine, TypedOrder
from orders.views.change_rows import amount, whole

SHOWN = 12
MORE_ROWS = 5
MOST_LINES = 200
ADDRESS = ("name", "line1", "city", "postcode", "country")
COLUMNS = ("sku", "quantity", "unit_price")


@page("orders.create")
@require_GET
def product_suggest(request: HttpRequest) -> HttpResponse:
    """This function will return products whose SKU or GTIN starts with what is typed, or whose name holds it."""
    typed = storable(request.GET.get("sku", request.GET.get("new_sku", ""))).strip()[:80]
    found = Product.objects.none()
    if typed:
        found = Product.objects.filter(
            Q(sku__istartswith=typed) | Q(gtin__startswith=typed) | Q(search_text__contains=typed.lower()),
            is_active=True,
        ).order_by("sku")[:SHOWN]
    return render(request, "orders/partials/_suggest_products.html", {"products": found})


@page("orders.create")
@require_GET
def customer_suggest(request: HttpRequest) -> HttpResponse:
    """This function will return customers whose number starts with what is typed, or whose name or city holds it."""
    typed = storable(request.GET.get("customer_number", "")).strip()[:80]
    found = Customer.objects.none()
    if typed:
        found = Customer.objects.filter(
            Q(number__istartswith=typed) | Q(name__icontains=typed) | Q(city__istartswith=typed)
        ).order_by("number")[:SHOWN]
    return render(request, "orders/partials/_suggest_customers.html", {"customers": found})


@page("orders.create")
@require_GET
def order_rows(request: HttpRequest) -> HttpResponse:
    """This function will return a few more blank rows for the line table."""
    start = request.GET.get("from", "0")
    first = int(start) if start.isascii() and start.isdigit() and len(start) < 5 else 0
    rows = [(first + n, dict.fromkeys(COLUMNS, "")) for n in range(1, MORE_ROWS + 1)]
    return render(
        request,
        "orders/partials/_entry_rows.html",
        {"numbered": rows, "next": first + MORE_ROWS, "more": True},
    )


@page("orders.create")
@require_POST
def order_quote(request: HttpRequest) -> HttpResponse:
    """This function will show what the order would be: prices, stock by node, dates, tax, totals, credit and warnings."""
    channel = Channel.objects.filter(code=request.POST.get("channel", "")[:40], is_active=True).first()
    currency = request.POST.get("currency", "")
    if channel is None or currency not in EXPONENTS:
        return render(request, "orders/partials/_entry_quote.html", {})
    number = storable(request.POST.get("customer_number", "")).strip()[:40]
    typed = {name: request.POST.get(f"ship_to_{name}", "").strip() for name in ADDRESS}
    filled = _filled(number, typed)
    order = TypedOrder(
        channel, currency, typed_lines(request), number, ShipTo(**(filled or typed)),
        quantize(_number(request, "shipping"), currency), _number(request, "tax_rate"),
    )  # fmt: skip
    seen = order_preview(order, at=timezone.now())
    context = {"seen": seen, "channel": channel, "address": _address_fields(filled)}
    return render(request, "orders/partials/_entry_quote.html", context)


def typed_lines(request: HttpRequest) -> list[TypedLine]:
    """This function will return the rows with a SKU, as far as they make sense already."""
    columns = [request.POST.getlist(name) for name in COLUMNS]
    found = []
    for sku, quantity, price in list(zip(*columns, strict=False))[:MOST_LINES]:
        if sku.strip():
            units, unit_price = _whole_or_none(quantity), _amount_or_none(price)
            found.append(TypedLine(storable(sku).strip()[:80], units, unit_price))
    return found


def _whole_or_none(text: str) -> int | None:
    """A number that is still being typed is no fault yet."""
    try:
        return min(whole(text, "units"), 1_000_000) or None
    except KeelError:
        return None


def _amount_or_none(text: str) -> Decimal | None:
    """A price that is still being typed is no fault yet."""
    try:
        value = amount(text, "price")
    except KeelError:
        return None
    return value if ZERO <= value < 10**9 else None


def _number(request: HttpRequest, name: str) -> Decimal:
    return _amount_or_none(request.POST.get(name, "")) or ZERO


def _filled(number: str, typed: dict[str, str]) -> dict[str, str]:
    """The customer's own address while none is typed, else nothing."""
    if not number or any(value for name, value in typed.items() if name != "country"):
        return {}
    customer = Customer.objects.filter(number=number).exclude(line1="").first()
    return {name: getattr(customer, name) for name in ADDRESS} if customer else {}


def _address_fields(filled: dict[str, str]) -> list[Any]:
    """The form's address fields with these values, to be put where the blank ones stand."""
    form = OrderForm(initial={f"ship_to_{name}": value for name, value in filled.items()})
    look: dict[str, str | bool] = {"class": "textinput form-control", "hx-swap-oob": "true"}
    return [form[f"ship_to_{name}"].as_widget(attrs=look) for name in filled]
