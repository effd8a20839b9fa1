"""How much may be promised, of what, from where, through which channel, by when?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from erp.core.sql import array, query, unnest


class Atp(NamedTuple):
    """Available to promise: max(0, `available` + `supply` − `buffer`), all in base units."""

    product_id: int
    node_id: int
    available: int
    buffer: int
    supply: int
    quantity: int


class Expected(NamedTuple):
    """Units that a higher app expects at a node on a date: a purchase order (positive) or a dated demand (negative)."""

    product_id: int
    node_id: int
    quantity: int
    expected_date: date


# A product's own buffer replaces its node's general one; a channel's buffer comes on top of the one that holds for all.
_BUFFERS = """
own AS (SELECT node_id, product_id, max(quantity) FILTER (WHERE channel_code = '') AS everyone,
               max(quantity) FILTER (WHERE channel_code <> '') AS channel
          FROM inventory_stockbuffer WHERE product_id = ANY(%s::bigint[]) AND channel_code IN ('', %s) GROUP BY 1, 2),
general AS (SELECT node_id, max(quantity) FILTER (WHERE channel_code = '') AS everyone,
                   max(quantity) FILTER (WHERE channel_code <> '') AS channel
              FROM inventory_stockbuffer WHERE product_id IS NULL AND channel_code IN ('', %s) GROUP BY 1)
"""
_SUPPLY = """
supply AS (SELECT product_id, node_id, sum(quantity)::bigint AS quantity
             FROM (SELECT l.product_id, t.to_node_id AS node_id,
                          l.quantity - l.quantity_received - l.quantity_lost AS quantity
                     FROM inventory_transferline l JOIN inventory_transfer t ON t.id = l.transfer_id
                    WHERE t.state = 'IN_TRANSIT' AND t.expected_date <= %s AND l.product_id = ANY(%s::bigint[])
                    UNION ALL SELECT product_id, node_id, quantity FROM {expected}) AS coming GROUP BY 1, 2)
"""
_ATP = """
WITH {buffers}{supply},
here AS (SELECT product_id, node_id, quantity FROM inventory_stocklevel
          WHERE product_id = ANY(%s::bigint[]) AND status = 'AVAILABLE'),
both_ AS ({both})
SELECT b.product_id, b.node_id, b.available,
       coalesce(own.everyone, general.everyone, 0) + coalesce(own.channel, general.channel, 0)
       + coalesce((SELECT sum(q.quantity) FROM inventory_stockpool q WHERE q.is_active
                      AND coalesce(q.node_id, b.node_id) = b.node_id
                      AND coalesce(q.product_id, b.product_id) = b.product_id
                      AND NOT (q.channel_code = %s AND q.country = '' AND q.tier = '')), 0)::bigint, b.supply
  FROM both_ b JOIN inventory_node n ON n.id = b.node_id AND n.is_active
  LEFT JOIN own ON own.product_id = b.product_id AND own.node_id = b.node_id
  LEFT JOIN general ON general.node_id = b.node_id
 {nodes} ORDER BY 1, 2
"""
_TODAY = "SELECT product_id, node_id, quantity AS available, 0::bigint AS supply FROM here"
_DATED = (
    "SELECT product_id, node_id, coalesce(here.quantity, 0) AS available, coalesce(supply.quantity, 0) AS supply "
    "FROM here FULL JOIN supply USING (product_id, node_id)"
)


def atp_query(
    product_ids: Iterable[int],
    *,
    node_ids: Iterable[int] | None = None,
    channel_code: str | None = None,
    as_of_date: date | None = None,
    expected: Sequence[Expected] = (),
) -> list[Atp]:
    """This function will return what may be promised per product and active node, in one query, by product then node.

    What pools keep for others than the channel is withheld like a buffer (who buys is not known here, so pools for a country or
    a tier are nobody's).

    Without a date: what is available now less the buffers. With `as_of_date`: also what transfers on their way and
    `expected` bring (or take) up to that day; transfers without an expected date bring nothing. A product and node that
    nothing is known about is left out: it has nothing to promise.
    """
    products = array(sorted(set(product_ids)), "bigint")
    parameters: list[Any] = [products, channel_code or "", channel_code or ""]
    supply = ""
    if as_of_date is not None:
        due = [row[:3] for row in expected if row.expected_date <= as_of_date]
        source, values = unnest({"product_id": "bigint", "node_id": "bigint", "quantity": "bigint"}, due)
        supply = "," + _SUPPLY.format(expected=source)
        parameters += [as_of_date, products, *values]
    sql = _ATP.format(
        buffers=_BUFFERS, supply=supply, both=_DATED if supply else _TODAY,
        nodes="" if node_ids is None else "WHERE b.node_id = ANY(%s::bigint[])",
    )  # fmt: skip
    parameters += [products, channel_code or ""]
    if node_ids is not None:
        parameters.append(array(sorted(set(node_ids)), "bigint"))
    return [
        Atp(product, node, available, buffer, coming, max(0, available + coming - buffer))
        for product, node, available, buffer, coming in query(sql, parameters)
    ]
