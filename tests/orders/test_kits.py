"""Is an ordered kit its components, to the cent, from intake to the return?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from erp.core.errors import InvalidInput
from fulfillment.models import ShipmentLine
from fulfillment.services import fulfillment_ship_through_many
from inventory.models import Product, StockLevel
from inventory.selectors import KitPart
from inventory.services import ComponentDraft, kit_save, product_deactivate
from orders.api import order_out
from orders.models import Allocation, Order, OrderKit, OrderLine
from orders.selectors import ordered_items
from orders.services import (
    LineCommand,
    OrderCommand,
    ShipTo,
    order_allocate_many,
    order_cancel,
    order_receive_many,
)
from orders.services.order_kits import explode
from orders.states import KitProgress, derive_kit_progress
from tests.cast import NOW, Company, stock_in
from tests.factories import ListingFactory, ProductFactory
from tests.fulfillment.goods import order_in, promised
from tests.inventory.test_kit import kit_of
from tests.orders.desk import Login, to

pytestmark = pytest.mark.django_db


def priced(company: Company, sku: str, price: str) -> Product:
    return ProductFactory(
        sku=sku, name=sku.title(), category=company.goods, unit=company.each, list_price=Decimal(price)
    )


def shape(order: Order) -> list[tuple[Any, ...]]:
    """Position, SKU, units, total, tax and kit position of every line."""
    lines = OrderLine.objects.filter(order=order).select_related("product", "kit").order_by("position")
    return [
        (line.position, line.product.sku, line.quantity_ordered, line.line_total, line.tax_amount,
         line.kit.position if line.kit else None)
        for line in lines
    ]  # fmt: skip


# --- intake ---
def test_a_kit_becomes_its_components_and_keeps_what_it_was(company: Company, proven: None) -> None:
    kit = kit_of(company, (priced(company, "POT", "30.00"), 1), (priced(company, "CUP", "5.00"), 6))
    order = order_in(
        company, (company.mug, 1, "8.00"), (kit, 2, "49.99", "20.01"), (company.lamp, 3, "20.00")
    )
    # 99.98 by 30 : 30, 20.01 alike; the residual cent goes to the first of equal remainders
    assert shape(order) == [
        (1, "MUG", 1, Decimal("8.00"), 0, None), (2, "POT", 2, Decimal("49.99"), Decimal("10.01"), 2),
        (3, "CUP", 12, Decimal("49.99"), Decimal("10.00"), 2), (4, "LAMP", 3, Decimal("60.00"), 0, None),
    ]  # fmt: skip
    made = OrderKit.objects.get()
    assert (made.position, made.product, made.quantity, made.unit_price, made.line_total, made.tax_amount) == (
        2, kit, 2, Decimal("49.99"), Decimal("99.98"), Decimal("20.01"),
    )  # fmt: skip
    pot, cup = OrderLine.objects.filter(kit=made).order_by("position")
    assert made.bill_of_materials == [[pot.product_id, "POT", 1], [cup.product_id, "CUP", 6]]
    assert (cup.unit_price, cup.quantity_per_kit, cup.description) == (Decimal("4.1658"), 6, "Cup")
    assert order.goods_total == Decimal("167.98")


def test_a_listing_may_mean_a_kit(company: Company, proven: None) -> None:
    kit = kit_of(company, (company.mug, 2))
    ListingFactory(channel=company.wholesale, product=kit, channel_sku="W-TEA")
    command = OrderCommand(
        "wholesale", "K-1", NOW, "GBP", [LineCommand("w-tea", 3, Decimal("15.00"), "Tea for two")], "{}",
        ship_to=ShipTo("Pat", "1 High Street", "Leeds", "LS1 1AA", "GB"),
    )  # fmt: skip
    (received,) = order_receive_many([command], actor=company.olga, at=NOW)
    order = Order.objects.get(pk=received.order_id)
    assert shape(order) == [(1, "MUG", 6, Decimal("45.00"), 0, 1)]
    assert OrderKit.objects.values_list("channel_sku", "description").get() == ("w-tea", "Tea for two")
    assert received.lines == [(order.lines.get().pk, company.mug.pk, 6)]


def test_components_without_a_list_price_share_alike(company: Company, proven: None) -> None:
    kit = kit_of(company, *((priced(company, f"PART-{n}", "0"), 1) for n in range(3)))
    order = order_in(company, (kit, 1, "0.02"))
    assert [row[3] for row in shape(order)] == [Decimal("0.01"), Decimal("0.01"), Decimal("0.00")]


@given(
    st.integers(1, 500), st.decimals(0, 10_000, places=4), st.decimals(0, 5_000, places=2),
    st.lists(st.tuples(st.integers(1, 40), st.decimals(0, 900, places=2)), min_size=1, max_size=12),
)  # fmt: skip
def test_shares_add_up_to_the_kit_whatever_it_costs(
    quantity: int, price: Decimal, tax: Decimal, parts: list[tuple[int, Decimal]]
) -> None:
    total = (price * quantity).quantize(Decimal("0.01"))
    members = [KitPart(7, n, f"S{n}", "", units, cost, True) for n, (units, cost) in enumerate(parts)]
    lines, kits = explode([LineCommand("K", quantity, price, "", tax)], [7], [total], {7: members}, "GBP")
    assert (sum(line.line_total for line in lines), sum(line.tax_amount for line in lines)) == (total, tax)
    assert all(line.line_total >= 0 and line.tax_amount >= 0 for line in lines)
    assert [line.quantity for line in lines] == [quantity * units for units, _ in parts]
    assert [(kit.position, kit.line_total) for kit in kits] == [(1, total)]


def test_a_changed_bill_of_materials_leaves_old_orders_alone(company: Company, proven: None) -> None:
    kit = kit_of(company, (company.mug, 2), (company.lamp, 1))
    before = order_in(company, (kit, 1, "30.00"))
    kit_save(kit_id=kit.pk, components=[ComponentDraft(company.mug.pk, 4)], actor=company.olga, at=NOW)
    after = order_in(company, (kit, 1, "30.00"))
    assert [row[1:3] for row in shape(before)] == [("MUG", 2), ("LAMP", 1)]
    assert before.kits.get().bill_of_materials == [[company.mug.pk, "MUG", 2], [company.lamp.pk, "LAMP", 1]]
    assert [row[1:3] for row in shape(after)] == [("MUG", 4)]


def test_a_kit_with_a_part_out_of_use_waits_and_one_without_parts_is_refused(company: Company) -> None:
    kit = kit_of(company, (company.mug, 2))
    product_deactivate(product_id=company.mug.pk, actor=company.olga, at=NOW)
    order = order_in(company, (kit, 1))
    assert (order.state, order.holds.get().kind) == ("ON_HOLD", "COMPLIANCE")
    Product.objects.filter(pk=company.lamp.pk).update(is_kit=True)  # no service leaves such a kit behind
    command = OrderCommand("wholesale", "K-2", NOW, "GBP", [LineCommand("lamp", 1, Decimal(9))], "{}")
    (received,) = order_receive_many([command], actor=company.olga, at=NOW)
    assert received.order_id is None
    assert "the kit lamp has no components" in str(received.error)


def test_orders_without_kits_cost_no_query_more_and_kits_one_or_two(company: Company) -> None:
    kit = kit_of(company, (company.mug, 2), (company.lamp, 1))
    counts = []
    for number, skus in enumerate((["mug"], ["lamp"] * 30, [kit.sku], [kit.sku] * 30)):
        commands = [
            OrderCommand(
                "wholesale", f"Q-{number}-{n}", NOW, "GBP", [LineCommand(sku, 1, Decimal(9))], f"{number} {n}"
            )
            for n, sku in enumerate(skus)
        ]
        with CaptureQueriesContext(connection) as queries:
            order_receive_many(commands, actor=company.olga, at=NOW)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[2] == counts[3] == counts[0] + 1


# --- on the way ---
def test_a_kit_is_promised_shipped_invoiced_and_counted_by_components(company: Company, proven: None) -> None:
    stock_in(company, company.mug, 7)
    stock_in(company, company.lamp, 9)
    kit = kit_of(company, (company.mug, 3), (company.lamp, 1))
    order = promised(company, (kit, 3, "33.33", "6.67"))
    (item,) = ordered_items(order.pk)
    assert item.progress == KitProgress(2, 0, 0)  # seven mugs make two kits
    fulfillment_ship_through_many(order_ids=[order.pk], carrier="DPD", actor=company.olga, at=NOW)
    stock_in(company, company.mug, 2)
    order_allocate_many(order_ids=[order.pk], actor=company.olga, at=NOW)
    fulfillment_ship_through_many(order_ids=[order.pk], carrier="DPD", actor=company.olga, at=NOW)
    order.refresh_from_db()
    (item,) = ordered_items(order.pk)
    assert (order.state, item.progress) == ("SHIPPED", KitProgress(3, 3, 0))
    shipped = ShipmentLine.objects.filter(shipment__order=order)
    assert sum(line.revenue for line in shipped) == Decimal("99.99")
    assert sum(line.tax for line in shipped) == Decimal("6.67")
    assert order.amount_invoiced == Decimal("106.66") == order.total


def test_progress_is_the_fewest_whole_kits_that_any_component_makes() -> None:
    def line(allocated: int, shipped: int, cancelled: int) -> OrderLine:
        return OrderLine(
            quantity_ordered=12,
            quantity_allocated=allocated,
            quantity_shipped=shipped,
            quantity_cancelled=cancelled,
        )

    assert derive_kit_progress([(line(3, 6, 2), 2), (line(2, 1, 1), 1)]) == KitProgress(3, 1, 1)
    assert derive_kit_progress([(line(0, 0, 0), 2), (line(6, 0, 0), 1)]) == KitProgress(0, 0, 0)


# --- cancelling ---
def test_kits_are_cancelled_whole(company: Company, proven: None) -> None:
    stock_in(company, company.mug, 6)
    stock_in(company, company.lamp, 3)
    kit = kit_of(company, (company.mug, 2), (company.lamp, 1))
    order = promised(company, (kit, 3), (company.mug, 1))
    made = order.kits.get()
    cancelled = order_cancel(
        order_id=order.pk, kits={made.pk: 2}, reason="One will do", actor=company.cora, at=NOW
    )
    assert cancelled == 6
    lines = OrderLine.objects.filter(order=order).order_by("position")
    assert [line.quantity_cancelled for line in lines] == [4, 2, 0]
    assert (
        sum(
            Allocation.objects.filter(state="ACTIVE", order_line__kit=made).values_list("quantity", flat=True)
        )
        == 3
    )
    by_lines = {lines[0].pk: 2, lines[1].pk: 1}
    order_cancel(order_id=order.pk, quantities=by_lines, reason="None at all", actor=company.cora, at=NOW)
    assert ordered_items(order.pk)[0].progress == KitProgress(0, 0, 3)
    order.refresh_from_db()
    assert order.state == "CONFIRMED"  # the mug beside the kit
    order_cancel(order_id=order.pk, reason="That too", actor=company.cora, at=NOW)
    order.refresh_from_db()
    assert order.state == "CANCELLED"


def test_a_component_alone_is_not_cancelled(company: Company, proven: None) -> None:
    kit = kit_of(company, (company.mug, 2), (company.lamp, 1))
    order = order_in(company, (kit, 3))
    other = order_in(company, (kit, 1))
    mug, lamp = OrderLine.objects.filter(order=order).order_by("position")
    made = order.kits.get()
    for wanted in ({mug.pk: 2}, {mug.pk: 6}, {mug.pk: 1, lamp.pk: 1}, {mug.pk: 3, lamp.pk: 1}):
        with pytest.raises(
            InvalidInput, match="TEA-SET is a kit: a component of it can not be cancelled alone"
        ) as refused:
            order_cancel(order_id=order.pk, quantities=wanted, reason="Oops", actor=company.cora, at=NOW)
        assert refused.value.remedy == "Cancel whole kits, or all that is left of the order."
    for kits, words in (({made.pk: 4}, "has 6 units left, not 8"), ({other.kits.get().pk: 1}, "has not 1 of kit"),
                        ({made.pk: -1}, "has not -1 of kit")):  # fmt: skip
        with pytest.raises(InvalidInput, match=words):
            order_cancel(order_id=order.pk, kits=kits, reason="Oops", actor=company.cora, at=NOW)
    assert set(OrderLine.objects.values_list("quantity_cancelled", flat=True)) == {0}


# --- the pages and the API ---
def test_the_order_page_shows_the_kit_above_its_components_and_cancels_whole_ones(
    company: Company, as_: Login, proven: None
) -> None:
    stock_in(company, company.mug, 4)
    stock_in(company, company.lamp, 9)
    kit = kit_of(company, (company.mug, 2), (company.lamp, 1))
    order = promised(company, (kit, 3, "30.00"))
    page = as_("cora").get(to("order_detail", order.pk)).content.decode()
    assert page.index("2 of 3 complete") < page.index("2 per kit")  # the kit is the heading
    for words in ("2 of 3 complete", "2 per kit", "£90.00", "Cancel kits"):
        assert words in page, words
    assert "Cancel kits" not in as_("rita").get(to("order_detail", order.pk)).content.decode()
    made = order.kits.get()
    url = to("order_kit_cancel", made.pk)
    assert 'value="3"' in as_("cora").get(url).content.decode()
    refused = as_("cora").post(url, {"quantity": "4", "reason": "Too many", "form_token": "a"})
    assert (refused.status_code, "units left" in refused.content.decode()) == (422, True)
    done = as_("cora").post(url, {"quantity": "1", "reason": "One less", "form_token": "b"}, follow=True)
    assert "1 cancelled" in done.content.decode()
    assert as_("pia").post(url, {"quantity": "1", "reason": "x"}).status_code == 403
    panel = as_("rita").get(to("product_kit_orders_panel", kit.pk)).content.decode()
    assert order.number in panel
    assert "No open order" in as_("rita").get(to("product_kit_orders_panel", company.mug.pk)).content.decode()


def test_an_order_page_costs_the_same_queries_with_many_kits(company: Company, as_: Login) -> None:
    kits = [kit_of(company, (company.mug, 2), (company.lamp, 1), sku=f"SET-{n}") for n in range(9)]
    counts = []
    for chosen in (kits[:1], kits):
        order = order_in(company, *((kit, 1) for kit in chosen))
        as_("olga").get(to("order_detail", order.pk))
        with CaptureQueriesContext(connection) as queries:
            as_("olga").get(to("order_detail", order.pk))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_level_is_never_opened_for_a_kit(company: Company, proven: None) -> None:
    kit = kit_of(company, (company.mug, 2))
    promised(company, (kit, 3))
    assert not StockLevel.objects.filter(product=kit).exists()


def test_the_api_shows_kits_and_their_lines(company: Company) -> None:
    stock_in(company, company.mug, 4)
    stock_in(company, company.lamp, 9)
    kit = kit_of(company, (company.mug, 2), (company.lamp, 1))
    order = promised(company, (company.cream, 1), (kit, 3, "30.00"))
    said = order_out(order)
    assert [(line["sku"], line["kit"], line["line_total"]) for line in said["lines"]] == [
        ("CREAM", None, "10.0000"), ("MUG", 2, "60.0000"), ("LAMP", 2, "30.0000"),
    ]  # fmt: skip
    assert said["kits"] == [
        {
            "position": 2, "sku": "TEA-SET", "channel_sku": "TEA-SET", "quantity": 3, "quantity_shippable": 2,
            "quantity_shipped": 0, "quantity_cancelled": 0, "unit_price": "30.0000", "line_total": "90.0000",
            "components": [{"sku": "MUG", "quantity": 2}, {"sku": "LAMP", "quantity": 1}],
        }
    ]  # fmt: skip
