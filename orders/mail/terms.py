"""What are the house's own words in a mail, and how does each language write money, numbers and dates?"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.utils import formats, translation

from erp.core.money import exponent, quantize

SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$"}
TERMS: dict[str, dict[str, str]] = {
    "en": {
        "item": "Item", "quantity": "Quantity", "price": "Price", "amount": "Amount", "goods": "Goods", "tax": "Tax",
        "total": "Total", "SHIPPING_REVENUE": "Shipping", "DISCOUNT": "Discount", "charge": "Other",
        "track": "Track your parcel", "deliver_to": "Delivery address", "about": "About your order {number} at {shop}",
        "answer": "Questions? Just answer this e-mail.", "no_answer": "You get this e-mail because you ordered at {shop}.",
    },
    "de": {
        "item": "Artikel", "quantity": "Menge", "price": "Preis", "amount": "Betrag", "goods": "Warenwert", "tax": "Steuer",
        "total": "Summe", "SHIPPING_REVENUE": "Versand", "DISCOUNT": "Rabatt", "charge": "Sonstiges",
        "track": "Sendung verfolgen", "deliver_to": "Lieferadresse", "about": "Zu Ihrer Bestellung {number} bei {shop}",
        "answer": "Fragen? Antworten Sie einfach auf diese E-Mail.",
        "no_answer": "Sie erhalten diese E-Mail, weil Sie bei {shop} bestellt haben.",
    },
}  # fmt: skip


def term(language: str, name: str, **values: str) -> str:
    """This function will return the house's word `name` in `language`."""
    return TERMS[language][name].format(**values)


def money_in(language: str, amount: Decimal, currency: str) -> str:
    """This function will write an amount as `language` does: £1,234.50 in English, 1.234,50 £ in German."""
    with translation.override("en-gb" if language == "en" else language):
        figure = formats.number_format(
            abs(quantize(amount, currency)),
            decimal_pos=exponent(currency),
            use_l10n=True,
            force_grouping=True,
        )
    sign = "−" if amount < 0 else ""
    mark = SYMBOLS.get(currency, currency)
    if language == "en":
        return f"{sign}{mark}{figure}" if currency in SYMBOLS else f"{sign}{mark} {figure}"
    return f"{sign}{figure}\u00a0{mark}"


def date_in(language: str, day: date) -> str:
    """This function will write a date as `language` does: 8 December 2026, 8. Dezember 2026."""
    with translation.override("en-gb" if language == "en" else language):
        return formats.date_format(day, "j F Y" if language == "en" else "DATE_FORMAT", use_l10n=True)


def quantity_in(language: str, units: int) -> str:
    """This function will write a number of units with the language's own thousands separator."""
    with translation.override("en-gb" if language == "en" else language):
        return formats.number_format(units, use_l10n=True, force_grouping=True)
