"""Does an order that its channel sends from its own warehouse leave ours alone, and leave the books once?"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import permutations

import pytest

from erp.core.errors import InvalidInput
from erp.core.models import Job, OutboxMessage
from fulfillment.models import Shipment
from fulfillment.services import channel_parcels_ship, fulfillment_release_many
from inventory.models import Node, StockLevel
from orders.channels.contract import FULFILMENT, ORDER, ChannelEvent
from orders.channels.document import Fulfilled, Line, Paid, Snapshot
from orders.models import Allocation, ChannelOrder, Connection, Order
from orders.services import order_allocate_many
from orders.services.connection import ConnectionDraft, connection_save
from orders.services.converge import channel_order_converge
from tests import factories as make
from tests.cast import NOW, Company, stock_in
from tests.channels.lives import snapshot
from tests.channels.test_converge import hear

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("proven")]
TEN = Decimal(10)


@pytest.fixture
def amazon(company: Company) -> Node:
    """Web is Amazon; its warehouse is the node FBA, with 20 mugs; ours has 50."""
    node = make.NodeFactory(code="FBA", name="Amazon's warehouse", kind="TPL", rank=99, can_ship=False)
    connect(company, fulfilment_node="FBA")
    stock_in(company, company.mug, 50)
    stock_in(company, company.mug, 20, node=node)
    return node


def connect(company: Company, **settings: str) -> Connection:
    draft = ConnectionDraft(company.web.pk, "amazon", "A1SELLER", "", {"marketplaces": "M1", **settings})
    return connection_save(draft, actor=company.ada, at=NOW)


def bought(name: str = "C-1", units: int = 3, **changes: object) -> Snapshot:
    base = snapshot(name, [Line("a", "MUG", units, TEN)])
    paid = (Paid("amazon", name, base.total),)
    return replace(base, facts={"fulfilled_by": "AMAZON"}, payments=paid, **changes)  # type: ignore[arg-type]


def event(content: Snapshot, version: str = "1") -> ChannelEvent:
    return ChannelEvent(ORDER, content.external_id, "", version, content)


def gone(units: int, version: str, name: str = "C-1") -> ChannelEvent:
    parcel = Fulfilled(f"{name}/AFN", ("TBA1",), "Amazon", "", (("a", units),))
    return ChannelEvent(FULFILMENT, name, parcel.ref, version, parcel)


def ship(company: Company, name: str = "C-1") -> list[int]:
    """Do the jobs that were put down."""
    row = ChannelOrder.objects.get(external_id=name)
    if not Job.objects.filter(
        kind="fulfillment.channel_parcels_ship", arguments__channel_order_id=row.pk
    ).exists():
        return []
    return channel_parcels_ship(channel_order_id=row.pk, actor=company.system, at=NOW)


def test_it_is_promised_at_the_channels_node_alone_and_no_picker_gets_it(
    company: Company, amazon: Node
) -> None:
    assert hear(company, [event(bought())]) == []
    order = Order.objects.get()
    assert (order.fulfilled_by_channel, order.fulfilment_node, order.state) == (True, amazon, "ALLOCATED")
    assert list(Allocation.objects.values_list("node__code", "quantity")) == [("FBA", 3)]
    assert fulfillment_release_many(order_ids=[order.pk], actor=company.pia, at=NOW).fulfillment_ids == []


def test_other_orders_get_nothing_of_the_channels_node(company: Company, amazon: Node) -> None:
    ours = replace(bought("C-2", 60), facts={"fulfilled_by": "US"})
    hear(company, [event(ours)])
    assert set(Allocation.objects.values_list("node__code", "quantity")) == {("NORTH", 50)}


def test_without_a_node_it_waits_with_a_remedy_and_goes_on_when_there_is_one(company: Company) -> None:
    stock_in(company, company.mug, 50)
    connect(company)
    (why,) = hear(company, [event(bought())])
    assert "fulfilment_node" in why
    order = Order.objects.get()
    assert order_allocate_many(order_ids=[order.pk], actor=company.system, at=NOW) == []
    assert order_allocate_many(actor=company.system, at=NOW) == []
    node = make.NodeFactory(code="FBA", name="Amazon's warehouse", kind="TPL", rank=99, can_ship=False)
    stock_in(company, company.mug, 20, node=node)
    connect(company, fulfilment_node="FBA")
    pk = ChannelOrder.objects.get().pk
    assert channel_order_converge(channel_order_id=pk, actor=company.system, at=NOW) == []
    assert list(Allocation.objects.values_list("node__code", flat=True)) == ["FBA"]


def test_it_ships_once_and_in_parts_whatever_order_its_messages_arrive_in(
    company: Company, amazon: Node
) -> None:
    for number, places in enumerate(permutations(range(3))):
        name = f"C-{number}"
        story = [event(bought(name)), gone(1, "2", name), gone(3, "3", name)]
        for place in places:
            hear(company, [story[place]] * 2)
            ship(company, name)
            ship(company, name)
        order = Order.objects.get(external_id=name)
        assert order.state == "SHIPPED", (places, ChannelOrder.objects.get(external_id=name).pending)
        sent = Shipment.objects.filter(order=order).values_list("carrier", "tracking_number", "node__code")
        assert set(sent) == {("Amazon", "TBA1", "FBA")}
        assert ChannelOrder.objects.get(external_id=name).pending == []
    left = StockLevel.objects.get(product=company.mug, node=amazon, status="AVAILABLE").quantity
    assert left == 20 - 6 * 3
    assert not OutboxMessage.objects.filter(stream__startswith="channel:").exists()


def test_a_part_that_left_leaves_the_rest_promised(company: Company, amazon: Node) -> None:
    hear(company, [event(bought()), gone(1, "2")])
    assert len(ship(company)) == 1
    line = Order.objects.get().lines.get()
    assert (line.quantity_shipped, line.quantity_allocated) == (1, 2)
    assert ChannelOrder.objects.get().pending == []


def test_stock_that_the_books_lack_there_is_named(company: Company, amazon: Node) -> None:
    (why,) = hear(company, [event(bought(units=25)), gone(25, "2")])
    assert "FBA, whose stock in our books does not have it (MUG: 25 left, 20 promised)" in why
    assert ship(company) == [] and not Shipment.objects.exists()


def test_the_node_must_be_the_channels_own(company: Company) -> None:
    for code in ("NORTH", "NOWHERE"):
        with pytest.raises(InvalidInput, match=code):
            connect(company, fulfilment_node=code)
    assert not Connection.objects.exists()
