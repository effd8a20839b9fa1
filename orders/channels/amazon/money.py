"""How does Amazon write an amount, and what do several of them together come to?"""

from __future__ import annotations

from decimal import Decimal

from erp.core.errors import InvalidInput
from erp.core.money import ZERO
from orders.channels.fields import read_currency
from orders.channels.tree import Tree


def money(
    tree: Tree, name: str, currency: str, *, amount: str = "Amount", code: str = "CurrencyCode"
) -> Decimal:
    """This function will return an amount of a document; zero when it is not there, InvalidInput when of another currency."""
    if not tree.has(name):
        return ZERO
    value = tree.child(name)
    found = read_currency(value.value.get(code), value.at(code))
    if found != currency:
        raise InvalidInput(
            f"{value.path} is in {found}, the order in {currency}", field=value.at(code),
            remedy="Look at the order on Amazon: its amounts must be of one currency.",
        )  # fmt: skip
    return value.amount(amount, currency, default=None)
