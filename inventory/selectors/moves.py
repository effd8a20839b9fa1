"""What moved, newest first, and what was there after each move?

Keyset pages: "before (sequence, move id)" costs the same on the first page and on the ten-thousandth. The running
balance starts from `stock_as_of` the page's oldest event, so it is the journal's own, whatever the projections say.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from erp.core.sql import array, query
from inventory.selectors.as_of import stock_as_of
from inventory.states import ON_HAND, StockStatus


class MoveRow(NamedTuple):
    """One move with its event. `delta` and `balance` count the units in the statuses and node that were asked for."""

    id: int
    sequence: int
    occurred_at: datetime
    action: str
    source_type: str
    source_id: int
    actor: str
    reason: str
    product_id: int
    sku: str
    quantity: int
    from_node: str
    from_status: str
    from_location: str
    to_node: str
    to_status: str
    to_location: str
    lot: str
    order_line_id: int | None
    delta: int
    balance: int | None

    @property
    def from_label(self) -> str:
        return str(StockStatus(self.from_status).label)

    @property
    def to_label(self) -> str:
        return str(StockStatus(self.to_status).label)


class MovePage(NamedTuple):
    """A page of the journal; `next_before` is the key of the next page, or None on the last."""

    rows: list[MoveRow]
    next_before: tuple[int, int] | None


# +1 for what comes into the statuses (and node) asked for, −1 for what leaves them, 0 for what stays inside
_SIGN = """((m.to_status = ANY(%(statuses)s::text[]) AND (%(node)s IS NULL OR m.to_node_id = %(node)s))::int
          - (m.from_status = ANY(%(statuses)s::text[]) AND (%(node)s IS NULL OR m.from_node_id = %(node)s))::int)"""
_MOVES = """
SELECT m.id, e.sequence, e.occurred_at, e.action, e.source_type, e.source_id, u.username, e.reason, m.product_id, p.sku,
       m.quantity, fn.code, m.from_status, coalesce(fl.code, ''), tn.code, m.to_status, coalesce(tl.code, ''),
       coalesce(lot.code, ''), m.order_line_id,
       m.quantity * {sign}
  FROM (SELECT * FROM inventory_stockmove m WHERE {where}
         ORDER BY m.event_id DESC, m.id DESC LIMIT %(limit)s) AS m
  JOIN inventory_stockevent e ON e.sequence = m.event_id
  JOIN core_user u ON u.id = e.actor_id
  JOIN inventory_product p ON p.id = m.product_id
  JOIN inventory_node fn ON fn.id = m.from_node_id
  JOIN inventory_node tn ON tn.id = m.to_node_id
  LEFT JOIN inventory_location fl ON fl.id = m.from_location_id
  LEFT JOIN inventory_location tl ON tl.id = m.to_location_id
  LEFT JOIN inventory_lot lot ON lot.id = m.lot_id
 ORDER BY m.event_id DESC, m.id DESC
"""


def stock_moves(
    *,
    product_id: int | None = None,
    node_id: int | None = None,
    status: str | None = None,
    before: tuple[int, int] | None = None,
    limit: int = 50,
) -> MovePage:
    """This function will return up to `limit` moves, newest first, that touch the product, node and status asked for.

    `delta` and `balance` count `status`, or everything on hand. The balance is there when a product is given: a sum
    over different products says nothing. `before` is the `next_before` of the previous page.
    """
    statuses = [status] if status else [str(known) for known in sorted(ON_HAND)]
    where = ["TRUE"]
    if product_id is not None:
        where.append("m.product_id = %(product)s")
    if node_id is not None:
        where.append("(m.from_node_id = %(node)s OR m.to_node_id = %(node)s)")
    if status:
        where.append("(m.from_status = %(status)s OR m.to_status = %(status)s)")
    if before is not None:
        where.append("(m.event_id, m.id) < (%(event)s, %(move)s)")
    event, move = before or (None, None)
    found = query(
        _MOVES.format(where=" AND ".join(where), sign=_SIGN),
        {"product": product_id, "node": node_id, "status": status, "statuses": array(statuses, "text"),
         "event": event, "move": move, "limit": limit + 1},
    )  # fmt: skip
    rows, more = found[:limit], len(found) > limit
    balances = _balances(rows, product_id, node_id, statuses)
    return MovePage(
        [MoveRow(*[*row, balance]) for row, balance in zip(rows, balances, strict=True)],
        (rows[-1][1], rows[-1][0]) if more else None,
    )


def _balances(
    rows: list[Any], product_id: int | None, node_id: int | None, statuses: list[str]
) -> list[int | None]:
    """The balance after each row: as of the event before the oldest one, then forward."""
    if product_id is None or not rows:
        return [None] * len(rows)
    oldest_event, oldest_move = rows[-1][1], rows[-1][0]
    nodes = None if node_id is None else [node_id]
    levels = stock_as_of(sequence=oldest_event - 1, product_ids=[product_id], node_ids=nodes)
    balance = sum(level.quantity for level in levels if level.status in statuses)
    earlier = {"event": oldest_event, "move": oldest_move, "product": product_id, "node": node_id}
    balance += query(_SAME_EVENT.format(sign=_SIGN), earlier | {"statuses": array(statuses, "text")})[0][0]
    after: list[int | None] = []
    for row in reversed(rows):
        balance += row[-1]
        after.append(balance)
    after.reverse()
    return after


# a page may begin in the middle of an event: its earlier moves count towards the balance
_SAME_EVENT = """
SELECT coalesce(sum(m.quantity * {sign}), 0)::bigint
  FROM inventory_stockmove m WHERE m.event_id = %(event)s AND m.product_id = %(product)s AND m.id < %(move)s
"""
