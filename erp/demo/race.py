"""Does anybody ever get a unit that is not there, when many processes want the last ones and some of them die?

Real processes send real orders through the services. The control takes the locks away and shows the race that they prevent.
"""

from __future__ import annotations

import mmap
import os
import random
import signal
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from django.db import DatabaseError, connection, connections, transaction

from erp.core.models import User
from erp.core.services.proof import prove
from erp.core.services.user import system_user
from erp.core.sql import Statements, array, query
from inventory.services import (
    Move,
    NodeDraft,
    ProductDraft,
    category_save,
    node_save,
    product_create_many,
    stock_post,
    unit_ensure,
)
from inventory.states import StockStatus
from ledger.models import AccountRole
from ledger.services import (
    CostReceipt,
    JournalDraft,
    chart_create,
    cost_receive_many,
    credit,
    debit,
    journal_entry_post,
)
from ledger.services.period import period_ensure
from orders.models import Order
from orders.planner import Supply
from orders.services import (
    ChannelDraft,
    LineCommand,
    OrderCommand,
    ShipTo,
    channel_save,
    order_allocate_many,
    order_receive,
    policy_create,
)

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
SKUS = 5
PATIENCE = 20  # tries per order; each is a whole transaction


@dataclass(frozen=True)
class Outcome:
    """Units and orders after the race. `oversold` is what was promised beyond the stock."""

    orders: int
    lost: int
    doubled: int
    stock: int
    demand: int
    sold: int
    oversold: int
    left: int
    stuck: int
    deaths: int
    violations: int
    broken: list[str]
    seconds: float

    @property
    def is_exact(self) -> bool:
        """Everything sold that could be, nothing that could not, nothing lost, doubled or stuck, and every invariant holds."""
        faults = self.lost + self.doubled + self.oversold + self.stuck + self.violations
        return not faults and self.sold == min(self.stock, self.demand)


def race_prepare(stock: int) -> None:
    """This function will found the smallest company that can be oversold: `stock` units over five SKUs at two nodes."""
    actor = system_user("system")
    chart_create(actor=actor, at=AT)
    period_ensure(AT.date(), actor=actor, at=AT)
    each = unit_ensure(code="EA", name="Each")
    goods = category_save(code="ALL", name="All", parent_id=None, valuation_method="FIFO", actor=actor, at=AT)
    products = product_create_many(
        [
            ProductDraft(f"RACE-{number}", f"Scarce thing {number}", goods.pk, each.pk)
            for number in range(SKUS)
        ],
        actor=actor,
        at=AT,
    )
    nodes = [
        node_save(NodeDraft(code, code, "TPL", "GB", rank=rank), actor=actor, at=AT)
        for rank, code in enumerate(("A", "B"))
    ]
    per_bucket = stock // (SKUS * len(nodes))
    for node in nodes:
        _bring_in(node.pk, [product.pk for product in products], per_bucket, actor)
    policy = policy_create(code="default", name="Nearest", strategy="NEAREST", actor=actor, at=AT)
    channel_save(ChannelDraft("race", "Race", "WEB", "GBP", False, 48, policy.pk), actor=actor, at=AT)


def _bring_in(node_id: int, products: list[int], units: int, actor: User) -> None:
    with transaction.atomic():
        sequence = stock_post(
            action="inventory.adjustment_post_many", source_type="inventory.Node", source_id=node_id,
            idempotency_key=f"race-opening:{node_id}", actor=actor, at=AT,
            moves=[Move(p, units, node_id, StockStatus.SHRINKAGE, node_id, StockStatus.AVAILABLE) for p in products],
        )  # fmt: skip
        cost_receive_many(
            [CostReceipt(p, "FIFO", units, Decimal(units), "inventory.Node", node_id) for p in products],
            at=AT,
        )
        worth = Decimal(units * len(products))
        journal_entry_post(
            JournalDraft(
                kind="inventory.adjustment_posted", source_type="inventory.Node", source_id=node_id, posting_date=AT.date(),
                lines=(
                    debit(AccountRole.INVENTORY, worth, currency="GBP"),
                    credit(AccountRole.EQUITY_OPENING, worth, currency="GBP"),
                ),
                stock_sequence=sequence,
            ),
            actor=actor,
        )  # fmt: skip


def race_run(*, orders: int, workers: int, kill: bool, locked: bool = True, seed: int = 1) -> Outcome:
    """This function will let `workers` processes send `orders` orders of two lines, and count what came of it.

    With `kill` a random worker is killed with SIGKILL about four times a second and replaced; its successor starts
    again with the order in hand, as a channel that got no answer would. Without `locked` the control is raced.
    """
    started = time.perf_counter()
    connections.close_all()
    progress = mmap.mmap(-1, 8 * workers)
    dice = random.Random(seed)
    running = {_spawn(number, orders, workers, progress, locked): number for number in range(workers)}
    deaths, next_kill = 0, time.monotonic() + 0.5
    while running:
        pid, _ = os.waitpid(-1, os.WNOHANG)
        if pid:
            number = running.pop(pid)
            if _done(progress, number) < _share(number, orders, workers):
                running[_spawn(number, orders, workers, progress, locked)] = number
            continue
        if kill and time.monotonic() > next_kill:
            victim = dice.choice(sorted(running))
            os.kill(victim, signal.SIGKILL)
            deaths += 1
            next_kill = time.monotonic() + dice.uniform(0.1, 0.4)
        time.sleep(0.005)
    return _count(orders, deaths, time.perf_counter() - started)


def _share(number: int, orders: int, workers: int) -> int:
    return len(range(number, orders, workers))


def _done(progress: mmap.mmap, number: int) -> int:
    return int(struct.unpack_from("q", progress, 8 * number)[0])


def _spawn(number: int, orders: int, workers: int, progress: mmap.mmap, locked: bool) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        with nullcontext() if locked else unlocked():
            _work(number, orders, workers, progress)
        code = 0
    finally:
        os._exit(code)


def _work(number: int, orders: int, workers: int, progress: mmap.mmap) -> None:
    """Send this worker's share; the place reached is kept outside the process, so that a successor goes on from there."""
    actor = User.objects.get(username="system")
    mine = range(number, orders, workers)
    for place in range(_done(progress, number), len(mine)):
        _persist(lambda place=place: _order(mine[place], actor))  # type: ignore[misc]
        struct.pack_into("q", progress, 8 * number, place + 1)


def _persist(work: Callable[[], None]) -> None:
    for attempt in range(PATIENCE):
        try:
            work()
            return
        except DatabaseError:
            connection.close()
            if attempt == PATIENCE - 1:
                raise
            time.sleep(0.02 * random.random())


def _order(number: int, actor: User) -> None:
    dice = random.Random(number)
    first, second = dice.sample(range(SKUS), 2)
    command = OrderCommand(
        channel="race", external_id=f"R-{number}", ordered_at=AT, currency="GBP", body=f"order {number}",
        lines=[LineCommand(f"RACE-{first}", 1, Decimal(1)), LineCommand(f"RACE-{second}", 1, Decimal(1))],
        ship_to=ShipTo("Pat", "1 High Street", "Leeds", "LS1", "GB"),
    )  # fmt: skip
    with transaction.atomic():
        received = order_receive(command, actor=actor, at=AT)
        if received.is_new and received.order_id is not None:
            order_allocate_many(order_ids=[received.order_id], actor=actor, at=AT)


def _count(orders: int, deaths: int, seconds: float) -> Outcome:
    """Compare what was promised with what was brought in, per SKU: a unit too many of one is no comfort to another."""
    (stock,) = query("SELECT sum(quantity)::bigint FROM inventory_stockmove WHERE from_status = 'SHRINKAGE'")[
        0
    ]
    rows = query(
        "SELECT p.id, coalesce((SELECT sum(quantity) FROM inventory_stockmove m WHERE m.product_id = p.id "
        "AND from_status = 'SHRINKAGE'), 0)::bigint, "
        "coalesce((SELECT sum(quantity) FROM orders_allocation a WHERE a.product_id = p.id AND state = 'ACTIVE'), 0)::bigint, "
        "coalesce((SELECT sum(quantity_ordered) FROM orders_orderline l WHERE l.product_id = p.id), 0)::bigint "
        "FROM inventory_product p ORDER BY 1"
    )
    (left,) = query(
        "SELECT coalesce(sum(quantity), 0)::bigint FROM inventory_stocklevel WHERE status = 'AVAILABLE'"
    )[0]
    found, proof = Order.objects.count(), prove()
    known = Order.objects.values("external_id").distinct().count()
    stuck = query(
        "SELECT count(*) FROM orders_order o WHERE NOT EXISTS (SELECT 1 FROM orders_allocationdecision d WHERE d.order_id = o.id)"
    )
    return Outcome(
        orders=found, lost=orders - known, doubled=found - known, stock=stock, demand=sum(row[3] for row in rows),
        sold=sum(row[2] for row in rows), oversold=sum(max(row[2] - row[1], 0) for row in rows), left=left, stuck=stuck[0][0],
        deaths=deaths, violations=proof.violations,
        broken=[f"{finding.code} {finding.title}" for finding in proof.findings if finding.violations], seconds=round(seconds, 1),
    )  # fmt: skip


@contextmanager
def unlocked() -> Iterator[None]:
    """This function will take the locks away: levels are read, decided upon and written back, as a careless program would."""
    with (
        patch("orders.services.allocation.lock_sellable", _read_sellable),
        patch("inventory.services.stock._add_levels", _write_back),
    ):
        yield


_SEEN: dict[tuple[int, int, str], int] = {}


def _read_sellable(product_ids: Any, *, theirs: Any = ()) -> tuple[Supply, list[Any]]:
    _SEEN.clear()
    for product, node, status, quantity in query(
        "SELECT product_id, node_id, status, quantity FROM inventory_stocklevel WHERE product_id = ANY(%s::bigint[])",
        [array(product_ids, "bigint")],
    ):
        _SEEN[product, node, status] = quantity
    time.sleep(0.002)  # what a person or a slow line would take between looking and writing
    return {key[:2]: units for key, units in _SEEN.items() if key[2] == "AVAILABLE" and units > 0}, []


def _write_back(batch: Statements, levels: dict[tuple[int, int, str], int], *, demand: bool) -> None:
    for (product, node, status), delta in levels.items():
        batch.add(
            "INSERT INTO inventory_stocklevel (product_id, node_id, status, quantity) VALUES (%s, %s, %s, %s) "
            "ON CONFLICT (product_id, node_id, status) DO UPDATE SET quantity = excluded.quantity",
            [product, node, status, max(_SEEN.get((product, node, status), 0) + delta, 0)],
        )
