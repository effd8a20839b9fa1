"""Answers: what becomes of an interchange that a partner's gateway posts: orders, changes, faults, forgeries?"""

from __future__ import annotations

import base64
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from erp.core.models import ExceptionCase, InboxMessage
from orders.models import EdiInterchange, EdiMessage, Order, OrderLine, RefusedDelivery
from orders.services.channel_message import ACTION
from orders.services.connection import connection_secret_set
from tests.cast import NOW, Company
from tests.channels.edi_partner import (
    KEY,
    edifact,
    order_850,
    orders_message,
    partner,
    pending,
    post,
    segments,
    sent,
    the_order,
    work,
    x12,
)

pytestmark = pytest.mark.django_db


def ack(kind: str = "997") -> list[str]:
    """The segments of the only acknowledgement, without its envelope."""
    (found,) = sent(kind)
    return [row for row in segments(found.text) if not row.startswith(("ISA", "IEA", "UNA", "UNB", "UNZ"))]


def test_an_850_becomes_an_order_and_a_997(company: Company, client: Client) -> None:
    partner(company)
    assert post(client, x12(order_850())).status_code == 200
    assert work() == ["DONE", "DONE"]
    order = the_order()
    assert (order.currency, order.total, order.ship_to_city, order.ship_to_country) == (
        "GBP", Decimal("19.90"), "Troy, NY", "US",
    )  # fmt: skip
    line = OrderLine.objects.get(order=order)
    assert (line.product_id, line.quantity_ordered, line.unit_price) == (company.mug.pk, 2, Decimal("9.95"))
    assert ack()[1:] == [
        "ST*997*0001",
        "AK1*PO*1",
        "AK2*850*0001",
        "AK5*A",
        "AK9*A*1*1*1",
        "SE*6*0001",
        "GE*1*1",
    ]
    received = EdiInterchange.objects.get(direction="IN")
    assert (received.answer, received.documents, received.control_number) == ("ACCEPTED", "850", "000000001")


def test_an_orders_message_becomes_an_order_and_a_contrl(company: Company, client: Client) -> None:
    partner(company)
    tail = "UNS+S'\nCNT+2:1'\nMOA+86:19.90'\n"
    post(client, edifact(orders_message(tail=tail)))
    assert work() == ["DONE", "DONE"]
    order = the_order()
    assert (order.total, order.ship_to_name, order.ship_to_country) == (
        Decimal("19.90"),
        "Big Shop Depot",
        "BE",
    )
    assert ack("CONTRL") == [
        "UNH+1+CONTRL:D:3:UN", "UCI+77+BIGSHOP:14+KEEL:14+7", "UCM+1+ORDERS:D:96A:UN+7", "UNT+4+1",
    ]  # fmt: skip


def test_one_faulty_order_does_not_spoil_its_neighbours(company: Company, client: Client) -> None:
    partner(company)
    broken = order_850("PO-2", reference="0002", tail="CTT*7*2~\n")
    post(client, x12(order_850("PO-1"), broken, order_850("PO-3", reference="0003")))
    work()
    assert sorted(Order.objects.values_list("external_id", flat=True)) == ["PO-1", "PO-3"]
    assert "AK9*P*3*3*2" in ack()
    rows = ack()
    at = rows.index("AK2*850*0002")
    assert rows[at + 1 : at + 3] == ["AK3*CTT*8**8", "AK5*R*5"]
    case = ExceptionCase.objects.get(kind="EDI_REFUSED")
    assert case.detail["faults"] == ["it counts 7 lines and has 1"]


def test_the_same_bytes_again_are_the_same_message(company: Company, client: Client) -> None:
    partner(company)
    body = x12(order_850())
    assert [post(client, body).json()["new"] for _ in range(3)] == [True, False, False]
    work()
    assert (
        Order.objects.count(),
        len(sent("997")),
        EdiInterchange.objects.filter(direction="IN").count(),
    ) == (1, 1, 1)


def test_a_change_makes_a_newer_version_and_a_cancellation_cancels(company: Company, client: Client) -> None:
    partner(company)
    lines = "PO1*1*2*EA*9.95**VN*MUG~\nPO1*2*3*EA*20**VN*LAMP~\n"
    post(client, x12(order_850(lines=lines, tail="CTT*2*5~\n")))
    work()
    assert the_order().total == Decimal("79.90")
    change = (
        "ST*860*0001~\nBCH*04*SA*PO-1***20260302~\nPOC*1*CA*5**EA*9.95**VN*MUG~\nPOC*2*DI***EA***VN*LAMP~\n"
        f"POC*3*AI*1**EA*{company.cream.list_price:f}**VN*CREAM~\nCTT*3~\nSE*7*0001~\n"
    )
    post(client, x12(change, control=2, group="PC"))
    assert (work()[-1], pending()) == ("DONE", [])
    left = {
        line.product.sku: line.quantity_ordered - line.quantity_cancelled
        for line in OrderLine.objects.filter(order=the_order()).select_related("product")
    }
    assert left == {"MUG": 5, "LAMP": 0, "CREAM": 1}
    off = "ST*860*0001~\nBCH*01*SA*PO-1***20260302~\nSE*3*0001~\n"
    post(client, x12(off, control=3, group="PC"))
    work()
    assert the_order().state == "CANCELLED"


def test_a_change_that_comes_first_waits_for_its_order(company: Company, client: Client) -> None:
    partner(company)
    lines = "LIN+1+3+MUG:SA'\nQTY+21:4:PCE'\nPRI+AAA:9.95'\n"
    head = "BGM+230+CH-1+4'\nRFF+ON:PO-1'\n"
    change = orders_message(kind="ORDCHG:D:96A:UN", head=head, lines=lines)
    post(client, edifact(change, control="79").replace(":0800+", ":0900+"))
    assert (work(), Order.objects.count()) == (["DONE"], 0)
    post(client, edifact(orders_message(), control="78"))
    work()
    assert OrderLine.objects.get(order=the_order()).quantity_ordered == 4


# name, (X12 body, what the TA1 or AK5 and AK9 say)
SET = order_850()
X12_FAULTS = {
    "IEA control": (x12(SET).replace("IEA*1*000000001", "IEA*1*000000009"), "TA1", "TA1*000000001*260302*0800*R*001"),
    "IEA count": (x12(SET).replace("IEA*1*", "IEA*4*"), "TA1", "TA1*000000001*260302*0800*R*021"),
    "no IEA": (x12(SET).partition("IEA")[0], "TA1", "TA1*000000001*260302*0800*R*023"),
    "cut in the middle": (x12(SET)[:300], "TA1", "TA1*000000001*260302*0800*R*023"),
    "unknown sender": (x12(SET, sender="OTTO"), "TA1", "TA1*000000001*260302*0800*R*006"),
    "for another": (x12(SET, receiver="OTHERS"), "TA1", "TA1*000000001*260302*0800*R*008"),
    "no date": (x12(SET, date="269999"), "TA1", "TA1*000000001*269999*0800*R*014"),
    "outside of a group": (x12(SET).replace("GE*1*1~", "GE*1*1~\nZZZ*1~"), "TA1", "TA1*000000001*260302*0800*R*022"),
    "GE control": (x12(SET).replace("GE*1*1~", "GE*1*8~"), "997", "AK9*R*1*1*0*4"),
    "GE count": (x12(SET).replace("GE*1*1~", "GE*3*1~"), "997", "AK9*R*3*1*0*5"),
    "SE control": (x12(SET.replace("*0001~\n", "*0001~\n", 1).replace("SE*8*0001", "SE*8*0077")), "997", "AK5*R*3"),
    "SE count": (x12(SET.replace("SE*8*", "SE*9*")), "997", "AK5*R*4"),
    "no SE": (x12(SET.replace("SE*8*0001~\n", "")), "997", "AK5*R*2"),
    "no BEG": (x12("ST*850*0001~\nPO1*1*2*EA*1**VN*MUG~\nSE*3*0001~\n"), "997", "AK3*BEG*2**3"),
    "no order number": (x12(order_850("")), "997", "AK4*3**1"),
    "no lines": (x12(order_850(lines="REF*AA*1~\n", tail="CTT*0~\n")), "997", "AK3*PO1*8**3"),
    "wrong hash": (x12(order_850(tail="CTT*1*5~\n")), "997", "AK5*R*5"),
    "quantity is no number": (x12(order_850(lines="PO1*1*two*EA*9**VN*MUG~\n", tail="")), "997", "AK4*2**7"),
    "twice in its group": (x12(SET, order_850("PO-9")), "997", "AK5*R*23"),
    "other document": (x12("ST*830*0001~\nSE*2*0001~\n"), "997", "AK5*R*1"),
    "other version": (x12(SET, version="003010"), "997", "AK9*R*1*1*0*2"),
}  # fmt: skip


@pytest.mark.parametrize("name", X12_FAULTS)
def test_each_fault_of_x12_gets_its_code(company: Company, client: Client, name: str) -> None:
    partner(company, versions=["004010", "D:96A"])
    body, kind, said = X12_FAULTS[name]
    assert post(client, body).status_code == 200
    work()
    assert said in ack(kind), ack(kind)
    received = EdiInterchange.objects.get(direction="IN")
    assert received.answer in ("REJECTED", "PARTLY") and received.text in body
    assert Order.objects.count() == (1 if name == "twice in its group" else 0)
    assert ExceptionCase.objects.filter(kind="EDI_REFUSED").count() == 1


M = orders_message()
EDIFACT_FAULTS = {
    "UNZ reference": (edifact(M, tail="UNZ+1+99'"), "UCI+77+BIGSHOP:14+KEEL:14+4+28"),
    "UNZ count": (edifact(M, tail="UNZ+5+77'"), "UCI+77+BIGSHOP:14+KEEL:14+4+29"),
    "no UNZ": (edifact(M, tail="\n"), "UCI+77+BIGSHOP:14+KEEL:14+4+13"),
    "unknown sender": (edifact(M, sender="OTTO"), "UCI+77+OTTO:14+KEEL:14+4+23"),
    "for another": (edifact(M, receiver="OTHERS"), "UCI+77+BIGSHOP:14+OTHERS:14+4+7"),
    "UNT count": (edifact(M.replace("UNT+12", "UNT+13")), "UCM+1+ORDERS:D:96A:UN+4+29"),
    "UNT reference": (edifact(M.replace("UNT+12+1", "UNT+12+4")), "UCM+1+ORDERS:D:96A:UN+4+28"),
    "no BGM": (edifact("UNH+1+ORDERS:D:96A:UN'\nUNT+2+1'\n"), "UCM+1+ORDERS:D:96A:UN+4+13"),
    "wrong total": (edifact(orders_message(tail="UNS+S'\nCNT+2:4'\n")), "UCM+1+ORDERS:D:96A:UN+4+29"),
    "twice": (edifact(M, M.replace("PO-1", "PO-2")), "UCM+1+ORDERS:D:96A:UN+4+26"),
    "other message": (edifact("UNH+1+INVOIC:D:96A:UN'\nUNT+2+1'\n"), "UCM+1+INVOIC:D:96A:UN+4+14"),
    "other version": (edifact(M.replace("D:96A", "D:01B")), "UCM+1+ORDERS:D:01B:UN+4+14"),
}  # fmt: skip


@pytest.mark.parametrize("name", EDIFACT_FAULTS)
def test_each_fault_of_edifact_gets_its_code(company: Company, client: Client, name: str) -> None:
    partner(company, versions=["004010", "D:96A"])
    body, said = EDIFACT_FAULTS[name]
    assert post(client, body).status_code == 200
    work()
    assert said in ack("CONTRL"), ack("CONTRL")
    assert Order.objects.count() == (1 if name == "twice" else 0)
    assert ExceptionCase.objects.filter(kind="EDI_REFUSED").count() == 1


def test_a_control_number_that_comes_again_with_other_content_is_refused(
    company: Company, client: Client
) -> None:
    partner(company)
    post(client, x12(order_850("PO-1")))
    post(client, x12(order_850("PO-2")))
    work()
    assert [order.external_id for order in Order.objects.all()] == ["PO-1"]
    assert "TA1*000000001*260302*0800*R*025" in ack("TA1")


def test_an_order_that_comes_again_in_another_interchange_is_refused(
    company: Company, client: Client
) -> None:
    partner(company)
    post(client, x12(order_850(lines="PO1*1*2*EA*9.95**VN*MUG~\n")))
    post(client, x12(order_850(lines="PO1*1*9*EA*9.95**VN*MUG~\n", tail=""), control=2))
    work()
    assert OrderLine.objects.get(order=the_order()).quantity_ordered == 2
    second = sent("997")[1]
    assert "AK5*R*5" in segments(second.text)
    replaced = order_850(lines="PO1*1*9*EA*9.95**VN*MUG~\n", tail="", purpose="05")
    post(client, x12(replaced, control=3))
    work()
    assert OrderLine.objects.get(order=the_order()).quantity_ordered == 9


def test_a_rejected_interchange_is_judged_anew_when_it_is_replayed(company: Company, client: Client) -> None:
    partner(company, account="BIGSHOP2")
    post(client, x12(order_850()))
    work()
    assert EdiInterchange.objects.get(direction="IN").answer == "REJECTED"
    partner(company)
    InboxMessage.objects.filter(kind=ACTION).update(state="PENDING")
    work()
    assert the_order().total == Decimal("19.90")
    assert list(EdiInterchange.objects.filter(direction="IN").order_by("pk").values_list("answer", flat=True)) == [
        "REJECTED", "ACCEPTED",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "agreed", "said"),
    [
        ("PO1*1*2*CA*9.95**VN*MUG~\n", {}, "“CA”, which the partner's table does not have"),
        ("PO1*1*2*EA***VN*MUG~\n", {}, "has no price"),
        ("PO1*1*2*EA*9.95**ZZ*MUG~\n", {}, "names no product"),
        ("PO1*1*2.5*EA*9.95**VN*MUG~\n", {}, "orders 2.5 × 1 units"),
        ("PO1*1*2*CS*9.95**VN*MUG~\n", {"units": {"CS": "pack"}}, "does not say how many are in a CS"),
    ],
)
def test_what_the_profile_has_no_word_for_reaches_a_person(
    company: Company, client: Client, lines: str, agreed: dict[str, Any], said: str
) -> None:
    partner(company, **agreed)
    post(client, x12(order_850(lines=lines, tail="")))
    assert work() == ["DONE", "DEAD"]
    assert said in InboxMessage.objects.get(state="DEAD").error
    assert (Order.objects.count(), "AK5*A" in ack()) == (0, True)
    assert ExceptionCase.objects.filter(kind="INBOX_REJECTED").count() == 1


def test_units_packs_and_price_bases_become_ours(company: Company, client: Client) -> None:
    partner(company, units={"CA": 12, "CS": "pack"})
    lines = "PO1*1*2*CA*24**VN*MUG~\nPO1*2*3*CS*12.34**VN*LAMP~\nPO4*48*7~\nPO1*3*250*EA*9.99*HP*VN*CREAM~\n"
    post(client, x12(order_850(lines=lines, tail="CTT*3~\nAMT*TT*110~\n")))
    assert (work(), pending()) == (["DONE", "DONE"], [])
    found = {
        line.product.sku: (line.quantity_ordered, line.unit_price)
        for line in OrderLine.objects.select_related("product")
    }
    assert found == {
        "MUG": (24, Decimal("2")), "LAMP": (144, Decimal("0.2571")), "CREAM": (250, Decimal("0.0999")),
    }  # fmt: skip
    assert the_order().total == Decimal("110.00")  # 48.00 + 37.02 + 24.98


def test_a_test_is_acknowledged_and_orders_nothing(company: Company, client: Client) -> None:
    connection = partner(company)
    post(client, x12(order_850(), test="T"))
    assert (work(), Order.objects.count(), len(sent("997"))) == (["DONE", "DONE"], 0, 1)
    connection.settings["test_interchanges"] = "refuse"
    connection.save()
    post(client, x12(order_850("PO-2"), test="T", control=2))
    work()
    assert "TA1*000000002*260302*0800*R*020" in ack("TA1")


def test_what_was_agreed_to_be_forgiven_is(company: Company, client: Client) -> None:
    partner(company, forgives=["count_wrong", "control_mismatch"])
    post(client, x12(SET.replace("SE*8*", "SE*99*")).replace("IEA*1*000000001", "IEA*1*000000009"))
    work()
    assert (the_order().total, EdiInterchange.objects.get(direction="IN").answer) == (
        Decimal("19.90"),
        "ACCEPTED",
    )


FORGED: dict[str, tuple[str | bytes, dict[str, str], int, str]] = {
    "no key": (x12(SET), {"X-Other": "1"}, 401, "no_key"),
    "wrong key": (x12(SET), {"X-API-Key": "guess"}, 401, "wrong_key"),
    "empty key": (x12(SET), {"X-API-Key": ""}, 401, "no_key"),
    "wrong bearer": (x12(SET), {"Authorization": "Bearer guess"}, 401, "wrong_key"),
    "other scheme": (x12(SET), {"Authorization": "Digest username=x"}, 401, "no_key"),
    "wrong password": (x12(SET), {"Authorization": "Basic " + base64.b64encode(b"as2:guess").decode()}, 401, "wrong_key"),
    "basic that is none": (x12(SET), {"Authorization": "Basic %%%"}, 401, "wrong_key"),
    "nothing": (b"", {"X-API-Key": KEY}, 400, "unreadable"),
    "json": (b'{"order": 1}', {"X-API-Key": KEY}, 400, "unreadable"),
    "no envelope": (order_850(), {"X-API-Key": KEY}, 400, "unreadable"),
    "half a header": (b"ISA*00*", {"X-API-Key": KEY}, 400, "unreadable"),
    "tradacoms": (b"STX=ANA:1+5000000000000'", {"X-API-Key": KEY}, 400, "unreadable"),
    "bytes of nothing": (b"ISA*" + bytes(range(256)), {"X-API-Key": KEY}, 400, "unreadable"),
    "too large": (x12(SET).encode() + b" " * (4 * 2**20), {"X-API-Key": KEY}, 413, "too_large"),
    "too many segments": (b"UNB+UNOA:1+A+B+260302:0800+1'" + b"A'" * 60_000, {"X-API-Key": KEY}, 400, "unreadable"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_what_is_not_to_be_believed_is_turned_away_and_logged(
    company: Company, client: Client, name: str
) -> None:
    connection = partner(company)
    connection_secret_set(
        connection_id=connection.pk, purpose="basic", secret="as2:good", actor=company.ada, at=NOW
    )
    body, headers, status, reason = FORGED[name]
    answer = post(client, body, **headers)
    assert (answer.status_code, answer.json()["code"]) == (status, reason)
    assert list(RefusedDelivery.objects.values_list("reason", flat=True)) == [reason]
    assert (InboxMessage.objects.count(), EdiMessage.objects.count(), Order.objects.count()) == (0, 0, 0)


def test_a_gateway_may_prove_itself_by_a_bearer_or_a_password(company: Company, client: Client) -> None:
    connection = partner(company)
    connection_secret_set(
        connection_id=connection.pk, purpose="basic", secret="as2:good", actor=company.ada, at=NOW
    )
    token = base64.b64encode(b"as2:good").decode()
    assert post(client, x12(SET), Authorization=f"Bearer {KEY}").status_code == 200
    assert post(client, x12(SET, control=2), Authorization=f"Basic {token}").status_code == 200
    assert RefusedDelivery.objects.count() == 0
