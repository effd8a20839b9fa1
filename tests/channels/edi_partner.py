"""Answers: how does a test get an EDI partner, his documents, and what became of them?"""

from __future__ import annotations

from typing import Any

from django.test import Client

from erp.core.models import InboxMessage, OutboxMessage
from erp.core.services.work_run import work_run
from orders.models import ChannelOrder, Connection, EdiInterchange, Order
from orders.services.channel_message import ACTION
from orders.services.connection import ConnectionDraft, connection_save, connection_secret_set
from tests.cast import NOW, Company

KEY = "a-key-that-nobody-guesses"
URL = "/channels/wholesale/webhooks/"


def partner(company: Company, account: str = "BIGSHOP", **settings: Any) -> Connection:
    """The wholesale channel, connected to BIGSHOP in pounds."""
    said = {
        "our_id": "KEEL",
        "currency": "GBP",
        "country": "US",
        "product_ids": ["VN", "SA", "EN"],
        **settings,
    }
    draft = ConnectionDraft(company.wholesale.pk, "edi", account, settings=said)
    connection = connection_save(draft, actor=company.ada, at=NOW)
    connection_secret_set(
        connection_id=connection.pk, purpose="api_key", secret=KEY, actor=company.ada, at=NOW
    )
    return connection


def x12(*sets: str, control: int = 1, sender: str = "BIGSHOP", receiver: str = "KEEL", group: str = "PO",
        version: str = "004010", test: str = "P", date: str = "260302") -> str:  # fmt: skip
    """An X12 interchange of one group around these sets."""
    return (
        f"ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*{receiver:<15}*{date}*0800*U*00401*{control:09d}*0*{test}*>~\n"
        f"GS*{group}*{sender}*{receiver}*20{date}*0800*{control}*X*{version}~\n{''.join(sets)}"
        f"GE*{len(sets)}*{control}~\nIEA*1*{control:09d}~\n"
    )


def order_850(
    number: str = "PO-1",
    *,
    reference: str = "0001",
    lines: str = "",
    purpose: str = "00",
    tail: str = "CTT*1*2~\n",
) -> str:
    """A transaction set that orders two blue mugs at 9.95."""
    body = (
        f"BEG*{purpose}*SA*{number}**20260302~\nN1*ST*Big Shop Depot*92*D7~\nN3*1 Main St~\nN4*Troy*NY*12180*US~\n"
        + (lines or "PO1*1*2*EA*9.95**VN*MUG~\n")
        + tail
    )
    count = body.count("~\n") + 2
    return f"ST*850*{reference}~\n{body}SE*{count}*{reference}~\n"


def edifact(
    *messages: str, control: str = "77", sender: str = "BIGSHOP", receiver: str = "KEEL", tail: str = ""
) -> str:
    """An EDIFACT interchange around these messages."""
    return (
        f"UNA:+.? '\nUNB+UNOC:3+{sender}:14+{receiver}:14+260302:0800+{control}'\n{''.join(messages)}"
        f"{tail or f'UNZ+{len(messages)}+{control}'}'\n".replace("''", "'")
    )


def orders_message(
    number: str = "PO-1", *, reference: str = "1", action: str = "9", lines: str = "", kind: str = "ORDERS:D:96A:UN",
    tail: str = "UNS+S'\nCNT+2:1'\n", head: str = "BGM+220+{number}+{action}'\n",
) -> str:  # fmt: skip
    """A message that orders two blue mugs at 9.95."""
    body = (
        head.format(number=number, action=action)
        + "DTM+137:20260302:102'\nNAD+BY+5400110000009::9'\n"
        + "NAD+DP+5400110000016::9++Big Shop Depot+Main St 1+Gent++9000+BE'\nCUX+2:GBP:9'\n"
        + (lines or "LIN+1++MUG:SA'\nQTY+21:2:PCE'\nPRI+AAA:9.95'\n")
        + tail
    )
    count = body.count("'\n") + 2
    return f"UNH+{reference}+{kind}'\n{body}UNT+{count}+{reference}'\n"


def post(client: Client, body: str | bytes, **headers: str) -> Any:
    """What the partner's gateway does."""
    said = headers or {"X-API-Key": KEY}
    raw = body if isinstance(body, bytes) else body.encode()
    return client.post(URL, raw, content_type="application/edi-x12", headers=said)


def work() -> list[str]:
    """Let the workers read what waits; returns the state of every message in the order of its arrival."""
    for _ in range(10):
        waiting = list(
            InboxMessage.objects.filter(state="PENDING").order_by("pk").values_list("pk", flat=True)
        )
        if not waiting:
            break
        InboxMessage.objects.filter(state="PENDING").update(
            next_at=NOW
        )  # a test's transaction began before they came
        for pk in waiting:
            work_run(table="inbox", row_id=pk, at=NOW)
    return list(InboxMessage.objects.filter(kind=ACTION).order_by("pk").values_list("state", flat=True))


def pending() -> list[str]:
    """What our orders could not follow, in words."""
    return [words for row in ChannelOrder.objects.order_by("pk") for words in row.pending]


def sent(kind: str) -> list[EdiInterchange]:
    """What we wrote of a kind, oldest first."""
    return list(EdiInterchange.objects.filter(direction="OUT", documents=kind).order_by("pk"))


def outbox() -> list[OutboxMessage]:
    return list(OutboxMessage.objects.filter(kind="orders.edi_deliver").order_by("pk"))


def segments(text: str) -> list[str]:
    """A document as its segments, line by line."""
    return [line.rstrip("~'") for line in text.splitlines() if line]


def the_order(number: str = "PO-1") -> Order:
    return Order.objects.get(external_id=number)
