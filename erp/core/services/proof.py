"""Do all invariants hold, and up to which point of the journals is that proven?

Everything is read in one repeatable-read, read-only snapshot, so postings in flight never give a false alarm.
A failed proof opens one exception case; nothing is ever repaired by itself.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections, transaction

from erp.core.invariants import Invariant
from erp.core.models import User, VerifyRun
from erp.core.services.exception_case import exception_open
from erp.core.services.progress import Progress
from erp.core.sql import query
from erp.core.work_registry import long_job

FIRST_ROWS = 5


@dataclass(frozen=True)
class Finding:
    """What one invariant's statement found: how many violations, the first of them, and how long it took."""

    app: str
    code: str
    title: str
    violations: int
    seconds: float
    rows: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Proof:
    """All findings of one snapshot; `stock_sequence` and `journal_entry_id` are the last journal rows it saw."""

    stock_sequence: int
    journal_entry_id: int
    seconds: float
    findings: list[Finding]

    @property
    def violations(self) -> int:
        return sum(finding.violations for finding in self.findings)

    @property
    def failed(self) -> list[Finding]:
        return [finding for finding in self.findings if finding.violations]


def invariants_collect() -> list[tuple[str, Invariant]]:
    """This function will return (app label, invariant) of every app's `invariants.INVARIANTS`, in the
    order of the settings.
    """
    found: list[tuple[str, Invariant]] = []
    for config in apps.get_app_configs():
        if importlib.util.find_spec(config.name) and importlib.util.find_spec(f"{config.name}.invariants"):
            module = importlib.import_module(f"{config.name}.invariants")
            found += [(config.label, invariant) for invariant in module.INVARIANTS]
    return found


@contextmanager
def snapshot(using: str = DEFAULT_DB_ALIAS) -> Iterator[None]:
    """This function will hold one repeatable-read, read-only transaction open.

    Inside a transaction of the caller (a test) it sees what that one sees.
    """
    if connections[using].in_atomic_block:
        yield
        return
    with transaction.atomic(using=using):
        with connections[using].cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def prove(
    *,
    codes: frozenset[str] | None = None,
    report: Callable[[int, int, str], None] | None = None,
    using: str = DEFAULT_DB_ALIAS,
) -> Proof:
    """This function will run every invariant (or those with one of `codes`) and return what they found.

    It writes nothing. `report(done, total, title)` is told before each.
    """
    began = time.perf_counter()
    wanted = [(app, item) for app, item in invariants_collect() if codes is None or item.code in codes]
    findings = []
    with snapshot(using):
        stock_sequence, journal_entry_id = _proven_up_to(using)
        for number, (app, invariant) in enumerate(wanted):
            if report is not None:
                report(number, len(wanted), invariant.title)
            findings.append(_examine(app, invariant, using))
    return Proof(stock_sequence, journal_entry_id, time.perf_counter() - began, findings)


def verify_run(
    *,
    actor: User,
    at: datetime,
    report: Callable[[int, int, str], None] | None = None,
    using: str = DEFAULT_DB_ALIAS,
) -> tuple[VerifyRun, Proof]:
    """This function will prove all invariants, keep the result as evidence, and open one exception case
    when any fails.
    """
    proof = prove(report=report, using=using)
    with transaction.atomic():
        run = VerifyRun.objects.create(
            at=at,
            stock_sequence=proof.stock_sequence,
            journal_entry_id=proof.journal_entry_id,
            violations=proof.violations,
            seconds=Decimal(f"{proof.seconds:.3f}"),
            results=[
                {
                    "app": finding.app,
                    "code": finding.code,
                    "title": finding.title,
                    "violations": finding.violations,
                    "seconds": f"{finding.seconds:.3f}",
                    "rows": finding.rows,
                }
                for finding in proof.findings
            ],
        )
        if proof.failed:
            exception_open(
                kind="VERIFY_FAILED",
                subject_type="core.VerifyRun",
                subject_id="latest",  # one case while it is open, however many runs fail
                title=f"{proof.violations} violations of {', '.join(sorted({f.code for f in proof.failed}))}",
                detail={
                    "run": run.pk,
                    "failed": [f"{f.code} {f.title}: {f.violations}" for f in proof.failed],
                },
                actor=actor,
                at=at,
            )
    return run, proof


@long_job
def verify_periodic(*, actor: User, at: datetime, progress: Progress) -> dict[str, int]:
    """This function will prove all invariants as a job: in a snapshot of its own, not in the job's transaction."""
    run, proof = verify_run(actor=actor, at=at, report=progress)
    return {"run": run.pk, "violations": proof.violations, "statements": len(proof.findings)}


def _proven_up_to(using: str) -> tuple[int, int]:
    stock = apps.get_model("inventory", "StockEvent")._meta.db_table
    journal = apps.get_model("ledger", "JournalEntry")._meta.db_table
    row = query(
        f"SELECT (SELECT coalesce(max(sequence), 0) FROM {stock}), (SELECT coalesce(max(id), 0) FROM {journal})",
        using=using,
    )[0]
    return row[0], row[1]


def _examine(app: str, invariant: Invariant, using: str) -> Finding:
    began = time.perf_counter()
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"WITH violation AS MATERIALIZED ({invariant.statement}) "
            f"SELECT (SELECT count(*) FROM violation) AS violations, violation.* FROM violation LIMIT {FIRST_ROWS}"
        )
        names = [column[0] for column in cursor.description[1:]]
        rows = cursor.fetchall()
    first = json.loads(json.dumps([dict(zip(names, row[1:], strict=True)) for row in rows], default=str))
    return Finding(
        app, invariant.code, invariant.title, rows[0][0] if rows else 0, time.perf_counter() - began, first
    )
