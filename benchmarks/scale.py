"""Does an order cost more when a million others are on file?

The company trades some orders through the services; the rows these left behind, in every table, are then copied by SQL until the books hold the
wanted number of orders. References between copied rows are shifted with them, so each copy is an order with its whole history.
"""

from __future__ import annotations

from statistics import median
from time import perf_counter

from django.db import transaction

from benchmarks.harness import Bench, Result, benchmark
from benchmarks.seed import AT, Seeded
from erp.core.sql import execute, query
from fulfillment.services import fulfillment_ship_through_many
from orders.services import order_allocate_many, order_receive, order_receive_many

TEMPLATE = 200  # orders traded for real; everything else is a copy of them
SHIFT = 100_000  # ids of copy n are those of the template plus n × SHIFT
SMALL, LARGE = 10_000, 1_000_000
# Columns that name a row of any table, and so have no foreign key
_LOOSE = {"source_id", "document_id", "event_id"}
_STANDING = {"inventory_stocklevel", "inventory_binstock"}  # there once, however many orders
_TABLES = """
SELECT c.relname, a.attname FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary AND i.indnatts = 1
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] AND a.atttypid = 'bigint'::regtype
 WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND pg_get_serial_sequence(c.relname, a.attname) IS NOT NULL
"""
_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, NULL), f.confrelid::regclass::text,
       EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND a.attnum = ANY(i.indkey::int2[]))
  FROM pg_attribute a LEFT JOIN pg_constraint f ON f.conrelid = a.attrelid AND f.contype = 'f' AND f.conkey = ARRAY[a.attnum]
 WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
"""


def _top(tables: dict[str, str]) -> dict[str, int]:
    return {
        table: query(f"SELECT coalesce(max({key}), 0) FROM {table}")[0][0] for table, key in tables.items()
    }


def _trade(seeded: Seeded, count: int) -> None:
    """Receive, promise and ship `count` orders of one line, 200 at a time."""
    for start in range(0, count, 200):
        commands = [seeded.command(lines=1) for _ in range(min(200, count - start))]
        ids = [r.order_id for r in order_receive_many(commands, actor=seeded.actor, at=AT) if r.order_id]
        order_allocate_many(order_ids=ids, actor=seeded.actor, at=AT)
        fulfillment_ship_through_many(order_ids=ids, carrier="Royal Parcel", actor=seeded.actor, at=AT)


def _singles(seeded: Seeded, count: int) -> None:
    for _ in range(count):
        with transaction.atomic():
            received = order_receive(seeded.command(lines=1), actor=seeded.actor, at=AT)
            order_allocate_many(order_ids=[received.order_id], actor=seeded.actor, at=AT)  # type: ignore[list-item]


def _copy(
    tables: dict[str, str], before: dict[str, int], after: dict[str, int], first: int, last: int
) -> None:
    """Insert copies number `first` … `last` of every row that the template trade added."""
    grown = {table for table in tables if after[table] > before[table]}
    with transaction.atomic():
        execute("SET LOCAL session_replication_role = replica")  # the template went through every check
        for table in sorted(grown):
            names, values = [], []
            for name, kind, target, is_unique in query(_COLUMNS, [table]):
                names.append(name)
                shifted = name == tables[table] or target in grown or name in _LOOSE
                if shifted and kind == "bigint":
                    values.append(f"t.{name} + n * {SHIFT}")
                elif (
                    is_unique
                    and kind.startswith(("character varying", "text"))
                    and name not in ("kind", "source", "document_type", "source_type", "version")
                ):
                    values.append(f"t.{name} || '~' || n")
                else:
                    values.append(f"t.{name}")
            execute(
                f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} FROM {table} t, generate_series(%s::bigint, %s) n "
                f"WHERE t.{tables[table]} > %s AND t.{tables[table]} <= %s",
                [first, last, before[table], after[table]],
            )
            sequence = query("SELECT pg_get_serial_sequence(%s, %s)", [table, tables[table]])[0][0]
            execute(f"SELECT setval('{sequence}', (SELECT max({tables[table]}) FROM {table}))")


def _cost(seeded: Seeded, rounds: int, count: int) -> tuple[float, float]:
    """Return seconds per order of the whole way in batches, and of a single intake with its promise."""
    execute("VACUUM ANALYZE")
    execute("CHECKPOINT")
    batches, singles = [], []
    _trade(seeded, 200)
    for _ in range(rounds):
        started = perf_counter()
        _trade(seeded, count)
        batches.append((perf_counter() - started) / count)
        started = perf_counter()
        _singles(seeded, count // 5)
        singles.append((perf_counter() - started) / (count // 5))
    return median(batches), median(singles)


@benchmark(long=True)
def order_at_scale(bench: Bench) -> Result:
    """The whole way of an order with 1,000,000 on file, as a share of the speed with 10,000."""
    seeded, count = bench.seeded, 1_000
    tables = {table: key for table, key in query(_TABLES) if table not in _STANDING}
    before = _top(tables)
    _trade(seeded, TEMPLATE)
    after = _top(tables)
    small, large = SMALL // TEMPLATE, max(bench.size(LARGE) // TEMPLATE, SMALL // TEMPLATE + 1)
    _copy(tables, before, after, 1, small - 1)
    few = _cost(seeded, bench.rounds, count)
    for first in range(small, large, 100):
        _copy(tables, before, after, first, min(first + 99, large - 1))
    many = _cost(seeded, bench.rounds, count)
    orders = query("SELECT count(*) FROM orders_order")[0][0]
    return Result(
        "order_at_scale", round(1 / many[0], 1), "orders/s", round(1 / few[0], 1), round(few[0] / many[0], 3),
        [(1 / many[0], 1 / few[0]), (1 / many[1], 1 / few[1])],
        f"{orders:,} orders on file cost {many[0] / few[0]:.2f} × (single intake {many[1] / few[1]:.2f} ×) of {SMALL:,}",
    )  # fmt: skip
