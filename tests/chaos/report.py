"""Answers: after the chaos, is every order there once, with one allocation, one effect of each job, and nothing left open?

Run as a program inside a stack's environment: `report.py` prints one JSON object of figures, which `run_chaos` compares with
what was acknowledged; `report.py open` prints only how much work is open.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import django

django.setup()

from erp.core.services.proof import prove  # noqa: E402
from erp.core.sql import query  # noqa: E402

OPEN = "state IN ('PENDING', 'FAILED', 'RUNNING')"
FIGURES = {
    "mails": "SELECT count(*) FROM core_caughtmail",
    "mails_distinct": "SELECT count(DISTINCT message_id) FROM core_caughtmail",
    "orders": "SELECT count(*) FROM orders_order",
    "external_ids": "SELECT count(DISTINCT external_id) FROM orders_order",
    "lines": "SELECT count(*) FROM orders_orderline",
    "units_ordered": "SELECT COALESCE(sum(quantity_ordered), 0) FROM orders_orderline",
    "units_allocated": "SELECT COALESCE(sum(quantity), 0) FROM orders_allocation",
    "inbox_messages": "SELECT count(*) FROM core_inboxmessage WHERE state = 'DONE'",
    "inbox_dead": "SELECT count(*) FROM core_inboxmessage WHERE state = 'DEAD'",
    "notices": "SELECT count(*) FROM core_note WHERE document_type = 'chaos.Notice'",
    "notices_distinct": "SELECT count(DISTINCT document_id) FROM core_note WHERE document_type = 'chaos.Notice'",
    "jobs_dead": "SELECT count(*) FROM core_job WHERE state = 'DEAD'",
    "open_work": f"SELECT (SELECT count(*) FROM core_job WHERE {OPEN}) + "
    f"(SELECT count(*) FROM core_inboxmessage WHERE {OPEN}) + (SELECT count(*) FROM core_outboxmessage WHERE "
    f"{OPEN})",
    "keys_in_progress": "SELECT count(*) FROM core_idempotencykey WHERE state = 'IN_PROGRESS'",
}


def figures() -> dict[str, Any]:
    """Return every figure, and which invariants do not hold."""
    found: dict[str, Any] = {name: int(query(sql)[0][0]) for name, sql in FIGURES.items()}
    found["violations"] = [f"{f.code} {f.title}: {f.violations}, e.g. {f.rows[:1]}" for f in prove().failed]
    return found


def open_work() -> int:
    """Return how many rows of work are not finished, periodic work that was put down in the last seconds
    left out."""
    return int(
        query(
            f"SELECT (SELECT count(*) FROM core_job WHERE {OPEN} AND (key NOT LIKE 'period:%' OR created_at < now() - "
            f"interval '20 s')) + (SELECT count(*) FROM core_inboxmessage WHERE {OPEN}) "
            f"+ (SELECT count(*) FROM core_outboxmessage WHERE {OPEN})"
        )[0][0]
    )


if __name__ == "__main__":
    print(json.dumps({"open_work": open_work()} if sys.argv[1:] == ["open"] else figures()))
