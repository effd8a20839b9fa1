"""Which SKUs do channels speak of that nobody has mapped, what waits for each, and what could it mean?"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from erp.core.models import InboxMessage
from erp.core.sql import array, query
from inventory.selectors.duplicate import similarity, sku_key, words_of

BEST = 3
SEEN = 200  # products whose title holds one of the words
LIKE = 0.3  # below that a title is no suggestion


@dataclass(frozen=True)
class Suggestion:
    product_id: int
    sku: str
    name: str
    why: str
    weight: float


@dataclass
class Unmapped:
    """A channel's SKU that is no product's: how many messages wait, since when, and for how much."""

    channel_id: int
    channel: str
    channel_sku: str
    messages: int
    since: datetime
    money: Decimal
    message_id: int
    description: str = ""
    suggestions: list[Suggestion] = field(default_factory=list)


# A case may be older than a mapping that was made by another way: what means something by now is not unknown.
_ROWS = """
SELECT c.id, c.code, min(s.sku), count(DISTINCT e.subject_id), min(e.opened_at), sum(e.money_at_risk), max(m.id), count(*) OVER ()
  FROM core_exceptioncase e JOIN orders_channel c ON c.code = e.detail ->> 'channel'
 CROSS JOIN LATERAL jsonb_array_elements_text(coalesce(e.detail -> 'detail' -> 'skus', '[]')) AS s(sku)
  JOIN core_inboxmessage m ON m.id = CASE WHEN e.subject_id ~ '^[0-9]{1,18}$' THEN e.subject_id::bigint END
 WHERE e.kind = 'ORDER_UNKNOWN_SKU' AND e.state <> 'RESOLVED' AND (%s = '' OR c.code = %s) AND strpos(lower(s.sku), lower(%s)) > 0
   AND NOT EXISTS (
       SELECT 1 FROM orders_listing l WHERE l.channel_id = c.id AND lower(l.channel_sku) = lower(s.sku) AND l.is_active)
 GROUP BY c.id, c.code, lower(s.sku) ORDER BY 6 DESC, 4 DESC, 5, 3 LIMIT %s OFFSET %s
"""


def unmapped_skus(
    *, channel: str = "", text: str = "", limit: int = 25, offset: int = 0
) -> tuple[list[Unmapped], int]:
    """This function will return a page of the channel SKUs that wait for a mapping, the dearest first, and how many there are."""
    rows = query(_ROWS, [channel, channel, text, limit, offset])
    found = [Unmapped(*row[:7]) for row in rows]
    _describe(found)
    _suggest(found)
    return found, rows[0][7] if rows else 0


def _describe(rows: Sequence[Unmapped]) -> None:
    """What the line calls it, as far as the refused message says so."""
    bodies = dict(
        InboxMessage.objects.filter(pk__in=[row.message_id for row in rows]).values_list("pk", "body")
    )
    for row in rows:
        try:
            content: Any = json.loads(bodies.get(row.message_id, ""))
        except ValueError:
            continue
        lines = content.get("lines") if isinstance(content, dict) else None
        for line in lines if isinstance(lines, list) else ():
            if isinstance(line, dict) and str(line.get("sku", "")).lower() == row.channel_sku.lower():
                row.description = str(line.get("description") or "")[:200]


# The same letters and digits; the same barcode, of a unit or of a pack; what this channel, or another, once called so.
_SURE = """
SELECT k.n, p.id, p.sku, p.name, 1.0, 'the same SKU but for case, spacing or punctuation'
  FROM unnest(%s::int[], %s::text[]) AS k(n, key) JOIN inventory_product s
    ON regexp_replace(lower(s.sku), '[^[:alnum:]]', '', 'g') = k.key AND k.key <> ''
  JOIN inventory_product p ON p.id = coalesce(s.merged_into_id, s.id) AND p.is_active
UNION ALL
SELECT k.n, p.id, p.sku, p.name, 0.98, 'its GTIN' FROM unnest(%s::int[], %s::text[]) AS k(n, gtin)
  JOIN inventory_product s ON s.gtin <> '' AND lpad(s.gtin, 14, '0') = k.gtin
  JOIN inventory_product p ON p.id = coalesce(s.merged_into_id, s.id) AND p.is_active
UNION ALL
SELECT k.n, p.id, p.sku, p.name, 0.95, 'what this channel meant by it before'
  FROM unnest(%s::int[], %s::bigint[], %s::text[]) AS k(n, channel_id, sku)
  JOIN orders_historicallisting h ON h.channel_id = k.channel_id AND lower(h.channel_sku) = k.sku
  JOIN inventory_product s ON s.id = h.product_id
  JOIN inventory_product p ON p.id = coalesce(s.merged_into_id, s.id) AND p.is_active
UNION ALL
SELECT k.n, p.id, p.sku, p.name, 0.9, 'what another channel means by it'
  FROM unnest(%s::int[], %s::bigint[], %s::text[]) AS k(n, channel_id, sku)
  JOIN orders_listing l ON lower(l.channel_sku) = k.sku AND l.channel_id <> k.channel_id AND l.is_active
  JOIN inventory_product p ON p.id = l.product_id AND p.is_active
"""


def _suggest(rows: Sequence[Unmapped]) -> None:
    if not rows:
        return
    numbers = array(range(len(rows)), "bigint")
    names = array([row.channel_sku.lower() for row in rows], "text")
    channels = array([row.channel_id for row in rows], "bigint")
    keys = array([sku_key(row.channel_sku) for row in rows], "text")
    gtins = array(
        [row.channel_sku.zfill(14) if _may_be_gtin(row.channel_sku) else "-" for row in rows], "text"
    )
    found: dict[int, dict[int, Suggestion]] = defaultdict(dict)
    for n, pk, sku, name, weight, why in query(
        _SURE, [numbers, keys, numbers, gtins, numbers, channels, names, numbers, channels, names]
    ):
        _best(found[n], Suggestion(pk, sku, name, why, float(weight)))
    titles = _titles(rows)
    for n, row in enumerate(rows):
        said = f"{row.description} {row.channel_sku}" if row.description else row.channel_sku
        for pk, sku, name in titles:
            alike = max(similarity(said, name), similarity(row.description, name))
            if alike >= LIKE:
                _best(found[n], Suggestion(pk, sku, name, f"a similar title ({alike:.0%})", alike * 0.85))
        row.suggestions = sorted(found[n].values(), key=lambda one: (-one.weight, one.sku))[:BEST]


def _may_be_gtin(text: str) -> bool:
    return text.isascii() and text.isdigit() and 8 <= len(text) <= 14


def _best(known: dict[int, Suggestion], new: Suggestion) -> None:
    old = known.get(new.product_id)
    if old is None or old.weight < new.weight:
        known[new.product_id] = new


def _titles(rows: Sequence[Unmapped]) -> list[tuple[int, str, str]]:
    """Active products whose title holds one of the telling words of any row, in one query."""
    words = {
        word
        for row in rows
        for word in sorted(words_of(f"{row.description} {row.channel_sku}"), key=len, reverse=True)[:4]
        if len(word) > 3 and word.isalpha()
    }
    if not words:
        return []
    patterns = array([f"%{word}%" for word in sorted(words)], "text")
    return [
        (pk, sku, name)
        for pk, sku, name in query(
            "SELECT p.id, p.sku, p.name FROM inventory_product p, "
            "LATERAL (SELECT count(*) AS hits FROM unnest(%s::text[]) AS w(pattern) "
            "WHERE p.search_text LIKE w.pattern) h WHERE p.is_active AND h.hits > 0 ORDER BY h.hits DESC, p.id LIMIT %s",
            [patterns, SEEN * max(1, len(rows) // 5)],
        )
    ]
