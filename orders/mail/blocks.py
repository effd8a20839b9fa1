"""How do an order's lines, totals and address look in a mail, as HTML and as text?"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from orders.mail.terms import money_in, quantity_in, term

if TYPE_CHECKING:
    from orders.mail.message import MailLine, MailOrder

Row = tuple[str, str]
_TABLE = '<table class="k-{}" role="presentation" width="100%" cellpadding="0" cellspacing="0">{}</table>'


def lines_text(lines: Sequence[MailLine], currency: str, language: str) -> str:
    """This function will return a text line per order line: “2 × Blue mug (MUG)  £20.00”."""
    return "\n".join(
        f"{quantity_in(language, line.units)} × {line.name} ({line.sku})  {money_in(language, line.amount, currency)}"
        for line in lines
    )


def lines_html(lines: Sequence[MailLine], currency: str, language: str) -> SafeString:
    """This function will return the lines as a table with item, quantity, price and amount."""
    head = format_html(
        '<tr><th align="left">{}</th><th align="right">{}</th><th class="k-price" align="right">{}</th>'
        '<th align="right">{}</th></tr>',
        *(term(language, name) for name in ("item", "quantity", "price", "amount")),
    )
    rows = format_html_join(
        "",
        '<tr><td align="left">{}<br><small>{}</small></td><td align="right">{}</td>'
        '<td class="k-price" align="right">{}</td><td align="right">{}</td></tr>',
        (
            (line.name, line.sku, quantity_in(language, line.units), money_in(language, line.price, currency),
             money_in(language, line.amount, currency))
            for line in lines
        ),
    )  # fmt: skip
    return format_html(
        '<table class="k-lines" width="100%" cellpadding="0" cellspacing="0">{}{}</table>', head, rows
    )


def _totals(order: MailOrder, language: str) -> list[Row]:
    rows: list[tuple[str, Decimal]] = [(term(language, "goods"), order.goods)]
    known = ("SHIPPING_REVENUE", "DISCOUNT")
    rows += [(words or term(language, kind if kind in known else "charge"), amount)
             for kind, words, amount in order.charges]  # fmt: skip
    if order.tax:
        rows.append((term(language, "tax"), order.tax))
    rows.append((term(language, "total"), order.total))
    return [(words, money_in(language, amount, order.currency)) for words, amount in rows]


def totals_text(order: MailOrder, language: str) -> str:
    """This function will return goods, charges, tax and total, a line each."""
    return "\n".join(f"{words}: {amount}" for words, amount in _totals(order, language))


def totals_html(order: MailOrder, language: str) -> SafeString:
    """This function will return goods, charges, tax and total as a table; the total stands out."""
    rows = _totals(order, language)
    body = format_html_join("", '<tr><td align="left">{}</td><td align="right">{}</td></tr>', rows[:-1])
    last = format_html('<tr><th align="left">{}</th><th align="right">{}</th></tr>', *rows[-1])
    return format_html(_TABLE, "totals", body + last)


def address_html(address: Sequence[str], language: str) -> SafeString:
    """This function will return the address under its heading."""
    lines = format_html_join("", "<br>{}", ((line,) for line in address))
    return format_html('<p class="k-address"><small>{}</small>{}</p>', term(language, "deliver_to"), lines)


def button_html(words: str, url: str) -> SafeString:
    """This function will return a link that looks like a button; nothing without an address."""
    if not url:
        return SafeString("")
    return format_html('<p><a class="k-button" href="{}">{}</a></p>', url, words)
