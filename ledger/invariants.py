"""What must hold of the books and the cost layers at every commit? (Codes: docs/invariants.md.)"""

# ruff: noqa: S608 — every statement is put together from our own literals
from __future__ import annotations

from erp.core.invariants import Invariant
from erp.core.sql import array
from ledger.seal import broken_seals

_MOVED = (
    "(SELECT layer_id, sum(quantity) AS quantity, sum(value) AS value, "
    "sum(quantity) FILTER (WHERE quantity > 0) AS quantity_in, sum(value) FILTER (WHERE quantity > 0) AS value_in "
    "FROM ledger_costmovement GROUP BY layer_id)"
)
# An account's balance without asking the snapshot: verify must not trust what it proves.
_BALANCE_OF = (
    "(SELECT coalesce(sum(l.base_debit - l.base_credit), 0) FROM ledger_journalline l "
    "JOIN ledger_account a ON a.id = l.account_id WHERE a.role = '{role}')"
)
_SEALED = (
    "(SELECT b.* FROM ledger_periodbalance b JOIN ledger_period p ON p.id = b.period_id WHERE p.state = 'CLOSED' AND "
    "b.revision = (SELECT max(m.revision) FROM ledger_periodbalance m WHERE m.period_id = b.period_id))"
)
_RECOMPUTED = (
    "(SELECT p.id AS period_id, l.account_id, l.currency, sum(l.debit) AS debit, sum(l.credit) AS credit, "
    "sum(l.base_debit) AS base_debit, sum(l.base_credit) AS base_credit FROM ledger_period p "
    "JOIN ledger_journalentry e ON e.posting_date BETWEEN p.start_date AND p.end_date "
    "JOIN ledger_journalline l ON l.entry_id = e.id WHERE p.state = 'CLOSED' GROUP BY p.id, l.account_id, l.currency)"
)


def _seals() -> str:
    """The chain is hashed in Python; its breaks become the rows of the statement."""
    periods, seals, recomputed = zip(*broken_seals(), strict=True) if broken_seals() else ((), (), ())
    columns = ", ".join(f"'{array(values, 'text')}'::text[]" for values in (periods, seals, recomputed))
    return f"SELECT period, seal, recomputed FROM unnest({columns}) AS broken(period, seal, recomputed)"


INVARIANTS = [
    Invariant(
        "i15",
        "A cost layer has between nothing and all it came with, and an empty one has no value",
        "SELECT id, product_id, quantity_in, quantity_left, value_left FROM ledger_costlayer WHERE quantity_left < 0 "
        "OR quantity_left > quantity_in OR value_left < 0 OR (quantity_left = 0 AND value_left <> 0)",
    ),
    Invariant(
        "i15",
        "A cost layer is the sum of its movements, in units and in money",
        "SELECT l.id, l.product_id, l.quantity_left, m.quantity, l.value_left, m.value, l.quantity_in, m.quantity_in "
        f"FROM ledger_costlayer l FULL JOIN {_MOVED} m ON m.layer_id = l.id WHERE l.id IS NULL OR m.layer_id IS NULL "
        "OR l.quantity_left <> m.quantity OR l.value_left <> m.value "
        "OR l.quantity_in <> m.quantity_in OR l.value_in <> m.value_in",
    ),
    Invariant(
        "i15",
        "A cost movement is of its layer's product",
        "SELECT m.id, m.product_id, l.product_id AS layer_product FROM ledger_costmovement m "
        "JOIN ledger_costlayer l ON l.id = m.layer_id WHERE m.product_id <> l.product_id",
    ),
    Invariant(
        "i15",
        "A product has at most one moving-average pool",
        "SELECT product_id, count(*) FROM ledger_costlayer WHERE method = 'AVERAGE' GROUP BY 1 HAVING count(*) > 1",
    ),
    Invariant(
        "i27",
        "Every entry has two lines or more and balances per currency and in base currency",
        "SELECT e.id, e.number, c.currency, c.debit, c.credit, c.base FROM ledger_journalentry e LEFT JOIN "
        "(SELECT entry_id, currency, count(*) AS lines, sum(debit) AS debit, sum(credit) AS credit, "
        "sum(sum(base_debit) - sum(base_credit)) OVER (PARTITION BY entry_id) AS base, "
        "sum(count(*)) OVER (PARTITION BY entry_id) AS all_lines FROM ledger_journalline GROUP BY 1, 2) c "
        "ON c.entry_id = e.id WHERE c.entry_id IS NULL OR c.all_lines < 2 OR c.debit <> c.credit OR c.base <> 0",
    ),
    Invariant(
        "i28",
        "Every line has exactly one positive side, in both currencies the same one",
        "SELECT id, entry_id, debit, credit, base_debit, base_credit FROM ledger_journalline WHERE NOT "
        "((debit > 0 AND credit = 0 AND base_debit >= 0 AND base_credit = 0) "
        "OR (credit > 0 AND debit = 0 AND base_credit >= 0 AND base_debit = 0))",
    ),
    Invariant(
        "i28",
        "Every line belongs to an entry and to an account without sub-accounts",
        "SELECT l.id, l.entry_id, l.account_id FROM ledger_journalline l "
        "LEFT JOIN ledger_journalentry e ON e.id = l.entry_id LEFT JOIN ledger_account a ON a.id = l.account_id "
        "WHERE e.id IS NULL OR a.id IS NULL OR a.rght <> a.lft + 1",
    ),
    Invariant(
        "i29",
        "The trial balance is zero in every currency",
        "SELECT currency, sum(debit - credit) AS difference FROM ledger_journalline GROUP BY 1 "
        "HAVING sum(debit) <> sum(credit) UNION ALL SELECT 'base', sum(base_debit - base_credit) "
        "FROM ledger_journalline HAVING sum(base_debit) <> sum(base_credit)",
    ),
    Invariant(
        "i30",
        "PostgreSQL refuses to change the journals: every guarding trigger stands and is enabled",
        "SELECT wanted.name, wanted.relation FROM (VALUES ('journalentry_append_only', 'ledger_journalentry'), "
        "('journalline_append_only', 'ledger_journalline'), ('journalline_balance', 'ledger_journalline'), "
        "('journalentry_has_lines', 'ledger_journalentry'), ('journalentry_period_open', 'ledger_journalentry'), "
        "('costmovement_append_only', 'ledger_costmovement'), ('periodbalance_append_only', 'ledger_periodbalance'), "
        "('period_closed_in_order', 'ledger_period')) AS wanted(name, relation) WHERE NOT EXISTS "
        "(SELECT 1 FROM pg_trigger t WHERE t.tgrelid = wanted.relation::regclass AND t.tgenabled IN ('O', 'A') "
        "AND t.tgname LIKE 'pgtrigger\\_' || wanted.name || '\\_%')",
    ),
    Invariant(
        "i31",
        "An entry's date lies in its period",
        "SELECT e.id, e.number, e.posting_date, p.code FROM ledger_journalentry e JOIN ledger_period p ON "
        "p.id = e.period_id "
        "WHERE e.posting_date NOT BETWEEN p.start_date AND p.end_date",
    ),
    Invariant(
        "i31",
        "Nothing was posted into a period after its close",
        "SELECT e.id, e.number, p.code, e.entered_at, c.recorded_at FROM ledger_period p JOIN ledger_journalentry e "
        "ON e.period_id = p.id JOIN LATERAL (SELECT max(recorded_at) AS recorded_at FROM core_statechange s "
        "WHERE s.document_type = 'ledger.Period' AND s.document_id = p.id AND s.to_state = 'CLOSED') c ON true "
        "WHERE p.state = 'CLOSED' AND e.entered_at > c.recorded_at",
    ),
    Invariant(
        "i31",
        "Periods do not overlap, and none is open before a closed one",
        "SELECT a.code, b.code AS other FROM ledger_period a JOIN ledger_period b ON a.start_date < b.start_date "
        "WHERE a.end_date >= b.start_date OR (a.state <> 'CLOSED' AND b.state = 'CLOSED')",
    ),
    Invariant(
        "i32",
        "The balances kept at a close are those that the lines give today",
        "SELECT period_id, account_id, currency, s.debit, r.debit AS debit_now, s.credit, r.credit AS credit_now "
        f"FROM {_SEALED} s FULL JOIN {_RECOMPUTED} r USING (period_id, account_id, currency) WHERE "
        "(s.debit, s.credit, s.base_debit, s.base_credit) IS DISTINCT FROM "
        "(r.debit, r.credit, r.base_debit, r.base_credit)",
    ),
    Invariant("i32", "Every seal is the hash of the one before and of its own balances", _seals),
    Invariant(
        "i33",
        "Inventory in the books is the value of the cost layers, to the cent",
        "SELECT layers.value AS layers, books.value AS inventory FROM "
        "(SELECT coalesce(sum(value_left), 0) AS value FROM ledger_costlayer) layers, "
        f"(SELECT {_BALANCE_OF.format(role='INVENTORY')} AS value) books WHERE layers.value <> books.value",
    ),
    Invariant(
        "i34",
        "A reversal mirrors its original line by line",
        "SELECT entry_id, account_id, currency, side, base FROM ("
        "SELECT r.id AS entry_id, l.account_id, l.currency, l.debit - l.credit AS side, "
        "l.base_debit - l.base_credit AS base, l.product_id, l.node_id, 1 AS times FROM ledger_journalentry r "
        "JOIN ledger_journalline l ON l.entry_id = r.id WHERE r.reversal_of_id IS NOT NULL UNION ALL "
        "SELECT r.id, l.account_id, l.currency, l.credit - l.debit, l.base_credit - l.base_debit, l.product_id, l.node_id, "
        "-1 FROM ledger_journalentry r JOIN ledger_journalline l ON l.entry_id = r.reversal_of_id) both_sides "
        "GROUP BY entry_id, account_id, currency, side, base, product_id, node_id HAVING sum(times) <> 0",
    ),
    Invariant(
        "i34",
        "An entry has at most one reversal, and a reversal has none",
        "SELECT o.id, o.number, count(*) FROM ledger_journalentry o JOIN ledger_journalentry r ON r.reversal_of_id = o.id "
        "GROUP BY o.id, o.number HAVING count(*) > 1 OR bool_or(o.reversal_of_id IS NOT NULL)",
    ),
    Invariant(
        "i35",
        "Entry numbers run without a gap up to the last one drawn",
        "SELECT s.next_number - 1 AS drawn, count(e.id) AS entries, max(e.number) AS last FROM core_numberseries s "
        "LEFT JOIN ledger_journalentry e ON true WHERE s.code = 'JE' GROUP BY s.next_number, s.prefix "
        "HAVING count(e.id) <> s.next_number - 1 "
        "OR max(substr(e.number, length(s.prefix) + 1)::bigint) IS DISTINCT FROM nullif(s.next_number - 1, 0)",
    ),
    Invariant(
        "i46",
        "Whoever wrote an entry by hand did not approve it",
        "SELECT m.id, r.id AS request, m.created_by_id FROM ledger_manualentry m JOIN core_approvalrequest r "
        "ON r.document_type = 'ledger.ManualEntry' AND r.document_id = m.id AND r.state = 'APPROVED' "
        "WHERE r.decided_by_id = m.created_by_id",
    ),
    Invariant(
        "i46",
        "An entry by hand is in the journal exactly when it is posted",
        "SELECT m.id, m.state, e.number FROM ledger_manualentry m FULL JOIN (SELECT * FROM ledger_journalentry "
        "WHERE kind = 'ledger.manual_entry' AND source_type = 'ledger.ManualEntry') e ON e.source_id = m.id "
        "WHERE m.id IS NULL OR (m.state = 'POSTED') <> (e.id IS NOT NULL)",
    ),
    Invariant(
        "i48",
        "No entry was entered in the future or dated after the day it was entered",
        "SELECT id, number, posting_date, entered_at FROM ledger_journalentry "
        "WHERE entered_at > now() + interval '5 minutes' OR posting_date > (entered_at + interval '14 hours')::date",
    ),
]
