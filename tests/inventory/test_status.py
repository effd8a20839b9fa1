"""Can units change condition or bin without anything being gained or lost?"""

import pytest

from erp.core.errors import Conflict, InvalidInput
from inventory.models import BinStock, StockEvent
from inventory.services import InsufficientStock, Move, stock_bin_move, stock_status_change
from inventory.states import StockStatus as S
from tests.cast import NOW, Company, assert_proven, stock_in


def move(company: Company, quantity: int, **change: object) -> Move:
    north, place = company.north.pk, company.bins[0].pk
    return Move(company.mug.pk, quantity, north, S.AVAILABLE, north, S.DAMAGED, place, place)._replace(
        **change
    )


def change(company: Company, what: Move, key: str = "k", reason: str = "dropped") -> int:
    return stock_status_change(move=what, reason=reason, idempotency_key=key, actor=company.pia, at=NOW)


def test_condition_changes_in_the_bin(company: Company) -> None:
    stock_in(company, company.mug, 10)
    change(company, move(company, 4))
    assert dict(BinStock.objects.values_list("status", "quantity")) == {"AVAILABLE": 6, "DAMAGED": 4}
    assert_proven()


def test_the_same_key_moves_once_and_another_act_under_it_is_a_conflict(company: Company) -> None:
    stock_in(company, company.mug, 10)
    first = change(company, move(company, 4))
    assert change(company, move(company, 4)) == first
    with pytest.raises(Conflict):
        change(company, move(company, 5))
    assert StockEvent.objects.filter(action="inventory.stock_status_change").count() == 1


@pytest.mark.parametrize(("wrong", "field"), [
    ({"to_status": S.ALLOCATED}, "to_status"),
    ({"from_status": S.PICKED}, "to_status"),
    ({"to_status": S.AVAILABLE}, "to_status"),
    ({"from_location_id": None}, "location"),
    ({"to_location_id": -1}, "location"),
])  # fmt: skip
def test_what_is_not_a_persons_to_judge_is_refused(company: Company, wrong: dict, field: str) -> None:
    stock_in(company, company.mug, 10)
    with pytest.raises(InvalidInput) as refusal:
        change(company, move(company, 1, **wrong))
    assert refusal.value.field == field
    assert BinStock.objects.get().quantity == 10


def test_two_nodes_need_a_transfer_and_a_change_needs_a_reason(company: Company) -> None:
    stock_in(company, company.mug, 10)
    with pytest.raises(InvalidInput):
        change(company, move(company, 1, to_node_id=company.south.pk))
    with pytest.raises(InvalidInput):
        change(company, move(company, 1), reason=" ")
    assert BinStock.objects.get().quantity == 10


def test_more_than_the_bin_holds_is_refused(company: Company) -> None:
    stock_in(company, company.mug, 2)
    stock_in(company, company.mug, 8, location=company.bins[1])
    with pytest.raises(InsufficientStock) as refusal:
        change(company, move(company, 3))
    assert refusal.value.detail["shortages"][0]["bin"] == "N-A-01"


def test_units_are_carried_to_another_bin(company: Company) -> None:
    stock_in(company, company.mug, 10)
    carry = move(company, 7, to_status=S.AVAILABLE, to_location_id=company.bins[2].pk)
    stock_bin_move(move=carry, idempotency_key="k", actor=company.pia, at=NOW)
    assert dict(BinStock.objects.values_list("location__code", "quantity")) == {"N-A-01": 3, "N-A-03": 7}
    with pytest.raises(InvalidInput):
        stock_bin_move(move=move(company, 1), idempotency_key="l", actor=company.pia, at=NOW)
    assert_proven()
