"""Who keeps price lists, what they are assigned to, and contract prices?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models, transaction

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from erp.core.money import exponent
from orders.models import Channel, ContractPrice, Customer, PriceList, PriceListAssignment, PriceListEntry

COLUMNS = ("sku", "price", "minimum_quantity", "valid_from", "valid_to")


@dataclass(frozen=True)
class PriceListDraft:
    code: str
    name: str
    currency: str
    valid_from: date | None = None
    valid_to: date | None = None
    is_active: bool = True


@dataclass(frozen=True)
class EntryDraft:
    """A price of a product (by id), tax exclusive, in the currency of its list or contract."""

    product_id: int
    price: Decimal
    minimum_quantity: int = 1
    valid_from: date | None = None
    valid_to: date | None = None


def _sign(row: Any, actor: User, at: datetime) -> None:
    row._history_user, row._history_date = actor, at


def _check_period(draft: PriceListDraft | EntryDraft) -> None:
    if draft.valid_from and draft.valid_to and draft.valid_to < draft.valid_from:
        raise InvalidInput(
            "it ends before it begins", field="valid_to", remedy="Choose a later day, or none."
        )


def check_entry(draft: EntryDraft) -> None:
    """This function will refuse a price that is none; InvalidInput names the field."""
    if not (draft.price.is_finite() and 0 <= draft.price <= Decimal("1e9")) or draft.price != round(
        draft.price, 4
    ):
        raise InvalidInput("that is no price", field="price", remedy="Zero or more, at most four decimals.")
    if not 1 <= draft.minimum_quantity <= 1_000_000:
        raise InvalidInput(
            "a quantity break is 1 to a million", field="minimum_quantity", remedy="Use 1 for any quantity."
        )
    _check_period(draft)


@transaction.atomic
def price_list_save(
    draft: PriceListDraft, *, price_list_id: int | None = None, actor: User, at: datetime
) -> PriceList:
    """This function will create or change a price list; InvalidInput names the field. A list with prices keeps its currency."""
    code, name = draft.code.strip(), draft.name.strip()
    if not 1 <= len(code) <= 40:
        raise InvalidInput("a code has 1 to 40 characters", field="code", remedy="Such as TRADE-26.")
    if not 1 <= len(name) <= 120:
        raise InvalidInput("a name has 1 to 120 characters", field="name", remedy="Say whom it is for.")
    exponent(draft.currency)
    _check_period(draft)
    price_list = lock_price_list(price_list_id) if price_list_id else PriceList()
    if PriceList.objects.filter(code__iexact=code).exclude(pk=price_list_id or 0).exists():
        raise InvalidInput(f"there is a list {code} already", field="code", remedy="Choose another code.")
    if price_list.pk and price_list.currency != draft.currency and price_list.entries.exists():
        raise InvalidInput(
            "the list has prices in another currency", field="currency", remedy="Create a second list."
        )
    price_list.code, price_list.name, price_list.currency = code, name, draft.currency
    price_list.valid_from, price_list.valid_to, price_list.is_active = (
        draft.valid_from, draft.valid_to, draft.is_active,
    )  # fmt: skip
    _sign(price_list, actor, at)
    price_list.save()
    return price_list


def lock_price_list(price_list_id: int) -> PriceList:
    """This function will lock a price list and return it; NotFound when it is gone."""
    found = PriceList.objects.select_for_update().filter(pk=price_list_id).first()
    if found is None:
        raise NotFound(
            f"there is no price list #{price_list_id}", field="price_list", remedy="Reload the list."
        )
    return found


@transaction.atomic
def price_entry_save(*, price_list_id: int, draft: EntryDraft, actor: User, at: datetime) -> PriceListEntry:
    """This function will set a price on a list; the same product, quantity and first day replaces what stood there."""
    check_entry(draft)
    price_list = lock_price_list(price_list_id)
    entry = price_list.entries.filter(
        product_id=draft.product_id, minimum_quantity=draft.minimum_quantity, valid_from=draft.valid_from
    ).first() or PriceListEntry(
        price_list=price_list, product_id=draft.product_id, minimum_quantity=draft.minimum_quantity,
        valid_from=draft.valid_from,
    )  # fmt: skip
    entry.price, entry.valid_to = draft.price, draft.valid_to
    _sign(entry, actor, at)
    entry.save()
    return entry


def _remove(model: type[models.Model], pk: int, actor: User, at: datetime) -> Any:
    row: Any = model._default_manager.select_for_update().filter(pk=pk).first()
    if row is None:
        raise NotFound("that is gone already", field="price", remedy="Reload the page.")
    _sign(row, actor, at)
    row.delete()
    return row


@transaction.atomic
def price_entry_delete(*, entry_id: int, actor: User, at: datetime) -> int:
    """This function will take a price off its list and return the list's id; the history keeps it."""
    return int(_remove(PriceListEntry, entry_id, actor, at).price_list_id)


@transaction.atomic
def price_list_assign(
    *,
    price_list_id: int,
    customer_id: int | None = None,
    segment: str = "",
    channel_id: int | None = None,
    actor: User,
    at: datetime,
) -> PriceListAssignment:
    """This function will make a list apply to one customer, one segment or one channel: exactly one of the three."""
    price_list = lock_price_list(price_list_id)
    if sum(map(bool, (customer_id, segment, channel_id))) != 1:
        raise InvalidInput("a list is for one party", field="customer", remedy="Fill in exactly one of them.")
    if segment and segment not in dict(Customer.SEGMENTS):
        raise InvalidInput("there is no such segment", field="segment", remedy="Choose from the list.")
    party = {"customer_id": customer_id, "segment": segment, "channel_id": channel_id}
    if price_list.assignments.filter(**party).exists():
        raise InvalidInput("it is assigned to them already", field="customer", remedy="Choose another party.")
    if channel_id and not Channel.objects.filter(pk=channel_id, currency=price_list.currency).exists():
        raise InvalidInput(
            f"the channel does not trade in {price_list.currency}", field="channel", remedy="Choose another."
        )
    assignment = PriceListAssignment(price_list=price_list, **party)
    _sign(assignment, actor, at)
    assignment.save()
    return assignment


@transaction.atomic
def price_list_unassign(*, assignment_id: int, actor: User, at: datetime) -> int:
    """This function will end an assignment and return the id of its list; the history keeps it."""
    return int(_remove(PriceListAssignment, assignment_id, actor, at).price_list_id)


@transaction.atomic
def contract_price_save(
    *, customer_id: int, currency: str, draft: EntryDraft, actor: User, at: datetime
) -> ContractPrice:
    """This function will set what one customer pays for a product; the same quantity and first day replaces the price."""
    exponent(currency)
    check_entry(draft)
    if not Customer.objects.select_for_update().filter(pk=customer_id).exists():
        raise NotFound(f"there is no customer #{customer_id}", field="customer", remedy="Reload the list.")
    key = {
        "customer_id": customer_id, "product_id": draft.product_id, "currency": currency,
        "minimum_quantity": draft.minimum_quantity, "valid_from": draft.valid_from,
    }  # fmt: skip
    price = ContractPrice.objects.filter(**key).first() or ContractPrice(**key)
    price.price, price.valid_to = draft.price, draft.valid_to
    _sign(price, actor, at)
    price.save()
    return price


@transaction.atomic
def contract_price_delete(*, price_id: int, actor: User, at: datetime) -> int:
    """This function will end a contract price and return its customer's id; the history keeps it."""
    return int(_remove(ContractPrice, price_id, actor, at).customer_id)


def price_list_rows(entries: Sequence[PriceListEntry]) -> list[tuple[str, ...]]:
    """This function will return entries as rows of `COLUMNS`, as an import reads them."""
    return [
        (
            entry.product.sku, f"{entry.price:f}", str(entry.minimum_quantity),
            entry.valid_from.isoformat() if entry.valid_from else "", entry.valid_to.isoformat() if entry.valid_to else "",
        )
        for entry in entries
    ]  # fmt: skip
