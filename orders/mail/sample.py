"""Which made-up order does a preview show?"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from orders.mail.message import Mail, MailLine, MailLook, MailOrder, Words, mail_render
from orders.notices import KINDS

SAMPLE = MailOrder(
    number="SO-004711",
    external_id="100238",
    customer_name="Pat Price",
    ordered_on=date(2026, 11, 20),
    currency="GBP",
    lines=(
        MailLine(1, "Blue mug", "MUG", 2, Decimal("10.00"), Decimal("20.00")),
        MailLine(2, "Desk lamp, oak & brass", "LAMP", 1, Decimal("1240.50"), Decimal("1240.50")),
    ),
    charges=(("SHIPPING_REVENUE", "", Decimal("4.95")), ("DISCOUNT", "", Decimal("-5.00"))),
    goods=Decimal("1260.50"),
    tax=Decimal("252.10"),
    total=Decimal("1512.55"),
    address=("Pat Price", "1 High Street", "LS1 1AA Leeds", "GB"),
)


def sample_mail(kind: str, look: MailLook, words: Words | None = None) -> Mail:
    """This function will write a notice of `kind` about the sample order."""
    return mail_render(kind, SAMPLE, KINDS[kind].sample, look, words)
