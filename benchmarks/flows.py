"""Which benchmarks are there? Each times a service that live work uses against the floor that leaves the same rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db import connection, transaction

from benchmarks import floors
from benchmarks.harness import Bench, Result, benchmark
from benchmarks.seed import AT, PARTS, Seeded
from erp.core.sql import array, query
from fulfillment.services import (
    fulfillment_pack_many,
    fulfillment_pick_many,
    fulfillment_release_many,
    shipment_confirm_many,
)
from inventory.selectors import atp_query
from ledger.models import Account, AccountRole, Period
from orders.services import OrderCommand, order_allocate_many, order_receive, order_receive_many


def _execute(sql: str, parameters: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall()) if cursor.description else []


class Line(NamedTuple):
    order_id: int
    id: int
    product_id: int
    units: int


def _columns(names: Mapping[str, str], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    """An array per column: parameter name → type, then the rows."""
    return {
        name: array([row[place] for row in rows], kind) for place, (name, kind) in enumerate(names.items())
    }


def _exploded(seeded: Seeded, commands: Sequence[OrderCommand]) -> tuple[list[Any], list[Any]]:
    """The lines as they ask for stock, and the kits as they were ordered; every unit costs the same."""
    product = dict(zip(seeded.skus, seeded.products, strict=True))
    lines: list[Any] = []
    kits: list[Any] = []
    for command in commands:
        position = 0
        for line in command.lines:
            if line.sku not in seeded.kits:
                position += 1
                lines.append(
                    (command.external_id, position, product[line.sku], line.sku, line.quantity, None, None)
                )
                continue
            kit, parts = seeded.kits[line.sku]
            kits.append(
                (
                    command.external_id,
                    position + 1,
                    kit,
                    line.sku,
                    line.quantity,
                    sum(PARTS) * line.quantity * 2,
                )
            )
            for part, units in zip(parts, PARTS, strict=True):
                lines.append(
                    (
                        command.external_id,
                        position + 1,
                        part,
                        line.sku,
                        line.quantity * units,
                        kits[-1][1],
                        units,
                    )
                )
                position += 1
    return lines, kits


def _floor_intake(seeded: Seeded, commands: Sequence[OrderCommand]) -> list[Line]:
    lines, kits = _exploded(seeded, commands)
    worth: Counter[str] = Counter()
    for line in lines:
        worth[line[0]] += line[4] * 2
    rows = _execute(
        floors.INTAKE,
        {
            "external": array([c.external_id for c in commands], "text"), "body": array([c.body for c in commands], "text"),
            "total": array([worth[c.external_id] for c in commands], "numeric"),
            "email": array([c.email for c in commands], "text"), "country": array([c.ship_to.country for c in commands], "text"),
            "at": AT, "channel": seeded.channel_id, "actor": seeded.actor.pk,
            **_columns({"line_external": "text", "position": "integer", "product": "bigint", "sku": "text", "quantity": "bigint",
                        "line_kit": "integer", "per_kit": "integer"}, lines),
            **_columns({"kit_external": "text", "kit_position": "integer", "kit_product": "bigint", "kit_sku": "text",
                        "kit_quantity": "bigint", "kit_total": "numeric"}, kits),
        },
    )  # fmt: skip
    return [Line(*row) for row in rows]


def _floor_allocate(seeded: Seeded, lines: Sequence[Line]) -> None:
    """Promise everything from one node."""
    orders: dict[int, list[Line]] = {}
    gained: dict[int, int] = {}
    for line in lines:
        orders.setdefault(line.order_id, []).append(line)
        gained[line.product_id] = gained.get(line.product_id, 0) + line.units
    node = seeded.nodes[0].pk
    explanations = [
        f'{{"policy": "default v1", "strategy": "NEAREST", "wanted": {sum(x.units for x in own)}, '
        f'"nodes": [[{node}, {sum(x.units for x in own)}, 0, 1]], "lines": {[[x.id, x.units, 0] for x in own]}}}'
        for own in orders.values()
    ]
    products = sorted(gained)
    columns = zip(("order", "line", "product", "units"), zip(*lines, strict=True), strict=True)
    _execute(
        floors.ALLOCATE,
        {
            "orders": array(orders, "bigint"), "policy": seeded.policy_id, "node": node, "at": AT,
            "actor": seeded.actor.pk, "products": array(products, "bigint"),
            "gained": array([gained[product] for product in products], "bigint"),
            "explanations": array(explanations, "jsonb"), **{name: array(values, "bigint") for name, values in columns},
        },
    )  # fmt: skip


def _ids(lines: Sequence[Line]) -> list[int]:
    return list(dict.fromkeys(line.order_id for line in lines))


@benchmark
def receive_one(bench: Bench) -> Result:
    """Single orders of three lines, each received, promised and committed by itself."""
    seeded, count = bench.seeded, bench.size(300)

    def ours() -> int:
        for _ in range(count):
            with transaction.atomic():
                received = order_receive(seeded.command(), actor=seeded.actor, at=AT)
                order_allocate_many(order_ids=[received.order_id], actor=seeded.actor, at=AT)  # type: ignore[list-item]
        return count

    def floor() -> int:
        for _ in range(count):
            with transaction.atomic():
                _floor_allocate(seeded, _floor_intake(seeded, [seeded.command()]))
        return count

    return bench.pair(
        "receive_one", "orders/s", ours, floor, "received, validated, promised with reasons; one commit each"
    )


@benchmark
def receive_batch(bench: Bench) -> Result:
    """Batches of 200 orders of three lines, received and committed together."""
    seeded, count = bench.seeded, bench.size(2_000)

    def run(step: Any) -> int:
        for _ in range(0, count, 200):
            commands = [seeded.command() for _ in range(200)]
            with transaction.atomic():
                step(commands)
        return -(-count // 200) * 200

    return bench.pair(
        "receive_batch", "orders/s",
        lambda: run(lambda commands: order_receive_many(commands, actor=seeded.actor, at=AT)),
        lambda: run(lambda commands: _floor_intake(seeded, commands)),
    )  # fmt: skip


def _allocate(bench: Bench, name: str, *, hot: bool) -> Result:
    seeded, count = bench.seeded, bench.size(2_000)

    def prepared() -> list[list[Line]]:
        return [
            _floor_intake(seeded, [seeded.command(hot=hot) for _ in range(200)]) for _ in range(0, count, 200)
        ]

    stock = [prepared() for _ in range(2 * (bench.rounds + 1))]

    def run(step: Any) -> int:
        batches = stock.pop()
        for lines in batches:
            with transaction.atomic():
                step(lines)
        return sum(len(lines) for lines in batches)

    return bench.pair(
        name, "lines/s",
        lambda: run(lambda lines: order_allocate_many(order_ids=_ids(lines), actor=seeded.actor, at=AT)),
        lambda: run(lambda lines: _floor_allocate(seeded, lines)),
    )  # fmt: skip


@benchmark
def allocate_batch(bench: Bench) -> Result:
    """Pending lines of 200 orders promised per transaction, spread over 10,000 SKUs."""
    return _allocate(bench, "allocate_batch", hot=False)


@benchmark
def allocate_hot_sku(bench: Bench) -> Result:
    """The same with one SKU in every order."""
    return _allocate(bench, "allocate_hot_sku", hot=True)


def _packed(seeded: Seeded, count: int) -> list[int]:
    ids = _ids(_floor_intake(seeded, [seeded.command() for _ in range(count)]))
    order_allocate_many(order_ids=ids, actor=seeded.actor, at=AT)
    released = fulfillment_release_many(order_ids=ids, actor=seeded.actor, at=AT).fulfillment_ids
    fulfillment_pick_many(fulfillment_ids=released, actor=seeded.actor, at=AT)
    fulfillment_pack_many(fulfillment_ids=released, actor=seeded.actor, at=AT)
    return list(released)


def _floor_ship(seeded: Seeded, ids: Sequence[int]) -> None:
    accounts = dict(Account.objects.filter(role__isnull=False).values_list("role", "pk"))
    _execute(
        floors.SHIP,
        {
            "fulfillments": array(ids, "bigint"), "count": len(ids), "at": AT, "day": AT.date(), "actor": seeded.actor.pk,
            "node": seeded.nodes[0].pk, "channel": seeded.channel_id, "period": Period.objects.get(start_date__lte=AT, end_date__gte=AT).pk,
            "receivable": accounts[AccountRole.RECEIVABLE], "revenue": accounts[AccountRole.REVENUE],
            "cogs": accounts[AccountRole.COGS], "inventory": accounts[AccountRole.INVENTORY],
        },
    )  # fmt: skip


def _ship(bench: Bench, name: str, size: int, count: int) -> Result:
    seeded = bench.seeded

    def prepared() -> list[list[int]]:
        ids = [pk for start in range(0, count, 200) for pk in _packed(seeded, min(200, count - start))]
        return [ids[start : start + size] for start in range(0, count, size)]

    stock = [prepared() for _ in range(2 * (bench.rounds + 1))]

    def run(step: Any) -> int:
        batches = stock.pop()
        for ids in batches:
            with transaction.atomic():
                step(ids)
        return sum(len(ids) for ids in batches)

    return bench.pair(
        name, "shipments/s",
        lambda: run(lambda ids: shipment_confirm_many(fulfillment_ids=ids, carrier="Royal Parcel", actor=seeded.actor, at=AT)),
        lambda: run(lambda ids: _floor_ship(seeded, ids)),
    )  # fmt: skip


@benchmark
def ship_one(bench: Bench) -> Result:
    """Single packed orders of three lines confirmed: stock, cost, revenue, books, messages."""
    return _ship(bench, "ship_one", 1, bench.size(200))


@benchmark
def ship_batch(bench: Bench) -> Result:
    """The same, 200 in a transaction."""
    return _ship(bench, "ship_batch", 200, bench.size(1_000))


@benchmark
def atp_query_benchmark(bench: Bench) -> Result:
    """Available to promise of 200 products over all nodes."""
    seeded, count = bench.seeded, bench.size(100)

    def chosen() -> list[int]:
        return seeded.random.sample(seeded.products, 200)

    def ours() -> int:
        for _ in range(count):
            atp_query(chosen())
        return 200 * count

    def floor() -> int:
        for _ in range(count):
            query(floors.ATP.replace("%(products)s", "%s"), [array(chosen(), "bigint")])
        return 200 * count

    return bench.pair("atp_query", "products/s", ours, floor)
