"""Answers: what do we write to a partner, can a library read it back, and what does his acknowledgement change?"""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pydifact.segmentcollection import Interchange as PydifactInterchange
from pyx12.x12file import X12Reader

from erp.core.errors import NotFound
from erp.core.models import ExceptionCase, OutboxMessage
from erp.core.services.user import system_user
from orders.channels.contract import ChannelError, ShipmentNotice, StockValue
from orders.channels.document import Refund
from orders.channels.registry import adapter_of
from orders.models import EdiCounter, EdiInterchange, OrderLine
from orders.services import order_cancel
from orders.services.connection import account_of
from orders.services.edi_document import edi_order_answer
from orders.services.edi_watch import edi_answer_due, edi_flag_unacknowledged
from orders.services.edi_write import edi_deliver
from tests.cast import NOW, Company, stock_in
from tests.channels.edi_partner import (
    edifact,
    order_850,
    orders_message,
    outbox,
    partner,
    post,
    segments,
    sent,
    the_order,
    work,
    x12,
)

pytestmark = pytest.mark.django_db
LINES = "PO1*1*2*EA*9.95**VN*MUG*UP*4006381333931~\nPID*F****Blue * mug~\nPO1*2*3*EA*20**VN*LAMP~\n"
ORDRSP_LINES = (
    "LIN+1++4006381333931:EN'\nPIA+1+MUG:SA'\nQTY+21:2:PCE'\nPRI+AAA:9.95'\n"
    "LIN+2++LAMP:SA'\nQTY+21:3:PCE'\nPRI+AAA:20'\n"
)
ALL = ["855", "856", "810", "846"]


def readable_x12(text: str) -> list[str]:
    """The segments as pyx12 reads them; it must have nothing to say against counts and control numbers."""
    reader = X12Reader(io.StringIO(text))
    found = [segment.format("~") for segment in reader]
    reader.cleanup()
    assert reader.pop_errors() == []
    return [row.rstrip("~") for row in found]


def readable_edifact(text: str) -> list[str]:
    """The segments of the only message as pydifact reads them."""
    interchange = PydifactInterchange.from_str(text)
    (message,) = interchange.get_messages()
    assert int(segments(text)[-2].split("+")[1]) == len(message.segments) + 2
    assert segments(text)[-1] == f"UNZ+1+{interchange.control_reference}"
    return [
        f"{segment.tag}+{'+'.join(':'.join(e) if isinstance(e, list) else e for e in segment.elements)}"
        for segment in message.segments
    ]


def ordered(company: Company, client: Client, **agreed: Any) -> Any:
    """Two mugs in stock, three lamps not; BIGSHOP orders both."""
    connection = partner(company, sends=ALL, **agreed)
    stock_in(company, company.mug, 10)
    if agreed.get("standard") == "EDIFACT":
        post(client, edifact(orders_message(lines=ORDRSP_LINES, tail="UNS+S'\nCNT+2:2'\n")))
    else:
        post(client, x12(order_850(lines=LINES, tail="CTT*2*5~\n")))
    work()
    return connection


def notice(key: str = "shipment:41", units: int = 2, **external: str) -> ShipmentNotice:
    return ShipmentNotice(
        key, "PO-1", the_order().number, "Royal Mail", "RM 17", "", NOW, [("1", "", units)], external
    )


def client_of(connection: Any) -> Any:
    return adapter_of("edi").client(account_of(connection, at=NOW))


def test_an_855_says_what_is_confirmed_and_what_comes_later(company: Company, client: Client) -> None:
    ordered(company, client)
    assert [edi_answer_due(actor=system_user(), at=NOW) for _ in range(2)] == [1, 0]
    rows = readable_x12(sent("855")[0].text)
    assert rows[2:5] == [
        "ST*855*0001",
        f"BAK*00*AC*PO-1*20260302****{the_order().number}*20260302",
        "CUR*SE*GBP",
    ]
    at = rows.index("PO1*1*2*EA*9.95**VN*MUG*UP*4006381333931")
    assert rows[at : at + 5] == [
        "PO1*1*2*EA*9.95**VN*MUG*UP*4006381333931", "PID*F****Blue", "ACK*IA*2*EA",
        "PO1*2*3*EA*20**VN*LAMP", "ACK*IB*3*EA",
    ]  # fmt: skip


def test_an_ordrsp_says_the_same(company: Company, client: Client) -> None:
    ordered(company, client, standard="EDIFACT")
    edi_answer_due(actor=system_user(), at=NOW)
    rows = readable_edifact(sent("ORDRSP")[0].text)
    assert rows[0] == f"BGM+231+{the_order().number}+4" and "RFF+ON:PO-1" in rows
    assert rows[rows.index("LIN+1+5+4006381333931:EN") + 1 :][:3] == [
        "PIA+1+MUG:SA",
        "QTY+21:2:PCE",
        "PRI+AAA:9.95",
    ]
    assert [row for row in rows if row.startswith(("LIN+2", "QTY+83", "QTY+113"))] == [
        "LIN+2+3+", "QTY+113:0:PCE", "QTY+83:3:PCE",
    ]  # fmt: skip


def test_a_cancelled_order_is_rejected_once_more(company: Company, client: Client) -> None:
    ordered(company, client)
    edi_answer_due(actor=system_user(), at=NOW)
    order_cancel(order_id=the_order().pk, reason="no credit", actor=company.olga, at=NOW)
    assert edi_answer_due(actor=system_user(), at=NOW) == 1
    rows = readable_x12(sent("855")[1].text)
    assert [row for row in rows if row.startswith(("BAK", "ACK"))] == [
        f"BAK*00*RJ*PO-1*20260302****{the_order().number}*20260302", "ACK*IR*2*EA", "ACK*IR*3*EA",
    ]  # fmt: skip


def test_a_shipment_is_told_and_billed_once(company: Company, client: Client) -> None:
    connection = ordered(company, client, ship_from={"name": "Keel North"})
    told = [client_of(connection).publish_shipment(notice(sscc="340123450000000018")) for _ in range(2)]
    assert told == ["2,3", "2,3"]  # 1 is the 997
    rows = readable_x12(sent("856")[0].text)
    assert [row for row in rows if row.startswith(("BSN", "HL", "MAN", "SN1", "LIN", "PRF", "CTT", "REF"))] == [
        "BSN*00*41*20260302*0900*0001", "HL*1**S", "REF*CN*RM 17", "HL*2*1*O", "PRF*PO-1***20260302", "HL*3*2*P",
        "MAN*GM*340123450000000018", "HL*4*3*I", "LIN*1*VN*MUG*UP*4006381333931", "SN1**2*EA", "CTT*4*2",
    ]  # fmt: skip
    bill = readable_x12(sent("810")[0].text)
    assert (
        "TDS*1990" in bill and f"BIG*{sent('810')[0].at:%Y%m%d}*{the_order().number}-1*20260302*PO-1" in bill
    )
    client_of(connection).publish_shipment(notice("shipment:42"))
    assert f"*{the_order().number}-2*" in sent("810")[1].text


def test_a_desadv_and_an_invoic_say_the_same(company: Company, client: Client) -> None:
    connection = ordered(company, client, standard="EDIFACT")
    client_of(connection).publish_shipment(notice(sscc="340123450000000018"))
    rows = readable_edifact(sent("DESADV")[0].text)
    assert [row for row in rows if row.startswith(("BGM", "GIN", "LIN", "QTY", "CNT"))] == [
        "BGM+351+41+9", "GIN+BJ+340123450000000018", "LIN+1++4006381333931:EN", "QTY+12:2:PCE", "CNT+2:1",
    ]  # fmt: skip
    bill = readable_edifact(sent("INVOIC")[0].text)
    assert [row for row in bill if row.startswith(("MOA", "QTY"))] == [
        "QTY+47:2:PCE", "MOA+203:19.9", "MOA+79:19.9", "MOA+86:19.9",
    ]  # fmt: skip


@pytest.mark.parametrize(("standard", "kind"), [("X12", "846"), ("EDIFACT", "INVRPT")])
def test_stock_is_reported_once_per_journal_sequence(
    company: Company, client: Client, standard: str, kind: str
) -> None:
    connection = partner(company, sends=ALL, standard=standard)
    values = [StockValue("MUG", 7, 12), StockValue("LAMP", -1, 12)]
    assert [found.error for _ in range(2) for found in client_of(connection).publish_stock(values)] == [
        ""
    ] * 4
    (report,) = sent(kind)
    rows = readable_x12(report.text) if standard == "X12" else readable_edifact(report.text)
    assert [row for row in rows if row.startswith("QTY")] == (
        ["QTY*33*7*EA", "QTY*33*0*EA"] if standard == "X12" else ["QTY+145:7", "QTY+145:0"]
    )


def test_what_edi_has_no_document_for_is_refused_for_good(company: Company, client: Client) -> None:
    connection = partner(company)
    out = client_of(connection)
    with pytest.raises(ChannelError) as refused:
        out.publish_refund("PO-1", Refund("p", "r", Decimal(1)))
    assert refused.value.final
    with pytest.raises(ChannelError, match="has no order"):
        out.publish_shipment(ShipmentNotice("k", "PO-9", "", "", "", "", NOW, []))
    assert (out.stock([StockValue("MUG", 1)]), list(out.changed_orders(NOW, NOW))) == ({"MUG": None}, [])
    assert EdiInterchange.objects.count() == 0


def test_a_partner_who_wants_nothing_is_sent_nothing(company: Company, client: Client) -> None:
    connection = partner(company, sends=[], acknowledges=[])
    post(client, x12(order_850()))
    work()
    assert edi_answer_due(actor=system_user(), at=NOW) == 0
    assert client_of(connection).publish_shipment(notice()) == "not wanted"
    assert OutboxMessage.objects.filter(kind="orders.edi_deliver").count() == 0


def test_control_numbers_have_no_gap_and_begin_again_after_the_last(company: Company, client: Client) -> None:
    connection = partner(company, sends=ALL)
    for number in range(3):
        client_of(connection).publish_stock([StockValue("MUG", number, number + 1)])
    with pytest.raises(NotFound):
        edi_order_answer(channel="wholesale", external_id="PO-9", actor=company.olga, at=NOW)
    client_of(connection).publish_stock([StockValue("MUG", 9, 9)])
    assert [row.control_number for row in sent("846")] == ["1", "2", "3", "4"]
    EdiCounter.objects.update(last_number=999_999_999)
    client_of(connection).publish_stock([StockValue("MUG", 10, 10)])
    assert sent("846")[-1].control_number == "1"


def test_a_document_reaches_the_partners_folder_whole(company: Company, client: Client) -> None:
    partner(company)
    post(client, x12(order_850()))
    work()
    (message,) = outbox()
    assert [edi_deliver(message) for _ in range(2)] == ["000000001-997.x12"] * 2
    folder = django_settings.MEDIA_ROOT / "edi" / "wholesale" / "out"
    assert [path.name for path in folder.iterdir()] == ["000000001-997.x12"]
    assert (folder / "000000001-997.x12").read_text() == sent("997")[0].text


def answered(control: str, code: str) -> str:
    rows = f"AK1*PR*{control}~\nAK2*855*0001~\nAK5*{code}~\nAK9*{code}*1*1*{int(code == 'A')}~\n"
    return x12(f"ST*997*0001~\n{rows}SE*6*0001~\n", control=50 + ord(code), group="FA")


def test_a_997_of_theirs_settles_a_document_of_ours(company: Company, client: Client) -> None:
    ordered(company, client)
    edi_answer_due(actor=system_user(), at=NOW)
    assert sent("855")[0].answer == "WAITING"
    later = NOW + timedelta(hours=25)
    assert edi_flag_unacknowledged(actor=system_user(), at=later) == 1
    post(client, answered(sent("855")[0].group_number, "R"))
    work()
    assert sent("855")[0].answer == "REJECTED" and "AK5 R" in sent("855")[0].answer_words
    assert ExceptionCase.objects.get(kind="EDI_NOT_ACCEPTED").detail["channel"] == "wholesale"
    post(client, answered(sent("855")[0].group_number, "A"))
    work()
    assert (sent("855")[0].answer, len(sent("997"))) == ("ACCEPTED", 1)  # a receipt is not acknowledged
    assert edi_flag_unacknowledged(actor=system_user(), at=later) == 0
    assert ExceptionCase.objects.get(kind="EDI_UNACKNOWLEDGED").state == "RESOLVED"


def test_a_contrl_of_theirs_settles_a_document_of_ours(company: Company, client: Client) -> None:
    ordered(company, client, standard="EDIFACT")
    edi_answer_due(actor=system_user(), at=NOW)
    control = sent("ORDRSP")[0].control_number
    body = (
        f"UNH+1+CONTRL:D:3:UN'\nUCI+{control}+KEEL:14+BIGSHOP:14+7'\nUCM+1+ORDRSP:D:96A:UN+4+12'\nUNT+4+1'\n"
    )
    post(client, edifact(body, control="90"))
    work()
    assert sent("ORDRSP")[0].answer == "REJECTED"
    assert (len(sent("CONTRL")), OrderLine.objects.count()) == (1, 2)
