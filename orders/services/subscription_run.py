"""Who raises the orders of subscriptions, once per date, and what when that fails or the clock stood still?

After an outage a subscription gives ONE order, for the latest date that has passed; the dates before it are written down
as missed, with a note, and not made up for. Nobody who subscribed to a box a week wants five boxes in one day; a person
who does can order them. A date that fails (a product is gone, no price) is kept as FAILED with an exception case, and the
following date comes all the same.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from erp.core.errors import Conflict, InvalidInput, KeelError, NotFound
from erp.core.models import ExceptionCase, InboxMessage, Note, User
from erp.core.services.exception_case import CaseDraft, exception_open_many, exception_resolve
from erp.core.services.state import change_state_many
from erp.core.states import ExceptionState
from erp.core.work_registry import inbox_handler, long_job
from orders.models import Listing, Subscription, SubscriptionRun
from orders.schedule import local_hour
from orders.services.command import LineCommand, OrderCommand, ShipTo
from orders.services.order import ACTION, ReceivedOrder, order_receive_many
from orders.services.subscription import lock_subscription, schedule_of
from orders.states import SubscriptionState as S

BATCH = 200
Listings = dict[tuple[int, int], str]


@dataclass
class _Due:
    """A subscription with the date its order is for, and those that were missed before it."""

    subscription: Subscription
    day: date
    missed: list[date]
    command: OrderCommand | None = None
    error: KeelError | None = None
    order_id: int | None = None

    @property
    def external_id(self) -> str:
        return f"SUB-{self.subscription.pk}-{self.day}"


@long_job
def subscription_raise_due(*, actor: User, at: datetime) -> int:
    """This function will raise the orders of all subscriptions whose date has come and return how many were dealt with.

    It commits batch by batch. A date is dealt with once however many run at the same time: each takes other
    subscriptions, and the row (subscription, date) and the order's external id are unique.
    """
    total = 0
    while dealt := _raise_batch(actor=actor, at=at):
        total += dealt
    return total


@transaction.atomic
def _raise_batch(*, actor: User, at: datetime) -> int:
    day, hour = local_hour(at, settings.KEEL_TIME_ZONE)
    found = (
        Subscription.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
        .filter(Q(next_date__lt=day) | Q(next_date=day, due_hour__lte=hour), state=S.ACTIVE)
        .select_related("customer", "channel")
        .prefetch_related("lines__product")
        .order_by("next_date", "pk")[:BATCH]
    )
    batch = [_due(subscription, day, hour) for subscription in found]
    if not batch:
        return 0
    _raise(batch, actor=actor, at=at)
    SubscriptionRun.objects.bulk_create([run for due in batch for run in _runs(due, at)])
    Note.objects.bulk_create([_note(due, actor, at) for due in batch if due.missed])
    _open_cases([due for due in batch if due.error], actor=actor, at=at)
    _move_on(batch, actor=actor, at=at)
    return len(batch)


def _due(subscription: Subscription, day: date, hour: int) -> _Due:
    assert subscription.next_date is not None
    last = day if subscription.due_hour <= hour else day - timedelta(days=1)
    dates = []
    for found in schedule_of(subscription).from_day(subscription.next_date):
        if found > last:
            break
        dates.append(found)
    return _Due(subscription, (dates or [subscription.next_date])[-1], dates[:-1])


def _raise(batch: Sequence[_Due], *, actor: User, at: datetime) -> None:
    """Give every date its order, or the error that kept it from one."""
    listings = _listings(batch)
    for due in batch:
        try:
            due.command = _command(due, listings, at)
        except KeelError as error:
            due.error = error
    ready = [due for due in batch if due.command is not None]
    received = order_receive_many([due.command for due in ready if due.command], actor=actor, at=at)
    for due, outcome in zip(ready, received, strict=True):
        due.order_id, due.error = outcome.order_id, outcome.error
        if outcome.order_id is None and outcome.error is None:
            due.error = Conflict(
                f"the message {due.external_id} became no order",
                field="order",
                remedy="Look at the inbox message.",
            )


def _listings(batch: Sequence[_Due]) -> Listings:
    """(channel id, product id) → what the channel calls the product."""
    channels = {due.subscription.channel_id for due in batch}
    products = {line.product_id for due in batch for line in due.subscription.lines.all()}
    rows = Listing.objects.filter(channel__in=channels, product__in=products, is_active=True).order_by("-pk")
    return {(row.channel_id, row.product_id): row.channel_sku for row in rows}


def _command(due: _Due, listings: Listings, at: datetime) -> OrderCommand:
    subscription, customer = due.subscription, due.subscription.customer
    lines = []
    for line in subscription.lines.all():
        price = line.unit_price if subscription.price_rule == "FIXED" else line.product.list_price
        if not price:
            raise InvalidInput(
                f"{line.product.sku} has no list price",
                field="unit_price",
                remedy="Set one, then raise the date again.",
            )
        sku = listings.get((subscription.channel_id, line.product_id), line.product.sku)
        lines.append(LineCommand(sku, line.quantity, price, line.product.name))
    to = ShipTo(customer.name, customer.line1, customer.city, customer.postcode, customer.country)
    content: dict[str, Any] = {
        "channel": subscription.channel.code, "external_id": due.external_id, "ordered_at": at.isoformat(),
        "currency": subscription.channel.currency, "customer_number": customer.number, "email": customer.email,
        "lines": [
            {"sku": line.sku, "quantity": line.quantity, "unit_price": f"{line.unit_price:f}", "description": line.description}
            for line in lines
        ],
        "ship_to": to.__dict__,
    }  # fmt: skip
    headers = {"subscription": str(subscription), "due_date": due.day.isoformat()}
    if subscription.payment_kind == "STORED":
        headers["payment_reference"] = subscription.payment_reference
    return OrderCommand(
        channel=subscription.channel.code, external_id=due.external_id, ordered_at=at,
        currency=subscription.channel.currency, lines=lines, body=json.dumps(content), customer_number=customer.number,
        email=customer.email, ship_to=to, headers=headers,
    )  # fmt: skip


def _runs(due: _Due, at: datetime) -> list[SubscriptionRun]:
    pk = due.subscription.pk
    detail = due.error.as_text()[:300] if due.error else ""
    outcome = "FAILED" if due.error else "RAISED"
    latest = SubscriptionRun(
        subscription_id=pk, due_date=due.day, outcome=outcome, order_id=due.order_id, detail=detail, at=at
    )
    said = f"One order was raised for {due.day} instead."
    return [
        *(
            SubscriptionRun(subscription_id=pk, due_date=day, outcome="MISSED", detail=said, at=at)
            for day in due.missed
        ),
        latest,
    ]


def _note(due: _Due, actor: User, at: datetime) -> Note:
    days = ", ".join(str(day) for day in due.missed[:20])
    body = f"Nothing was raised on {len(due.missed)} dates ({days}): one order for {due.day} stands for them."
    return Note(
        document_type="orders.Subscription", document_id=due.subscription.pk, author=actor, body=body, at=at
    )


def _open_cases(failed: Sequence[_Due], *, actor: User, at: datetime) -> None:
    cases = [
        CaseDraft(
            "SUBSCRIPTION_FAILED", "orders.Subscription", str(due.subscription.pk),
            f"{due.subscription} gave no order for {due.day}: {due.error.message if due.error else ''}",
            {"due_date": due.day.isoformat(), **(due.error.as_dict() if due.error else {})},
        )
        for due in failed
    ]  # fmt: skip
    exception_open_many(cases, actor=actor, at=at)


def _move_on(batch: Sequence[_Due], *, actor: User, at: datetime) -> None:
    ended: list[Subscription] = []
    going: list[Subscription] = []
    for due in batch:
        following = schedule_of(due.subscription).first_from(due.day + timedelta(days=1))
        due.subscription.next_date = following
        (going if following else ended).append(due.subscription)
    Subscription.objects.bulk_update(going, ["next_date"])
    change_state_many(
        Subscription, [subscription.pk for subscription in ended], source=S.ACTIVE, to=S.ENDED, actor=actor, at=at,
        action="orders.subscription_raise_due", reason="It had no date left.", fields={"next_date": None},
    )  # fmt: skip


@transaction.atomic
def subscription_run_retry(*, run_id: int, actor: User, at: datetime) -> int:
    """This function will raise a date that failed once more, under the same external id, and return the order's id.

    Raises what keeps it from becoming an order. NotFound, or Conflict when the date did not fail.
    """
    run = SubscriptionRun.objects.filter(pk=run_id).first()
    if run is None:
        raise NotFound(f"there is no date #{run_id}", field="run", remedy="Reload the subscription.")
    subscription = lock_subscription(run.subscription_id)
    run.refresh_from_db()
    if run.outcome != "FAILED":
        raise Conflict(f"{run} did not fail", field="run", remedy="Reload the subscription.")
    due = _Due(subscription, run.due_date, [])
    run.order_id, run.outcome, run.detail, run.at = _again(due, actor, at), "RAISED", "Raised again.", at
    run.save(update_fields=["order", "outcome", "detail", "at"])
    if not SubscriptionRun.objects.filter(subscription=subscription, outcome="FAILED").exists():
        _settle(subscription, actor, at)
    return int(run.order_id)


def _again(due: _Due, actor: User, at: datetime) -> int:
    """The stored message if the order side has one (it refused it), else a new one."""
    stored = InboxMessage.objects.filter(
        source=due.subscription.channel.code, kind=ACTION, external_id=due.external_id
    ).first()
    if stored is not None:
        return int(inbox_handler(ACTION)(message=stored, actor=actor, at=at).rpartition(":")[2])
    received: ReceivedOrder = order_receive_many([_command(due, _listings([due]), at)], actor=actor, at=at)[0]
    if received.error is not None:
        raise received.error
    assert received.order_id is not None
    return received.order_id


def _settle(subscription: Subscription, actor: User, at: datetime) -> None:
    cases = subscription_cases(subscription.pk)
    for case_id in cases:
        exception_resolve(
            case_id=case_id, resolution="orders.subscription_run_retry", reason="The date was raised again.",
            actor=actor, at=at,
        )  # fmt: skip


def subscription_cases(subscription_id: int) -> list[int]:
    """This function will return the open cases of a subscription."""
    found = ExceptionCase.objects.filter(
        kind="SUBSCRIPTION_FAILED", subject_type="orders.Subscription", subject_id=str(subscription_id)
    ).exclude(state=ExceptionState.RESOLVED)
    return list(found.order_by("pk").values_list("pk", flat=True))
