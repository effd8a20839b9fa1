"""Does the process live, can it work, and what do its numbers say? For probes and Prometheus."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import kombu.exceptions
import structlog
from celery import current_app
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache

from erp.core.models import Canary
from erp.core.permissions import public
from erp.core.services.canary import canary_stale
from erp.core.sql import query

log = structlog.get_logger(__name__)
BEAT_LAG = timedelta(seconds=120)
SWEEP_LAG_SECONDS = 60
DISK_FREE_BYTES = 512 * 2**20
_migrated: set[str] = set()


def database() -> str:
    query("SELECT 1")
    return ""


def migrations() -> str:
    """Pending migrations; once there are none, a running process can not grow new ones."""
    if not _migrated:
        executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
        if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return f"{len(plan)} pending"
        _migrated.add("all")
    return ""


def broker() -> str:
    with current_app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, timeout=2)
    return ""


def disk() -> str:
    free = shutil.disk_usage(settings.KEEL_HOME if settings.KEEL_HOME.exists() else settings.BASE_DIR).free
    return "" if free > DISK_FREE_BYTES else f"{free // 2**20} MiB free"


def beat() -> str:
    sent = query("SELECT max(sent_at) FROM core_canary")[0][0]
    if sent is None:
        return "no canary was ever sent"
    lag = timezone.now() - sent
    return "" if lag < BEAT_LAG else f"last canary {int(lag.total_seconds())} s ago"


def queues() -> str:
    stale = canary_stale(queues=settings.KEEL_QUEUES, at=timezone.now())
    return f"not consumed: {', '.join(stale)}" if stale else ""


def sweeper() -> str:
    """Leases that ended long ago, and nobody gave the work back."""
    (count,) = query(
        "SELECT sum(n) FROM (SELECT count(*) AS n FROM core_job WHERE state = 'RUNNING' AND lease_until < %s "
        "UNION ALL SELECT count(*) FROM core_inboxmessage WHERE state = 'RUNNING' AND lease_until < %s "
        "UNION ALL SELECT count(*) FROM core_outboxmessage WHERE state = 'RUNNING' AND lease_until < %s) AS "
        "expired",
        [timezone.now() - timedelta(seconds=SWEEP_LAG_SECONDS)] * 3,
    )[0]
    return f"{count} rows past their lease" if count else ""


# Without the first three nothing works: not ready. The others say that work is not being done: ready, but degraded.
NEEDED: dict[str, Callable[[], str]] = {"database": database, "migrations": migrations, "disk": disk}
WATCHED: dict[str, Callable[[], str]] = {"broker": broker, "beat": beat, "queues": queues, "sweeper": sweeper}


def _ask(check: Callable[[], str]) -> str:
    try:
        return check()
    except (DatabaseError, OSError, kombu.exceptions.OperationalError) as error:
        log.warning("a readiness check failed", check=check.__name__, error=str(error))
        return type(error).__name__


@public
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that the process lives; whether it can work is `/readyz`'s question."""
    return HttpResponse("ok", content_type="text/plain")


@public
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when requests can be served, 503 when not; name what is wrong, without the innards."""
    needed = {name: _ask(check) for name, check in NEEDED.items()}
    ready = not any(needed.values())
    watched = {name: _ask(check) for name, check in WATCHED.items()} if ready else {}
    found = needed | watched
    status = "ready" if not any(found.values()) else "degraded" if ready else "not ready"
    return JsonResponse(
        {"status": status, "checks": {name: fault or "ok" for name, fault in found.items()}},
        status=200 if ready else 503,
    )


def _sample(name: str, kind: str, text: str, values: Iterable[tuple[str, object]]) -> str:
    lines = [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
    return "\n".join([*lines, *(f"{name}{labels} {value}" for labels, value in values)])


def _seconds(moment: datetime | None) -> float | str:
    return "NaN" if moment is None else (timezone.now() - moment).total_seconds()


@public
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with the state of the work in Prometheus' text format.

    From loopback, or with the bearer token METRICS_TOKEN; behind a proxy every request needs the token.
    """
    _may_read_metrics(request)
    tables = {"job": "core_job", "inbox": "core_inboxmessage", "outbox": "core_outboxmessage"}
    counts, ages = [], []
    for kind, table in tables.items():
        open_work = "state IN ('PENDING', 'FAILED', 'RUNNING')"
        rows = query(
            f"SELECT state, count(*) FROM {table} WHERE {open_work} OR state = 'DEAD' GROUP BY state"  # noqa: S608
        )
        counts += [(f'{{table="{kind}",state="{state}"}}', count) for state, count in rows]
        oldest = query(f"SELECT min(next_at) FROM {table} WHERE {open_work} AND next_at <= now()")[0][0]  # noqa: S608
        ages.append((f'{{table="{kind}"}}', 0 if oldest is None else _seconds(oldest)))
    canaries = [
        (f'{{queue="{canary.queue}"}}', _seconds(canary.answered_at))
        for canary in Canary.objects.order_by("queue")
    ]
    cases = query(
        "SELECT owner_role, count(*) FROM core_exceptioncase WHERE state <> 'RESOLVED' GROUP BY owner_role"
    )
    journal = query("SELECT COALESCE(max(sequence), 0) FROM inventory_stockevent")[0][0]
    parts = [
        _sample("keel_work_rows", "gauge", "Open and dead work.", counts),
        _sample("keel_work_due_seconds", "gauge", "How long the oldest due work has been waiting.", ages),
        _sample(
            "keel_canary_age_seconds", "gauge", "Since a queue last proved that it is consumed.", canaries
        ),
        _sample(
            "keel_exceptions_open",
            "gauge",
            "Open exception cases.",
            [(f'{{role="{role}"}}', n) for role, n in cases],
        ),
        _sample("keel_stock_sequence", "counter", "Last event of the stock journal.", [("", journal)]),
    ]
    return HttpResponse("\n".join(parts) + "\n", content_type="text/plain; version=0.0.4; charset=utf-8")


def _may_read_metrics(request: HttpRequest) -> None:
    token = settings.METRICS_TOKEN
    if token:
        if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {token}"):
            raise PermissionDenied
    elif settings.KEEL_PROXY_COUNT or request.META.get("REMOTE_ADDR") not in ("127.0.0.1", "::1"):
        raise PermissionDenied


urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
