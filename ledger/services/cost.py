"""Who moves cost into and out of the layers? Only this file.

What to take from which layer is planned by a pure function over whole minor units; the layers of the products involved
are locked first, in (product, id) order, and written by one statement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction

from erp.core.errors import InvalidInput, KeelError, NotFound
from erp.core.money import EXPONENTS
from erp.core.sql import Statements, array, query
from ledger.models import ValuationMethod


class InsufficientLayers(KeelError):
    """An issue of more units than the product's cost layers hold."""

    code = "insufficient_layers"


class CostReceipt(NamedTuple):
    """Units that came in at a total `value` (base currency, whole minor units)."""

    product_id: int
    method: ValuationMethod | str
    quantity: int
    value: Decimal
    source_type: str
    source_id: int


class CostIssue(NamedTuple):
    """Units that go out; from one particular layer when `layer_id` is given, else from the oldest that is open.

    `method` is the product's present one. Layers left from a former method are used up first, which is what
    makes a change of method possible without a revaluation.
    """

    product_id: int
    method: ValuationMethod | str
    quantity: int
    source_type: str
    source_id: int
    layer_id: int | None = None


class CostRevaluation(NamedTuple):
    """Cost that arrived late for units received before (freight, an invoice above or below the order).

    `quantity` is how many units of the layer it is for; None means all that ever came into it.
    """

    layer_id: int
    value: Decimal
    source_type: str
    source_id: int
    quantity: int | None = None


class Revalued(NamedTuple):
    """How a late cost divides: `to_inventory` for units still here, `to_cogs` for units that have left."""

    to_inventory: Decimal
    to_cogs: Decimal


class OpenLayer(NamedTuple):
    id: int
    quantity: int
    units: int  # value in whole minor units of the base currency


class Take(NamedTuple):
    issue: int  # index into the issues
    layer_id: int
    quantity: int
    units: int


def _scale() -> int:
    return EXPONENTS[settings.KEEL_BASE_CURRENCY]


def _whole_units(value: Decimal, scale: int) -> int:
    try:
        scaled = value.scaleb(scale)
        units = int(scaled)
    except (ValueError, OverflowError, InvalidOperation):
        scaled, units = Decimal(1), 0
    if units != scaled or abs(units) >= 10**15:
        raise InvalidInput(
            f"{value} is not a cost in whole minor units", field="value", remedy="Round it first."
        )
    return units


def divided(units: int, part: int, whole: int) -> int:
    """This function will return units × part ÷ whole, rounded half to even, for whole > 0."""
    quotient, remainder = divmod(units * part, whole)
    if 2 * remainder > whole or (2 * remainder == whole and quotient % 2):
        quotient += 1
    return quotient


def plan_issues(
    layers: Mapping[int, Sequence[OpenLayer]], issues: Sequence[CostIssue]
) -> tuple[list[Take], dict[int, OpenLayer], dict[int, int]]:
    """This function will decide which layer each issue takes its units and value from. No I/O.

    `layers` are the open ones by product, oldest first. Returns the takes, the layers as they will be left,
    and by product how many units are short. A partial take carries its share of the layer's value rounded
    half to even; the last unit out of a layer carries all that is left, so no cent is ever lost or made.
    """
    takes: list[Take] = []
    left: dict[int, OpenLayer] = {}
    short: dict[int, int] = {}
    first_open: dict[int, int] = {}
    for index, issue in enumerate(issues):
        wanted = issue.quantity
        own = layers.get(issue.product_id, ())
        position = first_open.get(issue.product_id, 0) if issue.layer_id is None else 0
        while wanted and position < len(own):
            layer = left.get(own[position].id, own[position])
            if layer.quantity and issue.layer_id in (None, layer.id):
                quantity = min(wanted, layer.quantity)
                units = (
                    layer.units
                    if quantity == layer.quantity
                    else divided(layer.units, quantity, layer.quantity)
                )
                takes.append(Take(index, layer.id, quantity, units))
                left[layer.id] = OpenLayer(layer.id, layer.quantity - quantity, layer.units - units)
                wanted -= quantity
            if wanted:
                position += 1
        if issue.layer_id is None:
            first_open[issue.product_id] = position
        if wanted:
            short[issue.product_id] = short.get(issue.product_id, 0) + wanted
    return takes, left, short


def _check_quantities(lines: Sequence[CostReceipt] | Sequence[CostIssue]) -> None:
    for line in lines:
        if line.quantity <= 0:
            raise InvalidInput(
                f"product {line.product_id}: {line.quantity} units cannot move cost", field="quantity",
                remedy="Give a positive number of units.",
            )  # fmt: skip


# Average pools are sorted by product so that two receipts of the same products wait for each other instead of
# deadlocking.
_RECEIVE = """
WITH receipt AS MATERIALIZED (
  SELECT r.*, CASE WHEN method = 'FIFO' THEN nextval('ledger_costlayer_id_seq') END AS layer_id
  FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::numeric[], %s::text[], %s::bigint[])
    WITH ORDINALITY AS r(product_id, method, quantity, value, source_type, source_id, n)
), fifo AS (
  INSERT INTO ledger_costlayer (id, product_id, method, received_at, quantity_in, value_in, quantity_left, value_left,
                                source_type, source_id)
  SELECT layer_id, product_id, method, %s, quantity, value, quantity, value, source_type, source_id
  FROM receipt WHERE method = 'FIFO' ORDER BY n
), pool AS (
  INSERT INTO ledger_costlayer (product_id, method, received_at, quantity_in, value_in, quantity_left, value_left,
                                source_type, source_id)
  SELECT product_id, 'AVERAGE', %s, sum(quantity), sum(value), sum(quantity), sum(value), min(source_type),
    min(source_id)
  FROM receipt WHERE method = 'AVERAGE' GROUP BY product_id ORDER BY product_id
  ON CONFLICT (product_id) WHERE method = 'AVERAGE' DO UPDATE SET
    quantity_in = ledger_costlayer.quantity_in + excluded.quantity_in, value_in = ledger_costlayer.value_in +
      excluded.value_in,
    quantity_left = ledger_costlayer.quantity_left + excluded.quantity_in,
    value_left = ledger_costlayer.value_left + excluded.value_in, received_at = excluded.received_at
  RETURNING id, product_id
), placed AS MATERIALIZED (
  SELECT r.*, coalesce(r.layer_id, p.id) AS into_id FROM receipt r
  LEFT JOIN pool p ON r.method = 'AVERAGE' AND p.product_id = r.product_id
), movement AS (
  INSERT INTO ledger_costmovement (layer_id, product_id, quantity, value, source_type, source_id, at)
  SELECT into_id, product_id, quantity, value, source_type, source_id, %s FROM placed ORDER BY n
)
SELECT into_id FROM placed ORDER BY n
"""


def cost_receive_many(receipts: Sequence[CostReceipt], *, at: datetime) -> list[int]:
    """This function will take units and value into the layers and return the layer of each receipt, in one statement.

    FIFO makes a layer per receipt; AVERAGE adds to the product's one pool. InvalidInput for a quantity that is not
    positive, and for a value that is negative or not whole minor units.
    """
    if not receipts:
        return []
    _check_quantities(receipts)
    scale = _scale()
    for receipt in receipts:
        if _whole_units(receipt.value, scale) < 0:
            raise InvalidInput(
                f"product {receipt.product_id}: a negative cost", field="value", remedy="Give 0 or more."
            )
    kinds = ("bigint", "text", "bigint", "numeric", "text", "bigint")
    columns = [array(values, kind) for values, kind in zip(zip(*receipts, strict=True), kinds, strict=True)]
    return [row[0] for row in query(_RECEIVE, [*columns, at, at, at])]


_LOCK = """
SELECT product_id, id, quantity_left, trunc(value_left * 10::numeric ^ %s)::bigint FROM ledger_costlayer
WHERE product_id = ANY(%s::bigint[]) AND is_open ORDER BY product_id, id FOR NO KEY UPDATE
"""


def _lock_layers(product_ids: set[int], scale: int) -> dict[int, list[OpenLayer]]:
    layers: dict[int, list[OpenLayer]] = {}
    for product_id, layer_id, quantity, units in query(_LOCK, [scale, array(sorted(product_ids), "bigint")]):
        layers.setdefault(product_id, []).append(OpenLayer(layer_id, quantity, units))
    return layers


def _refuse_short(short: Mapping[int, int]) -> None:
    if not short:
        return
    names = ", ".join(f"product {product} by {units}" for product, units in sorted(short.items())[:20])
    raise InsufficientLayers(
        f"the cost layers hold too few units: {names}",
        field="quantity",
        remedy="Receive the goods before issuing them, or correct the quantity.",
        short=dict(short),
    )


def cost_issue_many(issues: Sequence[CostIssue], *, at: datetime) -> list[Decimal]:
    """This function will take units out of the layers and return the cost of each issue (base currency).

    Two round trips for any number of issues: lock the open layers of the products involved, then one UPDATE
    and one INSERT. InsufficientLayers names every product and how many units it is short; then nothing was
    taken.
    """
    if not issues:
        return []
    _check_quantities(issues)
    scale = _scale()
    with transaction.atomic(savepoint=False):
        layers = _lock_layers({issue.product_id for issue in issues}, scale)
        takes, left, short = plan_issues(layers, issues)
        if not short:
            _write_takes(issues, takes, left, scale, at)
    _refuse_short(short)
    units = [0] * len(issues)
    for take in takes:
        units[take.issue] += take.units
    return [Decimal(value).scaleb(-scale) for value in units]


def _write_takes(
    issues: Sequence[CostIssue],
    takes: Sequence[Take],
    left: Mapping[int, OpenLayer],
    scale: int,
    at: datetime,
) -> None:
    batch, unit = Statements(), Decimal(1).scaleb(-scale)
    ids, quantities, values = zip(*sorted(left.values()), strict=True)
    batch.demand(
        "UPDATE ledger_costlayer l SET quantity_left = v.quantity, value_left = v.units * %s FROM "
        "unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS v(id, quantity, units) WHERE l.id = v.id RETURNING 1",
        [unit, array(ids, "bigint"), array(quantities, "bigint"), array(values, "bigint")],
        len(left),
        "cost layers",
    )
    rows: list[tuple[Any, ...]] = [
        (take.layer_id, issue.product_id, take.quantity, take.units, issue.source_type, issue.source_id)
        for take in takes
        for issue in (issues[take.issue],)
    ]
    kinds = ("bigint", "bigint", "bigint", "bigint", "text", "bigint")
    batch.add(
        "INSERT INTO ledger_costmovement (layer_id, product_id, quantity, value, source_type, source_id, at) "
        "SELECT layer_id, product_id, -quantity, -units * %s, source_type, source_id, %s "
        "FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::text[], %s::bigint[]) "
        "WITH ORDINALITY AS v(layer_id, product_id, quantity, units, source_type, source_id, n) ORDER BY n",
        [
            unit,
            at,
            *(array(column, kind) for column, kind in zip(zip(*rows, strict=True), kinds, strict=True)),
        ],
    )
    batch.run()


def cost_revalue_many(revaluations: Sequence[CostRevaluation], *, at: datetime) -> list[Revalued]:
    """This function will divide late cost between the units still in stock and those that have left.

    The share of the units still here goes into their layer as a value-only movement; the rest is the caller's
    to post to COGS, in the open period. A layer never falls below zero: what it can not bear goes to COGS
    too. NotFound for an unknown layer.
    """
    if not revaluations:
        return []
    scale = _scale()
    with transaction.atomic(savepoint=False):
        rows = query(
            "SELECT id, product_id, quantity_in, quantity_left, trunc(value_left * 10::numeric ^ %s)::bigint "
            "FROM ledger_costlayer WHERE id = ANY(%s::bigint[]) ORDER BY product_id, id FOR NO KEY UPDATE",
            [scale, array(sorted({item.layer_id for item in revaluations}), "bigint")],
        )
        layers = {row[0]: list(row) for row in rows}
        shares = []
        for item in revaluations:
            if item.layer_id not in layers:
                raise NotFound(
                    f"there is no cost layer #{item.layer_id}", field="layer", remedy="Look it up again."
                )
            _, _, quantity_in, quantity_left, units_left = layers[item.layer_id]
            quantity = quantity_in if item.quantity is None else item.quantity
            total = _whole_units(item.value, scale)
            if quantity <= 0:
                raise InvalidInput(
                    "late cost is for at least one unit", field="quantity", remedy="Give a number above 0."
                )
            share = max(divided(total, min(quantity, quantity_left), quantity), -units_left)
            layers[item.layer_id][4] = units_left + share
            shares.append((share, total - share))
        _write_true_ups(revaluations, shares, layers, scale, at)
    return [Revalued(Decimal(here).scaleb(-scale), Decimal(gone).scaleb(-scale)) for here, gone in shares]


def _write_true_ups(
    revaluations: Sequence[CostRevaluation],
    shares: Sequence[tuple[int, int]],
    layers: Mapping[int, Sequence[int]],
    scale: int,
    at: datetime,
) -> None:
    moved = [(item, here) for item, (here, _) in zip(revaluations, shares, strict=True) if here]
    if not moved:
        return
    batch, unit = Statements(), Decimal(1).scaleb(-scale)
    changed = sorted({item.layer_id for item, _ in moved})
    batch.demand(
        "UPDATE ledger_costlayer l SET value_left = v.units * %s FROM unnest(%s::bigint[], %s::bigint[]) AS v(id, units) "
        "WHERE l.id = v.id RETURNING 1",
        [unit, array(changed, "bigint"), array([layers[layer][4] for layer in changed], "bigint")],
        len(changed),
        "cost layers",
    )
    columns = {
        "layer_id": "bigint", "product_id": "bigint", "quantity": "bigint", "value": "numeric", "source_type": "text",
        "source_id": "bigint", "at": "timestamptz",
    }  # fmt: skip
    rows = [
        (item.layer_id, layers[item.layer_id][1], 0, here * unit, item.source_type, item.source_id, at)
        for item, here in moved
    ]
    batch.insert("ledger_costmovement", columns, rows)
    batch.run()
