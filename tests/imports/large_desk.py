"""Who uploads the large file, how far is its import, and what has become of it?

Run as a program inside a stack's environment: `upload PATH` founds the company, uploads, maps and starts; `watch RUN` prints a
line of JSON per look until the import is over; `count RUN` and `prove` say what there is.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from erp.core.models import ImportRun  # noqa: E402
from erp.core.services.import_run import ImportDraft, import_commit, import_map, import_upload  # noqa: E402
from erp.core.services.proof import prove  # noqa: E402
from erp.core.sql import query  # noqa: E402
from tests.cast import company_create, moment, stock_in  # noqa: E402
from tests.imports.desk import ORDER_OPTIONS  # noqa: E402

EVERY_SECONDS = 0.5
_LOOK = (
    "SELECT r.state, r.items_done, j.state, j.percent, j.units_done, j.units_total, j.attempts FROM core_importrun r "
    "JOIN core_job j ON j.id = r.job_id WHERE r.id = %s"
)
_COUNT = (
    "SELECT (SELECT count(*) FROM orders_order), (SELECT count(DISTINCT (channel_id, external_id)) FROM orders_order), "
    "(SELECT count(*) FROM orders_orderline), (SELECT count(*) FROM core_importrow WHERE run_id = %s AND NOT is_trial), "
    "(SELECT count(DISTINCT number) FROM core_importrow WHERE run_id = %s AND NOT is_trial), "
    "(SELECT count(*) FROM orders_order WHERE needs_allocation), "
    "(SELECT count(*) FROM core_inboxmessage WHERE state = 'DONE' AND kind = 'orders.order_receive')"
)
_COUNTED = ("orders", "external_ids", "lines", "rows_recorded", "rows_distinct", "not_allocated", "messages")


def upload(path: str) -> int:
    """Found the company with stock for everybody and start the import, as the pages do; returns its number."""
    with transaction.atomic():
        company = company_create()
        stock_in(company, company.mug, 10_000_000, at=moment(2026, 1, 5))
    with Path(path).open("rb") as file:
        draft = ImportDraft("orders", file, "large.csv", ORDER_OPTIONS)
        run, _ = import_upload(draft, actor=company.cora, at=timezone.now())
    import_map(run_id=run.pk, mapping=run.mapping, actor=company.cora, at=timezone.now())
    import_commit(run_id=run.pk, actor=company.cora, at=timezone.now())
    return run.pk


def watch(run_id: str) -> None:
    """Print how far the import is until it is over or its job has given up."""
    while True:
        found = query(_LOOK, [int(run_id)])[0]
        names = ("state", "items", "job", "percent", "done", "total", "attempt")
        print(json.dumps({"at": time.time(), **dict(zip(names, found, strict=True))}), flush=True)
        if found[0] == "IMPORTED" or found[2] in ("DEAD", "CANCELLED"):
            return
        connection.close_if_unusable_or_obsolete()
        time.sleep(EVERY_SECONDS)


def count(run_id: str) -> dict[str, Any]:
    """Return the orders, what tells duplicates from orders, and the import's own counts."""
    run = ImportRun.objects.get(pk=int(run_id))
    found = dict(zip(_COUNTED, query(_COUNT, [run.pk, run.pk])[0], strict=True))
    return found | {"new": run.count_new, "refused": run.count_refused, "state": run.state}


def proven() -> list[str]:
    """Return what every invariant finds."""
    return [f"{finding.code} {finding.title}: {finding.violations}" for finding in prove().failed]


if __name__ == "__main__":
    verb = {"upload": upload, "watch": watch, "count": count, "prove": proven}[sys.argv[1]]
    answer: Any = verb(*sys.argv[2:])  # type: ignore[operator]
    if answer is not None:
        print(json.dumps(answer))
