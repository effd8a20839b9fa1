"""What does a typed or scanned code find on the order side?"""

from __future__ import annotations

from django.db.models import Q
from django.urls import reverse

from erp.core.search import Hit, SearchProvider, register
from orders.models import Customer, Order, Subscription


def order_exact(q: str) -> str | None:
    """This function will return the page of the order with that number or channel id, when there is exactly one."""
    found = list(
        Order.objects.filter(Q(number=q.upper()) | Q(external_id=q)).values_list("pk", flat=True)[:2]
    )
    return reverse("orders:order_detail", args=found) if len(found) == 1 else None


def order_find(q: str, limit: int) -> list[Hit]:
    """This function will return orders whose number or channel id starts with `q`."""
    found = Order.objects.filter(Q(number__istartswith=q) | Q(external_id__istartswith=q)).order_by("-pk")[
        :limit
    ]
    return [
        Hit(
            order.number,
            f"{order.external_id} · {order.get_state_display()}",
            reverse("orders:order_detail", args=[order.pk]),
        )
        for order in found
    ]


def subscription_exact(q: str) -> str | None:
    """This function will return the page of the subscription with that number, SUB-17."""
    digits = q.upper().removeprefix("SUB-")
    if digits == q.upper() or not (digits.isascii() and digits.isdigit() and len(digits) < 18):
        return None
    pk = Subscription.objects.filter(pk=int(digits)).values_list("pk", flat=True).first()
    return reverse("orders:subscription_detail", args=[pk]) if pk else None


def subscription_find(q: str, limit: int) -> list[Hit]:
    """This function will return the subscriptions of customers whose number starts with `q` or whose name holds it."""
    found = Subscription.objects.filter(Q(customer__number__istartswith=q) | Q(customer__name__icontains=q))
    return [
        Hit(
            str(one),
            f"{one.customer.name} · {one.get_state_display()}",
            reverse("orders:subscription_detail", args=[one.pk]),
        )
        for one in found.select_related("customer").order_by("-pk")[:limit]
    ]


def customer_exact(q: str) -> str | None:
    """This function will return the page of the customer with that number."""
    pk = Customer.objects.filter(number=q).values_list("pk", flat=True).first()
    return reverse("orders:customer_detail", args=[pk]) if pk else None


def customer_find(q: str, limit: int) -> list[Hit]:
    """This function will return customers whose number starts with `q` or whose name holds it."""
    found = Customer.objects.filter(Q(number__istartswith=q) | Q(name__icontains=q)).order_by("number")[
        :limit
    ]
    return [
        Hit(
            customer.name,
            f"{customer.number} · {customer.city}",
            reverse("orders:customer_detail", args=[customer.pk]),
        )
        for customer in found
    ]


register(
    SearchProvider(
        "orders", "Orders", "orders.view", exact=order_exact, find=order_find, icon="shopping-cart"
    )
)
register(
    SearchProvider(
        "customers", "Customers", "orders.view", exact=customer_exact, find=customer_find, icon="users"
    )
)
register(
    SearchProvider(
        "subscriptions",
        "Subscriptions",
        "orders.view",
        exact=subscription_exact,
        find=subscription_find,
        icon="repeat",
    )
)
