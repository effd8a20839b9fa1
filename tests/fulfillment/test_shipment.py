"""Answers: is a shipment invoiced to the cent, posted once, told once, and refused when it may not leave?"""

from decimal import Decimal as D

import pytest

from erp.core.errors import IllegalTransition, InvalidInput
from erp.core.models import OutboxMessage
from fulfillment.models import Package, Shipment, ShipmentLine
from fulfillment.postings import ShipmentFigures, shipment_confirmed
from fulfillment.services import (
    OrderIncomplete,
    fulfillment_deliver_many,
    fulfillment_pack_many,
    fulfillment_pick_many,
    fulfillment_release_many,
    fulfillment_ship_through_many,
    pick_short,
    shipment_confirm_many,
)
from inventory.models import StockEvent
from ledger.models import JournalEntry
from orders.models import Order
from orders.services import ChargeCommand, order_allocate_many
from tests import factories as make
from tests.cast import NOW, TODAY, Company, assert_proven
from tests.fulfillment.goods import fulfillment_of, goods_in, promised

pytestmark = pytest.mark.django_db


def packed(company: Company, order: Order) -> int:
    ids = fulfillment_release_many(order_ids=[order.pk], actor=company.olga, at=NOW).fulfillment_ids
    fulfillment_pick_many(fulfillment_ids=ids, actor=company.pia, at=NOW)
    fulfillment_pack_many(fulfillment_ids=ids, actor=company.pia, at=NOW)
    return ids[0]


def ship(company: Company, fulfillment_id: int, carrier: str = "DPD") -> int:
    return shipment_confirm_many(
        fulfillment_ids=[fulfillment_id], carrier=carrier, actor=company.pia, at=NOW
    )[0]


def test_partial_shipments_add_up_to_the_line(company: Company) -> None:
    goods_in(company, company.mug, 1)
    charges = (ChargeCommand("SHIPPING_REVENUE", D("5.00")), ChargeCommand("DISCOUNT", D("-1.00")))
    order = promised(company, (company.mug, 3, "3.33", "1.00"), charges=charges)
    ship(company, packed(company, order))
    order.refresh_from_db()
    assert (order.state, order.amount_invoiced) == ("RELEASED", D("7.66"))
    for _ in range(2):
        goods_in(company, company.mug, 1)
        order_allocate_many(order_ids=[order.pk], actor=company.olga, at=NOW)
        ship(company, packed(company, order))
    order.refresh_from_db()

    assert list(Shipment.objects.order_by("pk").values_list("revenue", "charges", "tax")) == [
        (D("3.33"), D("4.00"), D("0.33")), (D("3.33"), D(0), D("0.34")), (D("3.33"), D(0), D("0.33")),
    ]  # fmt: skip
    assert (order.state, order.amount_invoiced, order.total) == ("SHIPPED", D("14.99"), D("14.99"))
    assert_proven()


def test_a_fulfilment_leaves_once(company: Company) -> None:
    goods_in(company, company.mug, 5)
    fulfillment_id = packed(company, promised(company, (company.mug, 2)))
    ship(company, fulfillment_id)
    before = (StockEvent.objects.count(), JournalEntry.objects.count(), OutboxMessage.objects.count())

    with pytest.raises(IllegalTransition, match="SHIPPED"):
        ship(company, fulfillment_id)

    assert Shipment.objects.count() == 1
    assert (StockEvent.objects.count(), JournalEntry.objects.count(), OutboxMessage.objects.count()) == before


def test_only_packed_goods_leave_and_somebody_takes_them(company: Company) -> None:
    goods_in(company, company.mug, 5)
    order = promised(company, (company.mug, 2))
    (pk,) = fulfillment_release_many(order_ids=[order.pk], actor=company.olga, at=NOW).fulfillment_ids
    with pytest.raises(IllegalTransition, match="RELEASED"):
        ship(company, pk)
    fulfillment_pick_many(fulfillment_ids=[pk], actor=company.pia, at=NOW)
    fulfillment_pack_many(fulfillment_ids=[pk], actor=company.pia, at=NOW)
    with pytest.raises(InvalidInput) as refused:
        ship(company, pk, carrier="  ")
    assert refused.value.field == "carrier"
    assert not Shipment.objects.exists()


def test_an_order_that_ships_complete_does_not_leave_after_a_short_pick(company: Company) -> None:
    goods_in(company, company.mug, 5)
    goods_in(company, company.lamp, 5)
    order = promised(company, (company.mug, 2), (company.lamp, 2), ships_complete=True)
    (pk,) = fulfillment_release_many(order_ids=[order.pk], actor=company.olga, at=NOW).fulfillment_ids
    task = fulfillment_of(order).pick_list.tasks.get(product=company.lamp)  # type: ignore[union-attr]
    pick_short(task_id=task.pk, quantity_found=1, reason="Damaged", actor=company.pia, at=NOW)
    fulfillment_pick_many(fulfillment_ids=[pk], actor=company.pia, at=NOW)
    fulfillment_pack_many(fulfillment_ids=[pk], actor=company.pia, at=NOW)

    with pytest.raises(OrderIncomplete):
        ship(company, pk)

    assert not Shipment.objects.exists()
    assert_proven()


def test_lots_leave_on_lines_of_their_own(company: Company) -> None:
    for code, quantity, price in (("A", 2, 3), ("B", 4, 5)):
        lot = make.LotFactory(product=company.cream, code=code, expiry_date=TODAY.replace(month=9))
        goods_in(company, company.cream, quantity, lot=lot, unit_cost=price)
    order = promised(company, (company.cream, 5, "7.77"))
    (shipment,) = fulfillment_ship_through_many(
        order_ids=[order.pk], carrier="DPD", actor=company.pia, at=NOW
    )
    lines = ShipmentLine.objects.filter(shipment=shipment).order_by("lot__code")
    assert [(line.lot.code, line.quantity) for line in lines] == [("A", 2), ("B", 3)]  # type: ignore[union-attr]
    assert sum(line.revenue for line in lines) == D("38.85")
    assert sum(line.cogs for line in lines) == D("21.00")
    assert_proven()


def test_parcels_weigh_what_is_in_them_or_what_the_scales_say(company: Company) -> None:
    goods_in(company, company.mug, 9)
    first, second = promised(company, (company.mug, 3)), promised(company, (company.mug, 1))
    ids = fulfillment_release_many(
        order_ids=[first.pk, second.pk], actor=company.olga, at=NOW
    ).fulfillment_ids
    fulfillment_pick_many(fulfillment_ids=ids, actor=company.pia, at=NOW)
    with pytest.raises(InvalidInput):
        fulfillment_pack_many(fulfillment_ids=ids, weights={ids[1]: [0]}, actor=company.pia, at=NOW)
    fulfillment_pack_many(fulfillment_ids=ids, weights={ids[1]: [400, 300]}, actor=company.pia, at=NOW)
    assert list(Package.objects.order_by("pk").values_list("fulfillment_id", "weight_grams")) == [
        (ids[0], 1500), (ids[1], 400), (ids[1], 300),
    ]  # fmt: skip


def test_a_batch_costs_as_many_statements_as_one(company: Company, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    goods_in(company, company.mug, 100)
    goods_in(company, company.lamp, 100)
    few = [promised(company, (company.mug, 1), (company.lamp, 1)).pk for _ in range(2)]
    many = [promised(company, (company.mug, 1), (company.lamp, 1)).pk for _ in range(10)]
    for ids in (few, many):
        with django_assert_max_num_queries(60):
            fulfillment_ship_through_many(order_ids=ids, carrier="DPD", actor=company.pia, at=NOW)
    assert Shipment.objects.count() == 12
    assert_proven()


def test_the_posting_of_a_gift_and_of_a_fee() -> None:
    figures = ShipmentFigures(
        1, "SHP-1", TODAY, 9, "GBP", D(0), D(0), {"CHANNEL_FEE": D("-2.00")}, D(0), 3, 4, "BUSINESS", D(1)
    )
    draft = shipment_confirmed(figures)
    assert [(line.role, line.debit, line.credit) for line in draft.lines] == [
        ("RECEIVABLE", 0, D("2.00")), ("CHANNEL_FEE", D("2.00"), 0),
    ]  # fmt: skip
    assert {(line.node_id, line.channel_id, line.customer_segment) for line in draft.lines} == {
        (3, 4, "BUSINESS")
    }
    assert shipment_confirmed(figures._replace(charges={})).lines == []


def test_an_order_is_complete_when_all_its_parcels_arrived(company: Company) -> None:
    goods_in(company, company.mug, 5)
    order = promised(company, (company.mug, 2))
    pk = packed(company, order)
    with pytest.raises(IllegalTransition):
        fulfillment_deliver_many(fulfillment_ids=[pk], actor=company.pia, at=NOW)
    ship(company, pk)
    fulfillment_deliver_many(fulfillment_ids=[pk], actor=company.pia, at=NOW)
    order.refresh_from_db()
    assert (order.state, fulfillment_of(order).state) == ("COMPLETED", "DELIVERED")
    assert_proven()
