"""Answers: what does it cost when goods leave? Worked examples for both methods, and what holds for every history."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from ledger.models import CostLayer, CostMovement
from ledger.services import (
    CostIssue,
    CostReceipt,
    CostRevaluation,
    InsufficientLayers,
    Revalued,
    cost_issue_many,
    cost_receive_many,
    cost_revalue_many,
)
from ledger.services.cost import OpenLayer, divided, plan_issues
from tests.ledger.conftest import APRIL, AT

MUG, LAMP = 11, 12


def receive(product: int, quantity: int, value: str, method: str = "FIFO", source_id: int = 1) -> int:
    receipt = CostReceipt(
        product, method, quantity, Decimal(value), "procurement.GoodsReceiptLine", source_id
    )
    return cost_receive_many([receipt], at=AT)[0]


def issue(product: int, quantity: int, method: str = "FIFO", **values: Any) -> CostIssue:
    return CostIssue(
        product, method, quantity, "fulfillment.ShipmentLine", values.pop("source_id", 1), **values
    )


def left(layer_id: int) -> tuple[int, Decimal]:
    layer = CostLayer.objects.get(pk=layer_id)
    return layer.quantity_left, layer.value_left


def test_first_in_first_out(books: User) -> None:
    """Mugs: 10 at 4.00, then 10 at 5.00. Twelve leave: 10 × 4.00 + 2 × 5.00 = 50.00; 8 × 5.00 = 40.00 stay."""
    first, second = receive(MUG, 10, "40.00"), receive(MUG, 10, "50.00")
    assert cost_issue_many([issue(MUG, 12)], at=AT) == [Decimal("50.00")]
    assert (left(first), left(second)) == ((0, Decimal(0)), (8, Decimal("40.00")))
    movements = CostMovement.objects.filter(source_type="fulfillment.ShipmentLine").order_by("id")
    assert [(row.layer_id, row.quantity, row.value) for row in movements] == [
        (first, -10, Decimal("-40.00")),
        (second, -2, Decimal("-10.00")),
    ]


def test_moving_average(books: User) -> None:
    """Lamps: 10 at 4.00 and 10 at 5.00 make a pool of 20 at 4.50. Twelve leave at 54.00, 36.00 stay.

    Then 8 more at 6.00 (48.00): 16 units worth 84.00, so the next two leave at 10.50.
    """
    first, second = receive(LAMP, 10, "40.00", "AVERAGE"), receive(LAMP, 10, "50.00", "AVERAGE")
    assert first == second
    assert cost_issue_many([issue(LAMP, 12, "AVERAGE")], at=AT) == [Decimal("54.00")]
    assert left(first) == (8, Decimal("36.00"))
    receive(LAMP, 8, "48.00", "AVERAGE")
    assert cost_issue_many([issue(LAMP, 2, "AVERAGE")], at=AT) == [Decimal("10.50")]
    pool = CostLayer.objects.get(pk=first)
    assert (pool.quantity_in, pool.value_in, pool.quantity_left, pool.value_left) == (
        28,
        Decimal(138),
        14,
        Decimal("73.50"),
    )


def test_the_last_unit_takes_the_cent_that_is_left(books: User) -> None:
    """Three mugs for 10.00: 3.33, then half of 6.67 = 3.335 → 3.34 (to even), then the remaining 3.33."""
    layer = receive(MUG, 3, "10.00")
    costs = [cost_issue_many([issue(MUG, 1, source_id=n)], at=AT)[0] for n in range(3)]
    assert costs == [Decimal("3.33"), Decimal("3.34"), Decimal("3.33")]
    assert sum(costs) == Decimal("10.00")
    assert left(layer) == (0, Decimal(0))


def test_one_call_serves_many_products_in_two_statements(books: User, statements: Any) -> None:
    receipts = [
        CostReceipt(product, "FIFO", 5, Decimal("5.00"), "x.Receipt", product) for product in range(1, 31)
    ]
    with statements(1):
        layers = cost_receive_many(receipts, at=AT)
    assert layers == sorted(layers)
    with statements(2):
        costs = cost_issue_many([issue(product, 2) for product in range(1, 31)], at=AT)
    assert costs == [Decimal("2.00")] * 30


def test_several_receipts_of_one_pooled_product_in_one_call(books: User) -> None:
    pooled = CostReceipt(LAMP, "AVERAGE", 2, Decimal("3.00"), "x.Receipt", 1)
    ids = cost_receive_many(
        [pooled, CostReceipt(MUG, "FIFO", 1, Decimal("9.99"), "x.Receipt", 2), pooled], at=AT
    )
    assert ids[0] == ids[2] != ids[1]
    assert left(ids[0]) == (4, Decimal("6.00"))
    assert CostMovement.objects.filter(layer_id=ids[0]).count() == 2


def test_a_named_layer_is_taken_from_and_no_other(books: User) -> None:
    first, second = receive(MUG, 10, "40.00"), receive(MUG, 10, "50.00")
    assert cost_issue_many([issue(MUG, 3, layer_id=second), issue(MUG, 1)], at=AT) == [
        Decimal("15.00"),
        Decimal("4.00"),
    ]
    assert (left(first)[0], left(second)[0]) == (9, 7)
    with pytest.raises(InsufficientLayers):
        cost_issue_many([issue(MUG, 8, layer_id=second)], at=AT)
    assert left(second)[0] == 7


def test_layers_of_a_former_method_are_used_up_first(books: User) -> None:
    old = receive(MUG, 2, "8.00", "FIFO")
    pool = receive(MUG, 10, "50.00", "AVERAGE")
    assert cost_issue_many([issue(MUG, 3, "AVERAGE")], at=AT) == [Decimal("13.00")]
    assert (left(old), left(pool)) == ((0, Decimal(0)), (9, Decimal("45.00")))


def test_a_short_issue_names_every_product_and_takes_nothing(books: User) -> None:
    mugs = receive(MUG, 4, "16.00")
    with pytest.raises(InsufficientLayers) as caught:
        cost_issue_many([issue(MUG, 3), issue(MUG, 3), issue(LAMP, 5)], at=AT)
    assert caught.value.detail == {"short": {MUG: 2, LAMP: 5}}
    assert caught.value.message == "the cost layers hold too few units: product 11 by 2, product 12 by 5"
    assert left(mugs) == (4, Decimal("16.00"))
    assert CostMovement.objects.filter(quantity__lt=0).count() == 0


@pytest.mark.parametrize("quantity", [0, -1])
def test_no_units_are_no_movement(books: User, quantity: int) -> None:
    receive(MUG, 4, "16.00")
    with pytest.raises(InvalidInput):
        cost_issue_many([issue(MUG, quantity)], at=AT)
    with pytest.raises(InvalidInput):
        receive(MUG, quantity, "1.00")
    assert CostMovement.objects.count() == 1


@pytest.mark.parametrize("value", ["-1", "0.001", "NaN"])
def test_a_cost_is_whole_cents_and_not_negative(books: User, value: str) -> None:
    with pytest.raises(InvalidInput):
        receive(MUG, 1, value)
    assert CostLayer.objects.count() == 0


def test_late_freight_follows_the_goods(books: User) -> None:
    """Ten mugs at 4.00; six are sold; then 5.00 of freight arrives: 4/10 of it belongs to stock, 6/10 to COGS."""
    layer = receive(MUG, 10, "40.00")
    cost_issue_many([issue(MUG, 6)], at=AT)
    late = CostRevaluation(layer, Decimal("5.00"), "procurement.SupplierInvoiceLine", 77)
    assert cost_revalue_many([late], at=APRIL) == [Revalued(Decimal("2.00"), Decimal("3.00"))]
    assert left(layer) == (4, Decimal("18.00"))
    movement = CostMovement.objects.get(source_id=77)
    assert (movement.quantity, movement.value, movement.at) == (0, Decimal("2.00"), APRIL)
    assert cost_issue_many([issue(MUG, 4)], at=APRIL) == [Decimal("18.00")]


def test_a_late_credit_never_takes_a_layer_below_zero(books: User) -> None:
    layer = receive(MUG, 10, "40.00")
    assert cost_revalue_many([CostRevaluation(layer, Decimal("-55.00"), "x.Credit", 1)], at=APRIL) == [
        Revalued(Decimal("-40.00"), Decimal("-15.00"))
    ]
    assert left(layer) == (10, Decimal(0))


def test_late_cost_for_goods_that_are_gone_is_cogs(books: User) -> None:
    layer = receive(MUG, 2, "8.00")
    cost_issue_many([issue(MUG, 2)], at=AT)
    assert cost_revalue_many([CostRevaluation(layer, Decimal("1.00"), "x.Freight", 1)], at=APRIL) == [
        Revalued(Decimal(0), Decimal("1.00"))
    ]
    assert CostMovement.objects.filter(source_type="x.Freight").count() == 0
    with pytest.raises(NotFound):
        cost_revalue_many([CostRevaluation(layer + 1, Decimal("1.00"), "x.Freight", 1)], at=APRIL)


def test_late_cost_for_one_receipt_of_a_pool(books: User) -> None:
    """A pool of 30 of which 20 are left; freight of 6.00 for the last receipt of 10 is all still in stock."""
    pool = receive(LAMP, 20, "80.00", "AVERAGE")
    receive(LAMP, 10, "40.00", "AVERAGE")
    cost_issue_many([issue(LAMP, 10, "AVERAGE")], at=AT)
    assert cost_revalue_many(
        [CostRevaluation(pool, Decimal("6.00"), "x.Freight", 1, quantity=10)], at=APRIL
    ) == [Revalued(Decimal("6.00"), Decimal(0))]
    assert left(pool) == (20, Decimal("86.00"))


layers_of_a_product = st.lists(st.tuples(st.integers(1, 50), st.integers(0, 10_000)), max_size=8)


@given(
    st.dictionaries(st.integers(1, 3), layers_of_a_product, max_size=3),
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 60)), max_size=20),
)
def test_whatever_happens_units_and_cents_are_conserved(
    stock: dict[int, list[tuple[int, int]]], wanted: list[tuple[int, int]]
) -> None:
    ids = iter(range(1, 1000))
    layers = {product: [OpenLayer(next(ids), *layer) for layer in own] for product, own in stock.items()}
    issues = [issue(product, quantity) for product, quantity in wanted]
    takes, after, short = plan_issues(layers, issues)
    everything = [layer for own in layers.values() for layer in own]
    for layer in everything:
        own = [take for take in takes if take.layer_id == layer.id]
        rest = after.get(layer.id, layer)
        assert rest.quantity + sum(take.quantity for take in own) == layer.quantity
        assert rest.units + sum(take.units for take in own) == layer.units
        assert rest.quantity >= 0 and rest.units >= 0
        assert rest.quantity or not rest.units
    for product in {product for product, _ in wanted}:
        asked = sum(quantity for other, quantity in wanted if other == product)
        had = sum(layer.quantity for layer in layers.get(product, ()))
        assert short.get(product, 0) == max(asked - had, 0)
    for (
        product,
        own_layers,
    ) in layers.items():  # oldest first: a younger layer is touched only when the older is empty
        touched = [after.get(layer.id, layer).quantity < layer.quantity for layer in own_layers]
        for index in range(1, len(own_layers)):
            if touched[index]:
                assert after[own_layers[index - 1].id].quantity == 0, product


@given(st.integers(-(10**12), 10**12), st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_share_is_rounded_half_to_even(units: int, part: int, whole: int) -> None:
    exact = Decimal(units * part) / Decimal(whole)
    assert abs(divided(units, part, whole) - exact) <= Decimal("0.5")
    assert divided(units, whole, whole) == units
    assert [divided(value, 1, 2) for value in (1, 3, 5, -1, -3)] == [0, 2, 2, 0, -2]
