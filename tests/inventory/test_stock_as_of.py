"""Does an as-of question get the journal's answer, without reading the whole journal?"""

import json
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp.core.errors import InvalidInput
from inventory.models import StockLevel, StockSnapshot
from inventory.selectors import stock_as_of, stock_moves
from inventory.services import InsufficientStock, Move, Posting, stock_post_many, stock_snapshot_take
from inventory.states import ON_HAND
from inventory.states import StockStatus as S
from tests.cast import NOW, Company, assert_proven, stock_in

STEP = st.tuples(
    st.sampled_from(["in", "allocate", "release", "ship", "damage", "snapshot"]),
    st.integers(0, 1),
    st.integers(1, 9),
)


def as_dict(levels) -> dict:
    return {(level.product_id, level.node_id, level.status): level.quantity for level in levels}


def test_as_of_a_sequence_and_a_time(company: Company) -> None:
    first = stock_in(company, company.mug, 10)
    second = stock_in(company, company.mug, 5, at=NOW + timedelta(days=1))
    bucket = (company.mug.pk, company.north.pk, "AVAILABLE")
    assert as_dict(stock_as_of(sequence=first)) == {bucket: 10}
    assert as_dict(stock_as_of(sequence=second)) == {bucket: 15}
    assert as_dict(stock_as_of(at=NOW)) == {bucket: 10}
    assert as_dict(stock_as_of(at=NOW - timedelta(seconds=1))) == {}
    assert as_dict(stock_as_of(sequence=second, product_ids=[company.lamp.pk])) == {}
    assert as_dict(stock_as_of(sequence=second, node_ids=[company.south.pk])) == {}


def test_an_event_that_was_recorded_late_counts_when_it_occurred(company: Company) -> None:
    stock_in(company, company.mug, 10, at=NOW + timedelta(days=2))
    stock_in(company, company.mug, 3, at=NOW)  # recorded after, occurred before
    assert [level.quantity for level in stock_as_of(at=NOW + timedelta(days=1))] == [3]


def test_exactly_one_of_sequence_and_time(db: None) -> None:
    for wrong in ({}, {"sequence": 1, "at": NOW}):
        with pytest.raises(InvalidInput):
            stock_as_of(**wrong)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=1, max_size=25))
def test_any_history_can_be_read_back(company: Company, steps) -> None:
    """Whatever happens in whatever order: every past level is the journal's, and the projections are its last one."""
    routes = {
        "in": (S.SUPPLIER, S.AVAILABLE), "allocate": (S.AVAILABLE, S.ALLOCATED), "release": (S.ALLOCATED, S.AVAILABLE),
        "ship": (S.ALLOCATED, S.CUSTOMER), "damage": (S.AVAILABLE, S.DAMAGED),
    }  # fmt: skip
    node, model, history = company.store.pk, {}, []
    with transaction.atomic():
        for number, (step, which, quantity) in enumerate(steps):
            product = (company.mug, company.lamp)[which].pk
            if step == "snapshot":
                stock_snapshot_take(at=NOW + timedelta(minutes=number))
                continue
            source, target = routes[step]
            move = Move(product, quantity, node, source, node, target)
            enough = source == S.SUPPLIER or model.get((product, node, source), 0) >= quantity
            posting = Posting("tests.step", "tests", number, f"{number}", [move])
            if not enough:
                with pytest.raises(InsufficientStock), transaction.atomic():
                    stock_post_many([posting], actor=company.system, at=NOW)
                continue
            (sequence,) = stock_post_many([posting], actor=company.system, at=NOW + timedelta(minutes=number))
            for status, delta in ((source, -quantity), (target, quantity)):
                if status not in (S.SUPPLIER, S.CUSTOMER):
                    key = (product, node, status)
                    model[key] = model.get(key, 0) + delta
            history.append((sequence, NOW + timedelta(minutes=number), {k: v for k, v in model.items() if v}))
        for sequence, at, then in history:
            assert as_dict(stock_as_of(sequence=sequence)) == then
            assert as_dict(stock_as_of(at=at)) == then
        now = {
            (level.product_id, level.node_id, level.status): level.quantity
            for level in StockLevel.objects.exclude(quantity=0)
        }
        assert now == {k: v for k, v in model.items() if v}
        assert_proven("i01", "i02", "i03", "as_of")
        _check_running_balance(company)
        transaction.set_rollback(True)


def _check_running_balance(company: Company) -> None:
    rows, before = [], None
    while True:
        page = stock_moves(product_id=company.mug.pk, before=before, limit=3)
        rows += page.rows
        if page.next_before is None:
            break
        before = page.next_before
    for newer, older in pairwise(rows):
        assert newer.balance - newer.delta == older.balance
    if rows:
        on_hand = StockLevel.objects.filter(product=company.mug, status__in=ON_HAND)
        assert rows[0].balance == sum(on_hand.values_list("quantity", flat=True))
        assert rows[-1].balance == rows[-1].delta


def test_only_the_moves_after_the_snapshot_are_read(company: Company) -> None:
    """The cost is bounded by what happened since the last close, and asking does not touch the rest of the journal."""
    node = company.store.pk

    def receive(count: int, key: str) -> None:
        postings = [
            Posting(
                "tests.receive",
                "tests",
                n,
                f"{key}{n}",
                [Move(company.mug.pk, 1, node, S.SUPPLIER, node, S.AVAILABLE)],
            )
            for n in range(count)
        ]
        with transaction.atomic():
            stock_post_many(postings, actor=company.system, at=NOW)

    receive(5_000, "old")
    sequence = stock_snapshot_take(at=NOW)
    receive(20, "new")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE inventory_stockmove, inventory_stockevent, inventory_stocksnapshot")
    assert [level.quantity for level in stock_as_of(sequence=sequence + 15)] == [5_015]
    for question in (
        {"sequence": sequence + 15},
        {"at": NOW},
        {"sequence": sequence + 15, "product_ids": [company.mug.pk]},
    ):
        assert _moves_read(question) <= 20, question


def _moves_read(question: dict) -> int:
    """How many journal rows PostgreSQL visits for the question, filtered ones included."""
    statements: list[tuple[str, object]] = []

    def explain(execute, sql, params, many, context):
        if "inventory_stockmove" in sql:
            statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        stock_as_of(**question)
    ((sql, params),) = statements
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
        plan = cursor.fetchone()[0]
    plan = json.loads(plan) if isinstance(plan, str) else plan

    def visited(node) -> int:
        own = 0
        if node.get("Relation Name") == "inventory_stockmove":
            own = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        return int(own) + sum(visited(child) for child in node.get("Plans", []))

    return visited(plan[0]["Plan"])


def test_a_snapshot_is_taken_once_per_sequence(company: Company) -> None:
    stock_in(company, company.mug, 4)
    assert stock_snapshot_take(at=NOW) == stock_snapshot_take(at=NOW)
    assert StockSnapshot.objects.count() == 1
