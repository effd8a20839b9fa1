"""What did Amazon credit and charge, event by event (Finances v0 and 2024-06-19)?

Both are trees whose leaves are amounts. An amount is said with the path that leads to it and what it is called there, so
that the ledger decides which of them it books. Where a tree says a sum as well as its parts, the parts must give the sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from erp.core.errors import InvalidInput
from erp.core.money import ZERO
from orders.channels.fields import read_amount, read_currency
from orders.channels.tree import Tree, number_text, read_json

_NAMED_BY = ("ChargeType", "FeeType", "PromotionType", "DirectPaymentType", "TaxCollectionModel")
_DEEPEST = 12


@dataclass(frozen=True)
class FinancialAmount:
    """One amount: of which event, what it is called there, of which order, item and SKU."""

    event: str
    path: str
    name: str
    order_id: str
    item_id: str
    sku: str
    posted_at: datetime | None
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class _Of:
    event: str
    order_id: str = ""
    item_id: str = ""
    sku: str = ""
    posted_at: datetime | None = None


def read_events_v0(body: str) -> list[FinancialAmount]:
    """This function will return the amounts of a listFinancialEvents answer, or of the events of one order or group."""
    document = Tree.of(read_json(body))
    payload = document.child("payload") if document.has("payload") else document
    events = payload.child("FinancialEvents")
    found: list[FinancialAmount] = []
    for name in events.value:
        for event in events.children(name):
            found += _walk(event, _Of(name.removesuffix("List")), "", 0)
    return found


def _walk(tree: Tree, of: _Of, name: str, depth: int) -> Iterator[FinancialAmount]:
    if depth > _DEEPEST:
        raise InvalidInput(
            f"{tree.path} is nested too deeply", field=tree.path, remedy="Ask Amazon for it again."
        )
    if "CurrencyAmount" in tree.value:
        yield _leaf(tree, of, name)
        return
    of = _described(tree, of)
    name = next((str(tree.value[by]) for by in _NAMED_BY if tree.has(by)), name)
    for field, value in tree.value.items():
        if isinstance(value, dict):
            said = (
                name
                if field.endswith(("ChargeAmount", "FeeAmount", "PromotionAmount", "DirectPaymentAmount"))
                else field
            )
            yield from _walk(tree.child(field), of, said, depth + 1)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for child in tree.children(field):
                yield from _walk(child, of, field, depth + 1)


def _described(tree: Tree, of: _Of) -> _Of:
    posted = next(
        (name for name in ("PostedDate", "postedDate", "TransactionPostedDate") if tree.has(name)), ""
    )
    return _Of(
        of.event, tree.text("AmazonOrderId", 80) or of.order_id, tree.text("OrderItemId", 80) or of.item_id,
        tree.text("SellerSKU", 80) or tree.text("SKU", 80) or of.sku, tree.moment(posted) if posted else of.posted_at,
    )  # fmt: skip


def _leaf(tree: Tree, of: _Of, name: str) -> FinancialAmount:
    currency = read_currency(tree.value.get("CurrencyCode"), tree.at("CurrencyCode"))
    amount = _signed(tree, "CurrencyAmount")
    return FinancialAmount(
        of.event, tree.path, name, of.order_id, of.item_id, of.sku, of.posted_at, amount, currency
    )


def _signed(tree: Tree, name: str) -> Decimal:
    return read_amount(number_text(tree.value.get(name)), tree.at(name), negative=True, decimals=6)


def read_transactions(body: str) -> list[FinancialAmount]:
    """This function will return the amounts of a listTransactions answer (2024-06-19): the leaves of each breakdown.

    InvalidInput when the parts of a breakdown, or the breakdowns of a transaction, do not give its amount.
    """
    document = Tree.of(read_json(body))
    payload = document.child("payload") if document.has("payload") else document
    found: list[FinancialAmount] = []
    for entry in payload.children("transactions"):
        related = {
            row.value.get("relatedIdentifierName"): row.text("relatedIdentifierValue", 80)
            for row in entry.children("relatedIdentifiers")
        }
        posted = entry.moment("postedDate") if entry.has("postedDate") else None
        of = _Of(entry.text("transactionType", 80), related.get("ORDER_ID", ""), posted_at=posted)
        found += _tree_of_amounts(entry, of, "totalAmount", "breakdowns", of.event, 0)
    return found


def read_summaries(body: str) -> list[FinancialAmount]:
    """This function will return the amounts of a listSummary answer (2024-06-19), proven as `read_transactions` does."""
    found: list[FinancialAmount] = []
    for summary in Tree.of(read_json(body)).children("summaries"):
        found += _tree_of_amounts(summary, _Of("Summary"), "netProceeds", "breakdowns", "Summary", 0)
    return found


def read_balances(body: str) -> list[FinancialAmount]:
    """This function will return the leaves of a listBalances answer (2024-06-19), proven as `read_transactions` does."""
    found: list[FinancialAmount] = []
    for balance in Tree.of(read_json(body)).children("balances"):
        found += _tree_of_amounts(balance, _Of("Balance"), "amount", "balances", "", 0)
    return found


def _tree_of_amounts(
    tree: Tree, of: _Of, sum_name: str, parts_name: str, name: str, depth: int
) -> list[FinancialAmount]:
    """The leaves below a sum, after the parts of every sum were found to give it."""
    if depth > _DEEPEST:
        raise InvalidInput(
            f"{tree.path} is nested too deeply", field=tree.path, remedy="Ask Amazon for it again."
        )
    value = tree.child(sum_name)
    amount = _signed(value, "currencyAmount")
    currency = read_currency(value.value.get("currencyCode"), value.at("currencyCode"))
    name = str(tree.value.get("breakdownType") or tree.value.get("balanceType") or name)
    parts = list(tree.children(parts_name))
    if not parts:
        return [
            FinancialAmount(
                of.event, tree.path, name, of.order_id, of.item_id, of.sku, of.posted_at, amount, currency
            )
        ]
    inner = "amount" if parts_name == "balances" else "breakdownAmount"
    said = sum((_signed(part.child(inner), "currencyAmount") for part in parts), ZERO)
    if said != amount:
        raise InvalidInput(
            f"{value.path} is {amount}, its {parts_name} add up to {said}",
            field=value.path,
            remedy="Ask Amazon for it again.",
        )
    found: list[Any] = []
    for part in parts:
        found += _tree_of_amounts(part, of, inner, parts_name, name, depth + 1)
    return found
