"""How is each roll-up computed from the journals? One statement per table, for a list of days."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.models import AccountRole

R = AccountRole
# Revenue is the sales themselves, what was charged with them, and what was granted off them.
REVENUE_ROLES = (R.REVENUE, R.SHIPPING_REVENUE, R.DISCOUNT)
SALES_ROLES = (*REVENUE_ROLES, R.SALES_RETURNS, R.COGS)


@dataclass(frozen=True)
class Recipe:
    """An INSERT … SELECT over `%(days)s` (ascending dates, `%(first)s` to `%(last)s`) in the time zone `%(zone)s`.

    `sources` are the journals whose new rows make a day worth recomputing.
    """

    table: str
    sources: tuple[str, ...]
    sql: str


def _roles(roles: tuple[AccountRole, ...]) -> str:
    return ", ".join(f"'{role.value}'" for role in roles)


SALES = Recipe(
    "reporting_dailysales",
    ("journal",),
    f"""
INSERT INTO reporting_dailysales (date, channel_id, revenue, returns, cogs, entries, journal_entry_id)
SELECT e.posting_date, l.channel_id,
       coalesce(sum(l.base_credit - l.base_debit) FILTER (WHERE a.role IN ({_roles(REVENUE_ROLES)})), 0),
       coalesce(sum(l.base_debit - l.base_credit) FILTER (WHERE a.role = '{R.SALES_RETURNS.value}'), 0),
       coalesce(sum(l.base_debit - l.base_credit) FILTER (WHERE a.role = '{R.COGS.value}'), 0),
       count(DISTINCT e.id), max(e.id)
  FROM ledger_journalentry e
  JOIN ledger_journalline l ON l.entry_id = e.id
  JOIN ledger_account a ON a.id = l.account_id
 WHERE e.posting_date = ANY(%(days)s::date[]) AND l.channel_id IS NOT NULL AND a.role IN ({_roles(SALES_ROLES)})
 GROUP BY 1, 2 ORDER BY 1, 2
""",
)
BALANCES = Recipe(
    "reporting_dailybalance",
    ("journal",),
    """
INSERT INTO reporting_dailybalance (account_id, date, debit, credit)
SELECT l.account_id, e.posting_date, sum(l.base_debit), sum(l.base_credit)
  FROM ledger_journalentry e
  JOIN ledger_journalline l ON l.entry_id = e.id
 WHERE e.posting_date = ANY(%(days)s::date[])
 GROUP BY 1, 2 ORDER BY 1, 2
""",
)
# What the first decision could not serve is in its explanation, which never changes: [[line, wanted, short], …].
# Bounds on the raw column let the index on ordered_at and shipped_at find the days; the cast then keeps exactly those.
SERVICE = Recipe(
    "reporting_dailyservice",
    ("states", "decisions"),
    """
WITH ordered AS (
    SELECT id, channel_id, (ordered_at AT TIME ZONE %(zone)s)::date AS date FROM orders_order
     WHERE ordered_at >= (%(first)s::date)::timestamp AT TIME ZONE %(zone)s
       AND ordered_at < (%(last)s::date + 1)::timestamp AT TIME ZONE %(zone)s
       AND (ordered_at AT TIME ZONE %(zone)s)::date = ANY(%(days)s::date[])
), decided AS (
    SELECT DISTINCT ON (d.order_id) d.order_id, (d.explanation->>'wanted')::bigint AS units,
           (SELECT coalesce(sum((line->>2)::bigint), 0)
              FROM jsonb_array_elements(d.explanation->'lines') AS line) AS short
      FROM orders_allocationdecision d JOIN ordered o ON o.id = d.order_id
     ORDER BY d.order_id, d.id
), asked AS (
    SELECT o.date, o.channel_id, count(*) AS orders,
           count(*) FILTER (WHERE EXISTS (SELECT 1 FROM orders_hold h WHERE h.order_id = o.id)) AS held,
           coalesce(sum(decided.units), 0) AS units, coalesce(sum(decided.units - decided.short), 0) AS filled
      FROM ordered o LEFT JOIN decided ON decided.order_id = o.id
     GROUP BY 1, 2
), shipped AS (
    SELECT (shipped_at AT TIME ZONE %(zone)s)::date AS date, channel_id, count(*) AS orders,
           count(*) FILTER (WHERE shipped_at <= ship_by) AS on_time,
           sum(extract(epoch FROM shipped_at - ordered_at))::bigint AS seconds
      FROM orders_order
     WHERE shipped_at >= (%(first)s::date)::timestamp AT TIME ZONE %(zone)s
       AND shipped_at < (%(last)s::date + 1)::timestamp AT TIME ZONE %(zone)s
       AND (shipped_at AT TIME ZONE %(zone)s)::date = ANY(%(days)s::date[])
     GROUP BY 1, 2
)
INSERT INTO reporting_dailyservice (date, channel_id, orders, orders_held, units_ordered, units_filled_first,
                                    orders_shipped, orders_on_time, cycle_seconds)
SELECT date, channel_id, coalesce(asked.orders, 0), coalesce(asked.held, 0), coalesce(asked.units, 0),
       coalesce(asked.filled, 0),
       coalesce(shipped.orders, 0), coalesce(shipped.on_time, 0), coalesce(shipped.seconds, 0)
  FROM asked FULL JOIN shipped USING (date, channel_id) ORDER BY 1, 2
""",
)
PRODUCTS = Recipe(
    "reporting_dailyproduct",
    ("shipments",),
    """
INSERT INTO reporting_dailyproduct (date, product_id, channel_id, currency, units, revenue, cogs)
SELECT (s.shipped_at AT TIME ZONE %(zone)s)::date, l.product_id, o.channel_id, o.currency,
       sum(l.quantity), sum(l.revenue), sum(l.cogs)
  FROM fulfillment_shipment s
  JOIN fulfillment_shipmentline l ON l.shipment_id = s.id
  JOIN orders_order o ON o.id = s.order_id
 WHERE s.shipped_at >= (%(first)s::date)::timestamp AT TIME ZONE %(zone)s
   AND s.shipped_at < (%(last)s::date + 1)::timestamp AT TIME ZONE %(zone)s
   AND (s.shipped_at AT TIME ZONE %(zone)s)::date = ANY(%(days)s::date[])
 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
""",
)
RECIPES = (SALES, BALANCES, SERVICE, PRODUCTS)
