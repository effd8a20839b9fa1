"""Does a posting move exactly what it says, or nothing at all?"""

import pytest
from django.db import InternalError, connection, transaction
from django.db.utils import ProgrammingError

from erp.core.errors import InvalidInput
from inventory.models import BinStock, StockEvent, StockLevel, StockMove
from inventory.services import (
    BinChoice,
    InsufficientStock,
    Move,
    Posting,
    bin_allocate_many,
    stock_post,
    stock_post_many,
)
from inventory.states import StockStatus as S
from tests.cast import NOW, Company, assert_proven, stock_in


def level(company: Company, product, status=S.AVAILABLE, node=None) -> int:
    row = StockLevel.objects.filter(product=product, node=node or company.north, status=status).first()
    return row.quantity if row else 0


def allocate(company: Company, quantity: int, key: str = "a") -> Posting:
    north = company.north.pk
    return Posting("orders.order_allocate", "orders.Order", 1, key,
                   [Move(company.mug.pk, quantity, north, S.AVAILABLE, north, S.ALLOCATED)])  # fmt: skip


def test_a_move_changes_both_buckets(company: Company) -> None:
    stock_in(company, company.mug, 10)
    with transaction.atomic():
        (sequence,) = stock_post_many([allocate(company, 4)], actor=company.olga, at=NOW)
    assert (level(company, company.mug), level(company, company.mug, S.ALLOCATED)) == (6, 4)
    event = StockEvent.objects.get(pk=sequence)
    assert (event.action, event.actor_id, event.occurred_at) == (
        "orders.order_allocate",
        company.olga.pk,
        NOW,
    )
    assert BinStock.objects.get(product=company.mug).quantity == 10  # a promise moves no goods
    assert_proven("i01", "i02", "i03", "i13", "i14")


def test_a_short_posting_names_every_short_bucket_and_moves_nothing(company: Company) -> None:
    stock_in(company, company.mug, 3)
    north, before = company.north.pk, StockEvent.objects.count()
    moves = [
        Move(company.mug.pk, 4, north, S.AVAILABLE, north, S.ALLOCATED),
        Move(company.lamp.pk, 1, north, S.AVAILABLE, north, S.ALLOCATED),
    ]
    with pytest.raises(InsufficientStock) as refusal:
        stock_post(action="orders.order_allocate", source_type="orders.Order", source_id=1, idempotency_key="k",
                   moves=moves, actor=company.olga, at=NOW)  # fmt: skip
    assert refusal.value.detail["shortages"] == [
        {"sku": "LAMP", "node": "NORTH", "status": "AVAILABLE", "wanted": 1, "there": 0},
        {"sku": "MUG", "node": "NORTH", "status": "AVAILABLE", "wanted": 4, "there": 3},
    ]
    assert level(company, company.mug) == 3
    assert StockEvent.objects.count() == before


def test_one_short_posting_undoes_the_whole_batch(company: Company) -> None:
    stock_in(company, company.mug, 5)
    with pytest.raises(InsufficientStock), transaction.atomic():
        stock_post_many([allocate(company, 3, "a"), allocate(company, 3, "b")], actor=company.olga, at=NOW)
    assert level(company, company.mug) == 5
    assert not StockEvent.objects.filter(idempotency_key__in=["a", "b"]).exists()


def test_a_batch_costs_the_same_statements_as_one(company: Company, django_assert_max_num_queries) -> None:
    stock_in(company, company.mug, 500)
    with transaction.atomic(), django_assert_max_num_queries(3):
        stock_post_many([allocate(company, 1, f"k{n}") for n in range(300)], actor=company.olga, at=NOW)
    assert level(company, company.mug, S.ALLOCATED) == 300


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_move_needs_a_positive_quantity(company: Company, quantity: int) -> None:
    with pytest.raises(InvalidInput) as refusal, transaction.atomic():
        stock_post_many([allocate(company, quantity)], actor=company.olga, at=NOW)
    assert refusal.value.field == "quantity"
    assert not StockMove.objects.exists()


def test_a_move_must_go_somewhere(company: Company) -> None:
    north = company.north.pk
    moves = [Move(company.mug.pk, 1, north, S.AVAILABLE, north, S.AVAILABLE)]
    with pytest.raises(InvalidInput), transaction.atomic():
        stock_post_many([Posting("a", "t", 1, "k", moves)], actor=company.olga, at=NOW)
    assert not StockMove.objects.exists()


def test_a_pick_lowers_the_bin_and_what_is_taken_up(company: Company) -> None:
    stock_in(company, company.mug, 10)
    bin_stock = BinStock.objects.get(product=company.mug)
    north = company.north.pk
    with transaction.atomic():
        stock_post_many([allocate(company, 4)], actor=company.olga, at=NOW)
        bin_allocate_many([BinChoice(bin_stock.pk, 4)])
    pick = Move(
        company.mug.pk, 3, north, S.ALLOCATED, north, S.PICKED, from_location_id=bin_stock.location_id
    )
    stock_post(action="fulfillment.pick_confirm", source_type="t", source_id=1, idempotency_key="p", moves=[pick],
               actor=company.pia, at=NOW)  # fmt: skip
    bin_stock.refresh_from_db()
    assert (bin_stock.quantity, bin_stock.quantity_allocated) == (7, 1)
    assert level(company, company.mug, S.PICKED) == 3
    assert_proven("i02", "i03")


def test_a_bin_is_never_taken_up_beyond_what_it_holds(company: Company) -> None:
    stock_in(company, company.mug, 2)
    bin_stock = BinStock.objects.get(product=company.mug)
    with pytest.raises(Exception, match="binstock_allocated_within_quantity"), transaction.atomic():
        bin_allocate_many([BinChoice(bin_stock.pk, 3)])
    bin_stock.refresh_from_db()
    assert bin_stock.quantity_allocated == 0


def test_units_that_a_pick_task_took_up_can_not_be_moved_away(company: Company) -> None:
    stock_in(company, company.mug, 5)
    bin_stock = BinStock.objects.get(product=company.mug)
    bin_allocate_many([BinChoice(bin_stock.pk, 4)])
    north = company.north.pk
    away = Move(
        company.mug.pk, 2, north, S.AVAILABLE, north, S.DAMAGED, bin_stock.location_id, bin_stock.location_id
    )
    with pytest.raises(InsufficientStock) as refusal, transaction.atomic():
        stock_post_many([Posting("a", "t", 1, "k", [away])], actor=company.pia, at=NOW)
    assert refusal.value.detail["shortages"] == [
        {"sku": "MUG", "node": "NORTH", "status": "AVAILABLE", "bin": "N-A-01", "wanted": 2, "there": 1}
    ]
    assert level(company, company.mug) == 5


@pytest.mark.parametrize("statement", [
    "UPDATE inventory_stockmove SET quantity = 1", "DELETE FROM inventory_stockmove", "TRUNCATE inventory_stockmove",
    "UPDATE inventory_stockevent SET reason = 'x'", "DELETE FROM inventory_stockevent",
])  # fmt: skip
def test_postgresql_refuses_to_rewrite_the_journal(company: Company, statement: str) -> None:
    stock_in(company, company.mug, 7)
    with pytest.raises((ProgrammingError, InternalError), match="append-only"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # TRUNCATE waits for no pending trigger
            cursor.execute(statement)
    assert StockMove.objects.get().quantity == 7


def test_the_fifo_date_of_a_bin_starts_again_when_it_was_empty(company: Company) -> None:
    stock_in(company, company.mug, 2)
    bin_stock = BinStock.objects.get(product=company.mug)
    assert bin_stock.first_received_at == NOW
    later = NOW.replace(day=20)
    stock_in(company, company.mug, 2, at=later)
    bin_stock.refresh_from_db()
    assert bin_stock.first_received_at == NOW  # not empty in between
