"""What does a row of a customer file mean?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any, ClassVar

from erp.core.errors import InvalidInput
from erp.core.imports.master import MasterTarget, take, texts_of
from erp.core.imports.target import CHANGED, Column, Item, Plan, Scope, register_target
from erp.core.imports.values import read_decimal, read_flag, read_required, read_whole, shown
from orders.models import Customer
from orders.services import CustomerDraft, customer_create_many
from orders.services.customer import validated
from orders.services.customer_many import customer_change_many, customer_take_back_many

_FIELDS = tuple(asdict(CustomerDraft("", "")))
_TEXTS = ("name", "email", "line1", "city", "postcode", "language")
_CODES = ("segment", "tier", "country", "ships_complete")
_TERMS = ("credit_limit", "payment_days")


class CustomerTarget(MasterTarget):
    kind: ClassVar[str] = "customers"
    label: ClassVar[str] = "Customers"
    noun: ClassVar[str] = "customer"
    help_text: ClassVar[str] = (
        "A row per customer. A known number is changed; a blank cell leaves what is there. Credit terms are taken for new "
        "customers only: those of known ones are changed on their credit page."
    )
    permission: ClassVar[str] = "orders.edit"
    view_permission: ClassVar[str] = "orders.view"
    document: ClassVar[str] = "orders.Customer"
    key_columns: ClassVar[tuple[str, ...]] = ("number",)
    columns: ClassVar[tuple[Column, ...]] = (
        Column(
            "number",
            "Number",
            is_required=True,
            aliases=("customer number", "customer", "customer id", "account", "kundennummer"),
            example="C-1001",
        ),
        Column(
            "name",
            "Name",
            aliases=("customer name", "company", "firma"),
            example="Pat Price",
            help_text="Needed for a new customer.",
        ),
        Column("email", "E-mail", aliases=("email address", "mail"), example="pat@example.com"),
        Column("segment", "Segment", example="CONSUMER", help_text="CONSUMER or BUSINESS."),
        Column(
            "tier", "Tier", aliases=("service tier",), example="STANDARD", help_text="STANDARD, PLUS or KEY."
        ),
        Column(
            "line1",
            "Street",
            aliases=("address", "address 1", "strasse", "street address"),
            example="1 High Street",
        ),
        Column("city", "City", aliases=("town", "ort"), example="Leeds"),
        Column("postcode", "Postcode", aliases=("zip", "postal code", "plz"), example="LS1 1AA"),
        Column("country", "Country", aliases=("country code", "land"), example="GB"),
        Column("language", "Language", example=""),
        Column(
            "ships_complete",
            "Ships complete",
            example="AS_ORDERED",
            help_text="AS_ORDERED, COMPLETE or PARTIAL.",
        ),
        Column("max_shipments", "Shipments at most", "whole", example=""),
        Column("verified_age", "Verified age", "whole", example=""),
        Column("is_blocked", "Blocked", "flag", example="no"),
        Column(
            "credit_limit",
            "Credit limit",
            "decimal",
            example="",
            help_text="Base currency; new customers only.",
        ),
        Column("payment_days", "Payment days", "whole", example="30", help_text="New customers only."),
    )

    def key_of(self, values: Mapping[str, str]) -> tuple[str, ...]:
        return (values["number"],)

    def look_up(self, items: Sequence[Item], scope: Scope) -> dict[str, Customer]:
        numbers = [item.values["number"] for item in items]
        return {customer.number: customer for customer in Customer.objects.filter(number__in=numbers)}

    def find(self, item: Item, context: dict[str, Customer]) -> Customer | None:
        return context.get(item.values["number"])

    def read(self, plan: Plan, row: Customer | None, context: Any, scope: Scope) -> CustomerDraft:
        values = plan.item.values
        draft = (
            CustomerDraft(**{name: getattr(row, name) for name in _FIELDS}) if row else CustomerDraft("", "")
        )
        read: dict[str, Any] = {"number": take(plan, lambda: read_required(values, "number"), "")}
        if row is None:
            read["name"] = take(plan, lambda: read_required(values, "name"), "")
        read |= {name: values[name] for name in _TEXTS if values[name]}
        read |= {name: values[name].upper() for name in _CODES if values[name]}
        for name in ("max_shipments", "verified_age", "payment_days"):
            if values[name]:
                read[name] = take(plan, lambda name=name: read_whole(values, name), None)  # type: ignore[misc]
        if values["is_blocked"]:
            read["is_blocked"] = take(plan, lambda: read_flag(values, "is_blocked", False), False)
        if values["credit_limit"]:
            read["credit_limit"] = take(plan, lambda: read_decimal(values, "credit_limit"), None)
        if plan.problems:
            return draft
        draft = take(plan, lambda: validated(replace(draft, **read)), draft)
        if not plan.problems:
            take(plan, lambda: _check_terms(draft, row), None)
        return draft

    def texts(self, draft: CustomerDraft) -> dict[str, str]:
        return texts_of(draft, _FIELDS)

    def row_texts(self, row: Customer) -> dict[str, str]:
        return texts_of(row, _FIELDS)

    def rows(self, ids: Sequence[int]) -> Mapping[int, Customer]:
        return Customer.objects.in_bulk(list(ids))

    def write(self, plans: Sequence[Plan], scope: Scope) -> None:
        changed = [(plan.subject_id or 0, plan.payload) for plan in plans if plan.action == CHANGED]
        customer_change_many(changed, reason=scope.name, actor=scope.actor, at=scope.at)
        fresh = [plan for plan in plans if plan.action != CHANGED]
        made = customer_create_many([plan.payload for plan in fresh], actor=scope.actor, at=scope.at)
        for plan in fresh:
            plan.subject_id = made[plan.payload.number]

    def restore(self, row: Customer, before: Mapping[str, str], scope: Scope) -> None:
        draft = CustomerDraft(**{name: getattr(row, name) for name in _FIELDS})
        values: dict[str, Any] = dict(before)
        for name in ("max_shipments", "verified_age"):
            if name in before:
                values[name] = int(before[name]) if before[name] else None
        if "is_blocked" in before:
            values["is_blocked"] = before["is_blocked"] == "yes"
        customer_change_many(
            [(row.pk, replace(draft, **values))],
            reason=f"{scope.name} taken back",
            actor=scope.actor,
            at=scope.at,
        )

    def take_back(self, ids: Sequence[int], scope: Scope) -> dict[int, str]:
        return customer_take_back_many(customer_ids=ids, reason=scope.name, actor=scope.actor, at=scope.at)


def _check_terms(draft: CustomerDraft, row: Customer | None) -> None:
    if draft.credit_limit is not None and abs(draft.credit_limit) >= Decimal("1e12"):
        raise InvalidInput(
            "the credit limit is out of range", field="credit_limit", remedy="Check the amount."
        )
    if not 0 <= draft.payment_days <= 365:
        raise InvalidInput("payment days are 0 to 365", field="payment_days", remedy="Correct it.")
    for name in _TERMS:
        if row is not None and getattr(draft, name) != getattr(row, name):
            raise InvalidInput(
                f"{name} of a known customer is {shown(getattr(row, name)) or 'not set'} and is not changed by a file",
                field=name, remedy="Leave the cell blank; use the customer's credit page.",
            )  # fmt: skip


register_target(CustomerTarget())
