"""Answers: which day is promised out of which supply, what happens when it slips, and is every promise settled once?"""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from erp.core.errors import InvalidInput
from erp.core.models import OutboxMessage
from fulfillment.services import fulfillment_ship_through_many
from inventory.models import ExpectedSupply, StockLevel, Transfer
from inventory.services import TransferReceipt, transfer_receive, transfer_ship
from orders.models import OrderLine, Promise
from orders.selectors import promise_record, promises_at_risk, supplies_at_risk
from orders.selectors.promise import quote_dates
from orders.services import (
    SubstitutionDraft,
    order_allocate_many,
    order_cancel,
    order_release_allocation,
    promise_rescue_many,
    promise_settle,
    substitution_save,
)
from procurement.models import PurchaseOrder
from procurement.services import (
    PurchaseLine,
    ReceiptDraft,
    ReceivedLine,
    goods_receive_many,
    purchase_order_create,
    purchase_order_redate,
    purchase_order_send,
    purchase_order_submit,
)
from tests import factories as make
from tests.cast import NOW, Company, stock_in
from tests.fulfillment.goods import promised
from tests.orders.desk import Login

pytestmark = pytest.mark.usefixtures("proven")
TODAY = NOW.date()
DUE = TODAY + timedelta(days=6)


def bought(company: Company, units: int, due: date = DUE, product: str = "mug") -> PurchaseOrder:
    """A purchase order on its way."""
    lines = [PurchaseLine(getattr(company, product).pk, units, Decimal(4))]
    order = purchase_order_create(
        supplier_id=company.acme.pk,
        node_id=company.north.pk,
        lines=lines,
        expected_date=due,
        actor=company.ben,
        at=NOW,
    )
    purchase_order_submit(purchase_order_id=order.pk, actor=company.ben, at=NOW)
    purchase_order_send(purchase_order_id=order.pk, actor=company.ben, at=NOW)
    return order


def arrive(company: Company, order: PurchaseOrder, units: int, at=NOW) -> None:
    line = order.lines.get()
    rows = [ReceivedLine(line.pk, units, company.bins[0].pk)]
    goods_receive_many([ReceiptDraft(order.pk, rows)], actor=company.pia, at=at)


def promises(*states: str) -> list[tuple]:
    """(units, day, covered, state) of every promise, in the order in which they were made."""
    rows = Promise.objects.filter(state__in=states) if states else Promise.objects.all()
    return list(rows.order_by("pk").values_list("quantity", "promised_date", "is_covered", "state"))


def test_what_is_short_is_promised_out_of_named_supply_each_unit_once(company: Company) -> None:
    stock_in(company, company.mug, 2)
    first, second = bought(company, 5), bought(company, 4, DUE + timedelta(days=7))
    one = promised(company, (company.mug, 6))
    two = promised(company, (company.mug, 4))
    three = promised(company, (company.mug, 3))
    day, later = DUE + timedelta(days=1), DUE + timedelta(days=8)
    found = list(
        Promise.objects.order_by("pk").values_list(
            "order_line__order", "quantity", "promised_date", "supply__reference"
        )
    )
    assert found == [
        (one.pk, 4, day, first.number), (two.pk, 1, day, first.number), (two.pk, 3, later, second.number),
        (three.pk, 1, later, second.number),
    ]  # fmt: skip
    order_allocate_many(order_ids=[one.pk, two.pk, three.pk], actor=company.olga, at=NOW)
    assert Promise.objects.count() == 4  # looking again promises nothing twice


def test_units_that_arrive_cover_the_promise_and_shipping_keeps_it(company: Company) -> None:
    order = bought(company, 5)
    sold = promised(company, (company.mug, 5))
    arrive(company, order, 5)
    assert ExpectedSupply.objects.get().quantity_open == 0
    order_allocate_many(product_ids=[company.mug.pk], actor=company.olga, at=NOW)
    assert promises() == [(5, DUE + timedelta(days=1), True, "OPEN")]
    assert promise_settle(actor=company.system, at=NOW) == 0  # nothing has left
    fulfillment_ship_through_many(order_ids=[sold.pk], carrier="Royal Parcel", actor=company.pia, at=NOW)
    assert promise_settle(actor=company.system, at=NOW) == 1
    assert promise_settle(actor=company.system, at=NOW) == 0
    assert promises() == [(5, DUE + timedelta(days=1), True, "KEPT")]
    assert promise_record(TODAY, DUE + timedelta(days=1), today=TODAY).rate == 1


def test_units_whose_promise_was_covered_and_taken_back_are_not_promised_twice(company: Company) -> None:
    """Two wait for a slipped order, three were covered and are short again: that is five units, however it is renewed."""
    here, slipped = bought(company, 3), bought(company, 2)
    bought(company, 9, DUE + timedelta(days=20))
    sold = promised(company, (company.mug, 5))
    arrive(company, here, 3)
    order_allocate_many(product_ids=[company.mug.pk], actor=company.olga, at=NOW)
    order_release_allocation(order_id=sold.pk, reason="The customer rang.", actor=company.olga, at=NOW)
    purchase_order_redate(
        purchase_order_id=slipped.pk, expected_date=DUE + timedelta(days=9), reason="Late ship.", actor=company.ben, at=NOW
    )  # fmt: skip
    (risk,) = promises_at_risk(today=TODAY)
    promise_rescue_many(
        promise_ids=[risk.promise_id], option="WAIT", reason="Late ship.", actor=company.olga, at=NOW
    )
    assert sum(units for units, _, _, _ in promises("OPEN")) == 5


def test_units_that_left_keep_one_promise_only(company: Company) -> None:
    """Three left and kept their promise; the other three, promised anew for an earlier day, are still on their way."""
    first, second = bought(company, 3, DUE + timedelta(days=14)), bought(company, 3, DUE + timedelta(days=24))
    sold = promised(company, (company.mug, 6))
    arrive(company, first, 3)
    order_allocate_many(product_ids=[company.mug.pk], actor=company.olga, at=NOW)
    fulfillment_ship_through_many(order_ids=[sold.pk], carrier="Royal Parcel", actor=company.pia, at=NOW)
    assert promise_settle(actor=company.system, at=NOW) == 1
    purchase_order_redate(
        purchase_order_id=second.pk, expected_date=DUE + timedelta(days=40), reason="Late ship.", actor=company.ben, at=NOW
    )  # fmt: skip
    bought(company, 3)
    (risk,) = promises_at_risk(today=TODAY)
    promise_rescue_many(
        promise_ids=[risk.promise_id], option="WAIT", reason="Late ship.", actor=company.olga, at=NOW
    )
    assert promise_settle(actor=company.system, at=NOW) == 0
    assert [(units, day) for units, day, _, _ in promises("OPEN")] == [(3, DUE + timedelta(days=1))]


def test_the_list_of_promises_filters_by_day_state_and_channel(company: Company, as_: Login) -> None:
    bought(company, 9)
    promised(company, (company.mug, 2))
    other = promised(company, (company.mug, 3))
    order_cancel(order_id=other.pk, reason="Gone", actor=company.cora, at=NOW)
    url, day = reverse("orders:promise_list"), DUE + timedelta(days=1)
    for query, states in (
        ("", ["OPEN", "CANCELLED"]), ("state=OPEN", ["OPEN"]), (f"due_from={day}&due_to={day}", ["OPEN", "CANCELLED"]),
        (f"due_to={DUE}", []), (f"channel={company.web.pk}", []),
        (f"channel={company.wholesale.pk}&state=CANCELLED", ["CANCELLED"]),
    ):  # fmt: skip
        rows = as_("rita").get(f"{url}?{query or 'view=all'}").context["page_obj"].object_list
        assert [row.record.state for row in rows] == states
    record = promise_record(day, day, today=day + timedelta(days=1), channel_id=company.wholesale.pk)
    assert (record.kept, record.late, record.overdue, record.rate) == (0, 0, 1, 0)
    assert promise_record(day, day, today=TODAY, channel_id=company.web.pk).rate is None


def test_what_leaves_after_its_day_was_promised_is_late(company: Company) -> None:
    order = bought(company, 5, TODAY)
    sold = promised(company, (company.mug, 5))
    after = NOW + timedelta(days=3)
    arrive(company, order, 5, after)
    order_allocate_many(order_ids=[sold.pk], actor=company.olga, at=after)
    fulfillment_ship_through_many(order_ids=[sold.pk], carrier="Royal Parcel", actor=company.pia, at=after)
    promise_settle(actor=company.system, at=after)
    assert promises() == [(5, TODAY + timedelta(days=1), True, "LATE")]


def test_a_part_that_arrives_covers_a_part_and_the_rest_keeps_its_day(company: Company) -> None:
    order = bought(company, 5)
    promised(company, (company.mug, 5))
    arrive(company, order, 2)
    order_allocate_many(product_ids=[company.mug.pk], actor=company.olga, at=NOW)
    day = DUE + timedelta(days=1)
    assert promises("OPEN") == [(3, day, False, "OPEN"), (2, day, True, "OPEN")]


def test_what_is_cancelled_is_no_longer_promised_and_frees_its_supply(company: Company) -> None:
    bought(company, 5)
    sold = promised(company, (company.mug, 5))
    order_cancel(
        order_id=sold.pk, quantities={sold.lines.get().pk: 3}, reason="Too many", actor=company.cora, at=NOW
    )
    assert promises("OPEN") == [(2, DUE + timedelta(days=1), False, "OPEN")]
    other = promised(company, (company.mug, 3))
    assert Promise.objects.get(order_line__order=other).quantity == 3
    order_cancel(order_id=sold.pk, reason="All of it", actor=company.cora, at=NOW)
    assert Promise.objects.filter(order_line__order=sold, state="OPEN").count() == 0


def slipped(company: Company, count: int = 3, **wants: bool) -> PurchaseOrder:
    """A purchase order with one promise per order, moved a week."""
    order = bought(company, count)
    for _ in range(count):
        promised(company, (company.mug, 1), **wants)
    purchase_order_redate(
        purchase_order_id=order.pk,
        expected_date=DUE + timedelta(days=7),
        reason="Strike",
        actor=company.ben,
        at=NOW,
    )
    return order


def rescue(company: Company, option: str, ids: list[int] | None = None) -> list[tuple[bool, str]]:
    ids = ids if ids is not None else list(Promise.objects.filter(state="OPEN").values_list("pk", flat=True))
    done = promise_rescue_many(
        promise_ids=ids, option=option, reason="Strike at the port", actor=company.olga, at=NOW
    )
    return [(result.is_done, result.message) for result in done]


def test_a_slip_shows_orders_value_and_days_and_waiting_promises_anew_once(company: Company) -> None:
    make.ChannelMailFactory(channel=company.wholesale)
    order = slipped(company)
    (supply,) = supplies_at_risk(promises_at_risk(today=TODAY))
    assert (supply.reference, supply.promises, len(supply.orders), supply.value, supply.slip, supply.worst) == (
        order.number, 3, 3, Decimal("30.00"), 7, 7,
    )  # fmt: skip
    ids = list(Promise.objects.values_list("pk", flat=True))
    told = OutboxMessage.objects.filter(key__startswith="ORDER_DELAYED")
    assert [done for done, _ in rescue(company, "WAIT")] == [True] * 3
    assert promises("OPEN") == [(1, DUE + timedelta(days=8), False, "OPEN")] * 3
    assert (Promise.objects.filter(state="REPLACED").count(), told.count()) == (3, 3)
    assert rescue(company, "WAIT", ids) == [(False, "It was settled already, or can be kept.")] * 3
    assert (Promise.objects.count(), told.count(), promises_at_risk(today=TODAY)) == (6, 3, [])


def test_another_node_sends_the_units_and_nobody_else_gets_them(company: Company) -> None:
    order = slipped(company, 2)
    stock_in(company, company.mug, 1, node=company.south)
    said = rescue(company, "TRANSFER")
    transfer = Transfer.objects.get()
    assert [done for done, _ in said] == [True, False]
    assert (transfer.from_node, transfer.to_node, transfer.is_reserved) == (
        company.south,
        company.north,
        True,
    )
    levels = dict(
        StockLevel.objects.filter(node=company.south, product=company.mug).values_list("status", "quantity")
    )
    assert (levels["AVAILABLE"], levels["RESERVED"]) == (0, 1)
    assert promised(company, (company.mug, 1)).lines.get().quantity_allocated == 0
    transfer_ship(transfer_id=transfer.pk, actor=company.pia, at=NOW)
    receipt = TransferReceipt(transfer.lines.get().pk, 1, company.bins[0].pk)
    transfer_receive(transfer_id=transfer.pk, receipts=[receipt], actor=company.pia, at=NOW)
    order_allocate_many(product_ids=[company.mug.pk], actor=company.olga, at=NOW)
    first = OrderLine.objects.order_by("pk").first()
    assert first is not None
    assert (first.quantity_allocated, order.lines.get().quantity_received) == (1, 0)


def test_an_order_that_ships_complete_is_split_so_that_what_is_there_leaves(company: Company) -> None:
    stock_in(company, company.lamp, 1)
    order = bought(company, 1)
    sold = promised(company, (company.mug, 1), (company.lamp, 1), ships_complete=True)
    assert sold.state == "CONFIRMED"
    purchase_order_redate(
        purchase_order_id=order.pk,
        expected_date=DUE + timedelta(days=7),
        reason="Strike",
        actor=company.ben,
        at=NOW,
    )
    mug = Promise.objects.get(order_line__product=company.mug)
    assert rescue(company, "SPLIT", [mug.pk])[0][0]
    sold.refresh_from_db()
    assert (sold.ships_complete, sold.state) == (False, "ALLOCATED")
    assert sold.lines.get(product=company.lamp).quantity_allocated == 1


def test_what_a_rule_allows_is_sent_instead_as_far_as_it_is_there(company: Company) -> None:
    substitution_save(
        SubstitutionDraft("MUG", "LAMP", needs_agreement=False, price_rule="KEEP"), actor=company.olga, at=NOW
    )
    slipped(company, 3)
    stock_in(company, company.lamp, 2)
    said = rescue(company, "SUBSTITUTE")
    assert said == [
        (True, "LAMP is sent instead."), (True, "LAMP is sent instead."),
        (False, "Nothing that may be sent instead of MUG is in stock."),
    ]  # fmt: skip
    lamps = OrderLine.objects.filter(product=company.lamp)
    assert list(lamps.values_list("quantity_ordered", "quantity_allocated")) == [(1, 1), (1, 1)]
    assert Promise.objects.filter(state="OPEN").count() == 1
    assert promised(company, (company.lamp, 1)).lines.get().quantity_allocated == 0


def test_units_are_called_off_and_the_customer_is_told(company: Company) -> None:
    make.ChannelMailFactory(channel=company.wholesale)
    slipped(company, 2)
    assert [done for done, _ in rescue(company, "CANCEL")] == [True, True]
    assert promises("OPEN") == []
    assert Promise.objects.filter(state="CANCELLED").count() == 2
    assert OutboxMessage.objects.filter(key__startswith="ORDER_CANCELLED").count() == 2


@pytest.mark.parametrize(("option", "reason", "field"), [("PRAY", "Why", "option"), ("WAIT", " ", "reason")])
def test_a_rescue_without_option_or_reason_changes_nothing(
    company: Company, option: str, reason: str, field: str
) -> None:
    slipped(company, 1)
    before = promises()
    with pytest.raises(InvalidInput) as caught:
        promise_rescue_many(
            promise_ids=[Promise.objects.get().pk], option=option, reason=reason, actor=company.olga, at=NOW
        )
    assert (caught.value.field, promises()) == (field, before)


def test_a_quote_names_the_day_and_the_supply_that_nobody_was_promised(company: Company) -> None:
    order = bought(company, 5)
    promised(company, (company.mug, 3))
    wanted = [(company.mug.pk, 2), (company.mug.pk, 3), (company.lamp.pk, 1)]
    quotes = quote_dates(wanted, {company.lamp.pk: 1}, ships_on=TODAY)
    assert [(quote.promised_date, quote.supply) for quote in quotes] == [
        (DUE + timedelta(days=1), order.number), (None, ""), (TODAY, "on hand"),
    ]  # fmt: skip


@pytest.mark.parametrize("count", [3, 40])
def test_the_pages_of_a_slip_ask_the_same_few_queries_however_many_promises(
    company: Company, as_: Login, count: int, django_assert_max_num_queries: object
) -> None:
    order = slipped(company, count)
    client: Client = as_("olga")
    url = reverse("orders:promise_document", args=["procurement.PurchaseOrder", order.pk])
    client.get(url)
    with django_assert_max_num_queries(22):  # type: ignore[operator]
        page = client.get(url).content.decode()
    assert page.count('name="ids"') == count
    assert order.number in page
    said = client.post(url, {"option": "WAIT", "all": "1", "reason": "Strike"}).content.decode()
    assert f"{count} done, 0 not." in said
    assert (
        f"{count} done"
        not in client.post(
            url, {"option": "WAIT", "all": "1", "reason": "Strike"}, follow=True
        ).content.decode()
    )
    assert (
        client.get(reverse("orders:promises_at_risk")).content.decode().count("Every promise can be kept")
        == 1
    )
    assert as_("pia").post(url, {"option": "WAIT", "all": "1", "reason": "Strike"}).status_code == 403
