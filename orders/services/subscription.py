"""Who takes subscriptions on, changes, pauses, resumes, skips and cancels them?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Lower

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from erp.core.services.state import change_state, record_creation
from erp.core.text import storable
from inventory.models import Product
from orders.models import Channel, Customer, Subscription, SubscriptionLine, SubscriptionRun
from orders.schedule import Schedule, local_hour
from orders.states import SubscriptionState as S

MAX_LINES = 200


class SubscriptionLineDraft(NamedTuple):
    """`unit_price` only when prices are fixed, in the channel's currency, tax exclusive."""

    sku: str
    quantity: int
    unit_price: Decimal | None = None


@dataclass(frozen=True)
class SubscriptionDraft:
    """A standing order: every `interval_count` `interval_unit`s from `start_date` on, at `due_hour` of the company's day."""

    customer_number: str
    channel: str
    lines: Sequence[SubscriptionLineDraft]
    start_date: date
    interval_count: int = 1
    interval_unit: str = "MONTH"
    end_date: date | None = None
    due_hour: int = 6
    price_rule: str = "LIST"
    payment_kind: str = "INVOICE"
    payment_reference: str = ""


def schedule_of(subscription: Subscription) -> Schedule:
    """This function will return the dates of a subscription."""
    return Schedule(
        subscription.start_date,
        subscription.interval_count,
        subscription.interval_unit,
        subscription.end_date,
    )


@transaction.atomic
def subscription_save(
    draft: SubscriptionDraft, *, subscription_id: int | None = None, actor: User, at: datetime
) -> Subscription:
    """This function will take a subscription on, or change one that is not over; InvalidInput names the field.

    A change counts from the next date on: what was raised stays as it is, and no date of the past is made up for.
    """
    subscription = (
        lock_subscription(subscription_id)
        if subscription_id
        else Subscription(created_by=actor, created_at=at)
    )
    if subscription_id and subscription.state not in (S.ACTIVE, S.PAUSED):
        raise InvalidInput(f"{subscription} is over", field="state", remedy="Take a new one on.")
    customer, channel = _checked(draft)
    products = _products(draft, channel)
    subscription.customer, subscription.channel = customer, channel
    for name in (
        "start_date", "interval_count", "interval_unit", "end_date", "due_hour", "price_rule", "payment_kind",
    ):  # fmt: skip
        setattr(subscription, name, getattr(draft, name))
    stored = draft.payment_kind == "STORED"
    subscription.payment_reference = storable(draft.payment_reference.strip()) if stored else ""
    subscription.next_date = _next_from_now(subscription, at)
    subscription._history_user, subscription._history_date = actor, at  # type: ignore[attr-defined]
    subscription.save()
    subscription.lines.all().delete()
    SubscriptionLine.objects.bulk_create(
        SubscriptionLine(
            subscription=subscription, position=number, product=product, quantity=line.quantity,
            unit_price=line.unit_price if draft.price_rule == "FIXED" else None,
        )
        for number, (line, product) in enumerate(zip(draft.lines, products, strict=True), start=1)
    )  # fmt: skip
    if not subscription_id:
        record_creation(
            Subscription, [subscription.pk], actor=actor, at=at, action="orders.subscription_save"
        )
    return subscription


def lock_subscription(subscription_id: int) -> Subscription:
    """This function will lock one subscription and return it as it is now; NotFound when there is none."""
    found = Subscription.objects.select_for_update(no_key=True).filter(pk=subscription_id).first()
    if found is None:
        raise NotFound(
            f"there is no subscription #{subscription_id}", field="subscription", remedy="Reload the list."
        )
    return found


def _checked(draft: SubscriptionDraft) -> tuple[Customer, Channel]:
    customer = Customer.objects.filter(number=draft.customer_number).first()
    if customer is None:
        raise InvalidInput(
            "there is no customer with that number",
            field="customer_number",
            remedy="Enter the customer first.",
        )
    channel = Channel.objects.filter(code=draft.channel, is_active=True).first()
    if channel is None:
        raise InvalidInput("there is no such active channel", field="channel", remedy="Choose from the list.")
    for name, choices in (
        ("interval_unit", Subscription.UNITS), ("price_rule", Subscription.PRICES), ("payment_kind", Subscription.PAYMENTS),
    ):  # fmt: skip
        if getattr(draft, name) not in dict(choices):
            raise InvalidInput("there is no such choice", field=name, remedy="Choose from the list.")
    if not 1 <= draft.interval_count <= 366:
        raise InvalidInput("an interval is 1 to 366", field="interval_count", remedy="Choose another.")
    if not 0 <= draft.due_hour <= 23:
        raise InvalidInput("an hour is 0 to 23", field="due_hour", remedy="Choose another.")
    if draft.end_date and draft.end_date < draft.start_date:
        raise InvalidInput("it ends before it starts", field="end_date", remedy="Choose a later date.")
    _check_money(draft, channel)
    return customer, channel


def _check_money(draft: SubscriptionDraft, channel: Channel) -> None:
    if draft.price_rule == "LIST" and channel.currency != settings.KEEL_BASE_CURRENCY:
        raise InvalidInput(
            f"list prices are in {settings.KEEL_BASE_CURRENCY}, the channel sells in {channel.currency}",
            field="price_rule", remedy="Fix the prices.",
        )  # fmt: skip
    if draft.payment_kind == "INVOICE" and channel.is_prepaid:
        raise InvalidInput(
            "orders of that channel are paid before they ship", field="payment_kind",
            remedy="Use a channel that sells on invoice, or a stored payment reference.",
        )  # fmt: skip
    reference = draft.payment_reference.strip()
    if draft.payment_kind == "STORED" and (not reference or len(reference) > 120):
        raise InvalidInput(
            "a stored payment has a reference of 1 to 120 characters", field="payment_reference",
            remedy="Copy it from the payment provider.",
        )  # fmt: skip


def _products(draft: SubscriptionDraft, channel: Channel) -> list[Product]:
    if not 1 <= len(draft.lines) <= MAX_LINES:
        raise InvalidInput(
            f"1 to {MAX_LINES} lines are wanted", field="lines", remedy="Enter what is delivered."
        )
    skus = {line.sku.strip().lower() for line in draft.lines}
    active = Product.objects.annotate(lower_sku=Lower("sku")).filter(lower_sku__in=skus, is_active=True)
    known = {product.sku.lower(): product for product in active}
    found: list[Product] = []
    for number, line in enumerate(draft.lines, start=1):
        product = known.get(line.sku.strip().lower())
        if product is None:
            raise InvalidInput(
                f"line {number}: there is no active product “{storable(line.sku)[:40]}”", field="lines",
                remedy="Use a product’s SKU.",
            )  # fmt: skip
        if not 1 <= line.quantity <= 1_000_000:
            raise InvalidInput(f"line {number}: 1 to 1,000,000 units", field="lines", remedy="Correct it.")
        _check_price(number, line, draft.price_rule)
        found.append(product)
    return found


def _check_price(number: int, line: SubscriptionLineDraft, rule: str) -> None:
    price = line.unit_price
    if rule != "FIXED":
        return
    if price is None or not price.is_finite() or not 0 < price < 10_000_000 or price != round(price, 4):
        raise InvalidInput(
            f"line {number}: a fixed price is more than 0, with at most four decimals", field="lines",
            remedy="Enter the price per unit.",
        )  # fmt: skip


def _next_from_now(subscription: Subscription, at: datetime) -> date:
    """The first date from today on for which nothing was raised, missed or skipped yet."""
    day, _ = local_hour(at, settings.KEEL_TIME_ZONE)
    last = (
        SubscriptionRun.objects.filter(subscription_id=subscription.pk)
        .order_by("-due_date")
        .values_list("due_date", flat=True)
        .first()
        if subscription.pk
        else None
    )
    found = schedule_of(subscription).first_from(max(day, last + timedelta(days=1)) if last else day)
    if found is None:
        raise InvalidInput("no date is left before its end", field="end_date", remedy="Choose a later end.")
    return found


def _reason(reason: str) -> str:
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say in a few words why.")
    return storable(reason.strip())[:300]


@transaction.atomic
def subscription_pause(*, subscription_id: int, reason: str, actor: User, at: datetime) -> None:
    """This function will stop raising orders until somebody resumes; IllegalTransition unless it is active."""
    change_state(
        lock_subscription(subscription_id), to=S.PAUSED, actor=actor, at=at, action="orders.subscription_pause",
        reason=_reason(reason),
    )  # fmt: skip


@transaction.atomic
def subscription_resume(*, subscription_id: int, reason: str, actor: User, at: datetime) -> date:
    """This function will go on with a paused subscription and return its next date: dates of the pause are not made up for."""
    subscription = lock_subscription(subscription_id)
    following = _next_from_now(subscription, at)
    change_state(
        subscription, to=S.ACTIVE, actor=actor, at=at, action="orders.subscription_resume", reason=_reason(reason),
        fields={"next_date": following},
    )  # fmt: skip
    return following


@transaction.atomic
def subscription_cancel(*, subscription_id: int, reason: str, actor: User, at: datetime) -> None:
    """This function will end a subscription for good; orders it gave stay as they are."""
    change_state(
        lock_subscription(subscription_id), to=S.CANCELLED, actor=actor, at=at, action="orders.subscription_cancel",
        reason=_reason(reason), fields={"next_date": None},
    )  # fmt: skip


@transaction.atomic
def subscription_skip(*, subscription_id: int, reason: str, actor: User, at: datetime) -> date | None:
    """This function will leave the next date out and return the one after it; None when it was the last and it ends.

    IllegalTransition unless it is active.
    """
    subscription, said = lock_subscription(subscription_id), _reason(reason)
    if subscription.state != S.ACTIVE or subscription.next_date is None:
        raise InvalidInput(f"{subscription} is not active", field="state", remedy="Resume it first.")
    due = subscription.next_date
    SubscriptionRun.objects.create(
        subscription=subscription,
        due_date=due,
        outcome="SKIPPED",
        detail=f"{said} ({actor.username})"[:300],
        at=at,
    )
    following = schedule_of(subscription).first_from(due + timedelta(days=1))
    if following is None:
        change_state(
            subscription, to=S.ENDED, actor=actor, at=at, action="orders.subscription_skip", reason=said,
            fields={"next_date": None},
        )  # fmt: skip
    else:
        Subscription.objects.filter(pk=subscription.pk).update(next_date=following)
    return following
