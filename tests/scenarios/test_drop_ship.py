"""Answers: is what is short bought to the customer's door, once, for that order alone, and do the books see it like any sale?"""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from erp.core.errors import Conflict, IllegalTransition, InvalidInput
from erp.core.models import ApprovalPolicy, ExceptionCase, Job, OutboxMessage
from erp.core.roles import Role
from fulfillment.models import FulfillmentOrder, Shipment, ShipmentLine
from fulfillment.services.drop_ship import drop_ship_confirm
from fulfillment.services.release import fulfillment_release_many
from inventory.models import Node, StockLevel, StockMove
from inventory.services import NodeDraft, node_save
from inventory.services.drop_ship_node import CODE
from orders.models import AllocationDecision, ChannelMail, DropShip, Order, Promise
from orders.selectors import explain_decisions
from orders.services import (
    ShipTo,
    hold_open,
    hold_release,
    order_allocate_many,
    order_cancel,
    order_change_address,
    order_merge,
    order_release_allocation,
)
from orders.services.drop_ship import drop_ship_ask_again
from orders.services.substitute_short import order_substitute_short
from orders.states import HoldKind
from procurement.models import GoodsReceipt, PurchaseOrder
from procurement.services import (
    BilledLine,
    PurchaseLine,
    ReceivedLine,
    goods_receive,
    purchase_order_approve,
    purchase_order_cancel,
    purchase_order_close,
    purchase_order_create,
    purchase_order_edit,
    supplier_invoice_match,
    supplier_invoice_record,
    supplier_product_save,
)
from procurement.services.drop_ship_notice import SentLine, ShipNotice, drop_ship_notice
from returns.services import ArrivedLine, ReturnLine, rma_authorize, rma_receive
from tests import factories as make
from tests.cast import NOW, TODAY, Company, assert_proven, stock_in
from tests.fulfillment.goods import promised
from tests.scenarios.drop import bought, drop_ships_allowed, sends, sent, work


@pytest.fixture(autouse=True)
def _told(company: Company) -> Iterator[None]:
    """A rule that drop-ships and a supplier who does; whatever a test tells ends with every invariant proven."""
    ChannelMail.objects.create(
        channel=company.wholesale, kinds=["ORDER_SHIPPED", "ORDER_BACKORDERED"], notices_from=NOW
    )
    drop_ships_allowed(company)
    sends(company, company.acme, company.mug)
    yield
    assert_proven()


def the(order: Order) -> DropShip:
    return DropShip.objects.get(order_line__order=order)


def state(order: Order) -> tuple[str, bool]:
    order.refresh_from_db()
    return order.state, order.needs_allocation


def levels(code: str) -> dict[str, int]:
    rows = StockLevel.objects.filter(node__code=code).exclude(quantity=0)
    return dict(rows.values_list("status", "quantity"))


def test_what_is_short_goes_from_the_supplier_to_the_customer_and_into_the_books(company: Company) -> None:
    stock_in(company, company.mug, 2)
    order = promised(company, (company.mug, 5))
    assert (the(order).state, the(order).quantity, state(order)) == ("REQUESTED", 3, ("ALLOCATED", True))
    assert work(company, twice=True) == ["procurement.drop_ship_raise", "procurement.drop_ship_send"]
    purchase = PurchaseOrder.objects.get()
    assert (purchase.state, purchase.node.code, purchase.customer_order, purchase.total) == (
        "SENT", CODE, order, Decimal("10.50"),
    )  # fmt: skip
    assert purchase.ship_to == "Carol Customer\n1 High Street\nLS1 1AA Leeds\nGB"
    mail = OutboxMessage.objects.get(subject_type="procurement.PurchaseOrder")
    assert (mail.payload["context"]["customer_order"], mail.payload["context"]["ship_to"]) == (
        order.number, purchase.ship_to,
    )  # fmt: skip
    promise = Promise.objects.get()
    assert (promise.quantity, promise.supply.reference, promise.promised_date) == (
        3, purchase.number, purchase.expected_date,
    )  # fmt: skip
    drop_ship_notice(
        ShipNotice(purchase.pk, [SentLine(purchase.lines.get().pk, 3)], "DHL", "TRK-1"),
        actor=company.ben,
        at=NOW,
    )
    assert work(company, twice=True) == ["fulfillment.drop_ship_confirm"]
    shipment = Shipment.objects.get()
    assert (shipment.node.code, shipment.carrier, shipment.tracking_number, shipment.revenue, shipment.cogs) == (
        CODE, "DHL", "TRK-1", Decimal("30.00"), Decimal("11.50"),
    )  # fmt: skip
    # cost: two older units at 4.00 leave the company-wide layers first (ADR 0005)
    moves = StockMove.objects.filter(event__occurred_at=NOW, product=company.mug)
    sold = moves.filter(to_status="CUSTOMER").get()
    assert (sold.quantity, sold.order_line_id, levels(CODE)) == (3, order.lines.get().pk, {})
    assert levels("NORTH") == {"ALLOCATED": 2}  # the shelf's part is still to be picked
    purchase.refresh_from_db()
    promise.refresh_from_db()
    assert (purchase.state, the(order).state, promise.is_covered, state(order)) == (
        "RECEIVED", "SHIPPED", True, ("RELEASED", False),
    )  # fmt: skip
    (told,) = [
        m.payload for m in OutboxMessage.objects.filter(kind="orders.notice_send")
    ]  # no word of a backorder
    assert (told["notice"], told["facts"]["tracking_number"]) == ("ORDER_SHIPPED", "TRK-1")


def test_the_bill_matches_the_ship_notice(company: Company) -> None:
    _, purchase = bought(company, (company.mug, 4))
    sent(company, purchase, 4)
    invoice = supplier_invoice_record(
        purchase_order_id=purchase.pk, supplier_reference="B-1", invoice_date=TODAY,
        lines=[BilledLine(purchase.lines.get().pk, 4, Decimal("3.50"))], actor=company.fay, at=NOW,
    )  # fmt: skip
    assert supplier_invoice_match(invoice_id=invoice.pk, actor=company.fay, at=NOW).state == "MATCHED"


def test_the_reasons_are_kept_with_both_decisions(company: Company) -> None:
    stock_in(company, company.mug, 1)
    order, purchase = bought(company, (company.mug, 3))
    sent(company, purchase, 2)
    drop, shelf = explain_decisions(order.pk)
    assert (drop.strategy, drop.policy, drop.nodes[0].node, drop.nodes[0].chosen) == (
        "Drop-ship", shelf.policy, CODE, 2,
    )  # fmt: skip
    assert "supplier has sent it" in drop.nodes[0].why
    assert shelf.lines[0].why == "2 asked of a supplier, to the customer's door."
    decision = AllocationDecision.objects.order_by("-pk")[0]
    assert decision.explanation["reason"] == f"{purchase.number} was sent to the customer with DHL"


def test_a_supplier_may_send_in_parts(company: Company) -> None:
    order, purchase = bought(company, (company.mug, 5))
    sent(company, purchase, 2, tracking="A")
    purchase.refresh_from_db()
    promise = Promise.objects.filter(state="OPEN", is_covered=False).get()
    assert (the(order).quantity_open, the(order).state, purchase.state, promise.quantity, state(order)) == (
        3, "ORDERED", "SENT", 3, ("RELEASED", True),
    )  # fmt: skip
    sent(company, purchase, 3, tracking="B")
    assert list(Shipment.objects.order_by("pk").values_list("tracking_number", "revenue")) == [
        ("A", Decimal("20.0000")), ("B", Decimal("30.0000")),
    ]  # fmt: skip
    assert (the(order).state, state(order)) == ("SHIPPED", ("SHIPPED", False))
    assert GoodsReceipt.objects.count() == 2


def test_nobody_asks_twice_for_the_same_units(company: Company) -> None:
    order = promised(company, (company.mug, 3))
    for _ in range(2):
        order_allocate_many(order_ids=[order.pk], actor=company.olga, at=NOW)
    work(company)
    stock_in(company, company.mug, 9)
    order_allocate_many(actor=company.olga, at=NOW)
    assert (the(order).quantity, PurchaseOrder.objects.count(), order.lines.get().quantity_allocated) == (
        3,
        1,
        0,
    )
    assert Job.objects.filter(kind="procurement.drop_ship_raise").count() == 1


def test_no_other_order_gets_the_units_or_their_promise(company: Company) -> None:
    _, purchase = bought(company, (company.mug, 2))
    lamp_order = promised(
        company, (company.mug, 1), ships_complete=True
    )  # one that is not drop-shipped itself
    assert not DropShip.objects.filter(order_line__order=lamp_order).exists()
    assert not Promise.objects.filter(order_line__order=lamp_order).exists()
    drop_ship_notice(
        ShipNotice(purchase.pk, [SentLine(purchase.lines.get().pk, 2)], "DHL"), actor=company.ben, at=NOW
    )
    order_allocate_many(actor=company.olga, at=NOW)
    assert lamp_order.lines.get().quantity_allocated == 0
    assert levels(CODE) == {"ALLOCATED": 2}
    work(company)


def test_what_the_supplier_sent_is_no_work_for_the_floor_and_no_stock_to_take_back(company: Company) -> None:
    stock_in(company, company.mug, 1)
    order, purchase = bought(company, (company.mug, 3))
    drop_ship_notice(
        ShipNotice(purchase.pk, [SentLine(purchase.lines.get().pk, 2)], "DHL"), actor=company.ben, at=NOW
    )
    fulfillment_release_many(order_ids=[order.pk], actor=company.pia, at=NOW)
    assert list(FulfillmentOrder.objects.values_list("node__code", flat=True)) == ["NORTH"]
    assert order_release_allocation(order_id=order.pk, reason="No", actor=company.olga, at=NOW) == 0
    with pytest.raises(Conflict):
        order_cancel(order_id=order.pk, reason="No", actor=company.cora, at=NOW)
    work(company)
    assert Shipment.objects.get().node.code == CODE
    job = Job.objects.get(kind="fulfillment.drop_ship_confirm")
    assert drop_ship_confirm(**job.arguments, actor=company.system, at=NOW) == []


def test_goods_that_go_to_the_customer_are_not_received_by_the_dock(company: Company) -> None:
    _, purchase = bought(company, (company.mug, 2))
    line = purchase.lines.get()
    with pytest.raises(InvalidInput, match="go to the customer"):
        goods_receive(
            purchase_order_id=purchase.pk, lines=[ReceivedLine(line.pk, 2)], actor=company.pia, at=NOW
        )
    for units in (0, 3):
        with pytest.raises(InvalidInput):
            drop_ship_notice(
                ShipNotice(purchase.pk, [SentLine(line.pk, units)], "DHL"), actor=company.ben, at=NOW
            )
    with pytest.raises(InvalidInput, match="carrier"):
        drop_ship_notice(ShipNotice(purchase.pk, [SentLine(line.pk, 2)], " "), actor=company.ben, at=NOW)
    assert not GoodsReceipt.objects.exists()


def test_above_the_threshold_it_waits_for_somebody_else_and_then_goes_out_by_itself(company: Company) -> None:
    ApprovalPolicy.objects.create(kind="procurement.purchase_order_approve", threshold=5, role=Role.FINANCE)
    order, purchase = bought(company, (company.mug, 2))
    assert (purchase.state, the(order).state, Promise.objects.count()) == ("PENDING_APPROVAL", "ORDERED", 0)
    with pytest.raises(IllegalTransition):
        drop_ship_notice(
            ShipNotice(purchase.pk, [SentLine(purchase.lines.get().pk, 2)], "DHL"), actor=company.ben, at=NOW
        )
    purchase_order_approve(purchase_order_id=purchase.pk, actor=company.fay, at=NOW)
    assert work(company, twice=True) == ["procurement.drop_ship_send"]
    purchase.refresh_from_db()
    assert (purchase.state, Promise.objects.get().quantity) == ("SENT", 2)


def test_the_first_choice_that_sends_such_a_quantity_gets_the_order(company: Company) -> None:
    cheap = make.SupplierFactory(code="CHEAP", name="Cheap Ltd")
    sends(company, cheap, company.mug, "1.00")
    sends(company, company.acme, company.mug, "3.50", minimum_quantity=10)
    assert bought(company, (company.mug, 2))[1].supplier == cheap
    assert bought(company, (company.mug, 10))[1].supplier == company.acme


def test_what_nobody_sends_is_refused_once_and_a_person_may_ask_again(company: Company) -> None:
    order = promised(company, (company.lamp, 2))
    work(company, twice=True)
    assert (the(order).state, the(order).reason) == ("REFUSED", "no supplier drop-ships it in this quantity")
    case = ExceptionCase.objects.get(kind="DROPSHIP_REFUSED")
    assert (case.subject_id, case.money_at_risk) == (str(order.pk), Decimal("20.00"))
    assert not PurchaseOrder.objects.exists()
    order_allocate_many(order_ids=[order.pk], actor=company.olga, at=NOW)
    assert DropShip.objects.count() == 1  # not asked again by itself
    sends(company, company.acme, company.lamp, "5.00")
    assert drop_ship_ask_again(order_id=order.pk, reason="Acme does", actor=company.ben, at=NOW) == 2
    with pytest.raises(IllegalTransition):
        drop_ship_ask_again(order_id=order.pk, reason="Twice", actor=company.ben, at=NOW)
    work(company)
    assert PurchaseOrder.objects.get().customer_order == order


def test_a_purchase_order_that_is_cancelled_gives_the_units_back(company: Company) -> None:
    order, purchase = bought(company, (company.mug, 3))
    later = PurchaseLine(company.mug.pk, 5, Decimal(4))
    stock = purchase_order_create(
        supplier_id=company.acme.pk, node_id=company.north.pk, lines=[later], actor=company.ben, at=NOW
    )
    assert stock.customer_order is None
    purchase_order_cancel(
        purchase_order_id=purchase.pk, reason="Out of stock there", actor=company.ben, at=NOW
    )
    assert (the(order).state, the(order).reason) == ("REFUSED", f"{purchase.number}: Out of stock there")
    assert (state(order), Promise.objects.filter(state="OPEN").count()) == (("CONFIRMED", True), 0)
    assert ExceptionCase.objects.filter(kind="DROPSHIP_REFUSED").count() == 1
    stock_in(company, company.mug, 3)
    order_allocate_many(actor=company.olga, at=NOW)
    assert (state(order), order.lines.get().quantity_allocated) == (("ALLOCATED", False), 3)


def test_closing_after_a_part_gives_the_rest_back(company: Company) -> None:
    order, purchase = bought(company, (company.mug, 3))
    sent(company, purchase, 1)
    purchase_order_close(purchase_order_id=purchase.pk, reason="No more", actor=company.ben, at=NOW)
    row = the(order)
    assert (row.state, row.quantity_shipped, row.quantity_cancelled) == ("REFUSED", 1, 2)


def test_a_cancelled_order_cancels_what_the_supplier_has_not_got(company: Company) -> None:
    ApprovalPolicy.objects.create(kind="procurement.purchase_order_approve", threshold=5, role=Role.FINANCE)
    order, purchase = bought(company, (company.mug, 3))
    order_cancel(
        order_id=order.pk, quantities={order.lines.get().pk: 1}, reason="One less", actor=company.cora, at=NOW
    )
    work(company, twice=True)
    purchase.refresh_from_db()
    assert (purchase.lines.get().quantity_ordered, purchase.total, the(order).quantity_open) == (
        2,
        Decimal("7.00"),
        2,
    )
    order_cancel(order_id=order.pk, reason="All of it", actor=company.cora, at=NOW)
    work(company, twice=True)
    purchase.refresh_from_db()
    assert (purchase.state, the(order).state, state(order)) == (
        "CANCELLED",
        "CANCELLED",
        ("CANCELLED", False),
    )
    assert not ExceptionCase.objects.filter(kind__startswith="DROPSHIP").exists()


def test_a_request_that_nobody_has_looked_at_ends_with_its_line(company: Company) -> None:
    order = promised(company, (company.mug, 3))
    order_cancel(order_id=order.pk, reason="No", actor=company.cora, at=NOW)
    assert (the(order).state, the(order).quantity_cancelled) == ("CANCELLED", 3)
    assert work(company) == ["procurement.drop_ship_raise"]
    assert not PurchaseOrder.objects.exists()


def test_when_the_supplier_has_it_a_case_says_so_and_the_rest_still_comes(company: Company) -> None:
    order, purchase = bought(company, (company.mug, 3))
    line = order.lines.get()
    order_cancel(order_id=order.pk, quantities={line.pk: 1}, reason="Less", actor=company.cora, at=NOW)
    assert work(company, twice=True) == ["procurement.drop_ship_call_off"]
    case = ExceptionCase.objects.get(kind="DROPSHIP_CALL_OFF")
    assert (case.subject_id, case.money_at_risk, case.detail["skus"]) == (
        str(purchase.pk),
        Decimal("3.50"),
        {"MUG": 1},
    )
    assert Promise.objects.get(state="OPEN").quantity == 2
    with pytest.raises(InvalidInput):
        sent(company, purchase, 3)
    sent(company, purchase, 2)
    assert (the(order).state, state(order)) == ("SHIPPED", ("SHIPPED", False))
    purchase_order_close(purchase_order_id=purchase.pk, reason="He agreed", actor=company.ben, at=NOW)
    case.refresh_from_db()
    assert (case.state, ExceptionCase.objects.filter(kind="DROPSHIP_REFUSED").count()) == ("RESOLVED", 0)


def test_an_order_on_hold_is_neither_bought_for_nor_shipped(company: Company) -> None:
    order = promised(company, (company.mug, 2))
    hold = hold_open(
        order_id=order.pk,
        kind=HoldKind.MANUAL,
        reason="Look",
        owner=Role.OPERATIONS,
        actor=company.olga,
        at=NOW,
    )
    work(company)
    assert (the(order).state, the(order).reason) == ("REFUSED", "the order is held")
    assert not PurchaseOrder.objects.exists()
    hold_release(hold_id=hold.pk, reason="Fine", actor=company.olga, at=NOW)
    other, purchase = bought(company, (company.mug, 2))
    hold_open(
        order_id=other.pk,
        kind=HoldKind.MANUAL,
        reason="Look",
        owner=Role.OPERATIONS,
        actor=company.olga,
        at=NOW,
    )
    with pytest.raises(Conflict, match="on hold"):
        sent(company, purchase, 2)
    assert not GoodsReceipt.objects.exists()


def test_what_a_supplier_sends_is_not_replaced_by_something_else(company: Company) -> None:
    from orders.models import Substitution

    drop_ships_allowed(company, allow_substitution=True)
    stock_in(company, company.lamp, 9)
    Substitution.objects.create(
        product=company.mug,
        substitute=company.lamp,
        needs_agreement=False,
        quantity_product=1,
        quantity_substitute=1,
    )
    order = promised(company, (company.mug, 2))
    assert order_substitute_short(order_ids=[order.pk], actor=company.system, at=NOW) == 0
    assert order.lines.count() == 1


def test_the_drop_ship_node_is_kept_by_the_machine(company: Company) -> None:
    _, purchase = bought(company, (company.mug, 2))
    node = Node.objects.get(code=CODE)
    assert (node.can_ship, node.kind, purchase.node) == (False, "DROPSHIP", node)
    for draft, node_id in (
        (NodeDraft("X", "X", "DROPSHIP", "GB"), None),
        (NodeDraft(CODE, "X", "STORE", "GB"), node.pk),
    ):
        with pytest.raises(InvalidInput):
            node_save(draft, node_id=node_id, actor=company.ada, at=NOW)
    with pytest.raises(InvalidInput):
        purchase_order_create(
            supplier_id=company.acme.pk,
            node_id=node.pk,
            lines=[PurchaseLine(company.mug.pk, 1)],
            actor=company.ben,
            at=NOW,
        )
    with pytest.raises(IllegalTransition):
        purchase_order_edit(
            purchase_order_id=purchase.pk, lines=[PurchaseLine(company.mug.pk, 9)], actor=company.ben, at=NOW
        )


def test_a_price_change_leaves_the_drop_ship_flag_alone(company: Company) -> None:
    terms = supplier_product_save(
        supplier_id=company.acme.pk,
        product_id=company.mug.pk,
        unit_cost=Decimal(9),
        actor=company.ben,
        at=NOW,
    )
    assert terms.is_dropship is True


def test_while_a_supplier_has_the_address_it_stays_and_the_order_is_not_merged_away(company: Company) -> None:
    order, purchase = bought(company, (company.mug, 2))
    other = promised(company, (company.mug, 1))
    elsewhere = ShipTo("Carol Customer", "2 Low Street", "Leeds", "LS1 1AA", "GB")
    with pytest.raises(Conflict, match="old address"):
        order_change_address(order_id=order.pk, ship_to=elsewhere, reason="Moved", actor=company.cora, at=NOW)
    with pytest.raises(Conflict, match="supplier sends"):
        order_merge(order_ids=[order.pk], target_id=other.pk, reason="One parcel", actor=company.cora, at=NOW)
    purchase_order_cancel(purchase_order_id=purchase.pk, reason="Moves", actor=company.ben, at=NOW)
    drop_ship_ask_again(order_id=order.pk, reason="To the new address", actor=company.ben, at=NOW)
    work(company)
    again = PurchaseOrder.objects.exclude(pk=purchase.pk).get(customer_order=order)
    assert (again.state, DropShip.objects.get(purchase_id=again.pk).quantity) == ("SENT", 2)


def test_it_comes_back_to_a_warehouse_of_ours(company: Company) -> None:
    order, purchase = bought(company, (company.mug, 2))
    sent(company, purchase, 2)
    line = ShipmentLine.objects.get()
    rma = rma_authorize(
        order_id=order.pk,
        lines=[ReturnLine(line.pk, 2)],
        reason="DAMAGED",
        note="",
        actor=company.cora,
        at=NOW,
    )
    assert rma.node == company.north
    rma_receive(rma_id=rma.pk, lines=[ArrivedLine(rma.lines.get().pk, 2)], actor=company.pia, at=NOW)
    assert levels("NORTH") == {"RETURN_PENDING": 2}
