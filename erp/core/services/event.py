"""Who gives events their numbers, and puts them down for whoever is to be told?

PostgreSQL writes events unnumbered, in the transaction that causes them. One worker at a time numbers what has been committed,
in the order of writing: of two events of one document the earlier was committed earlier, because its row was locked. So the
feed has no gaps, nothing appears behind a reader's back, and the numbers survive a restore.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from erp.core.event_facts import facts_of
from erp.core.locks import AdvisoryLock, advisory_try_lock
from erp.core.models import Event, WebhookEndpoint
from erp.core.services.outbox import outbox_add_selected
from erp.core.services.work import wake
from erp.core.sql import Statements, execute, query, unnest
from erp.core.states import WebhookState
from erp.core.text import storable_json

BATCH = 2_000
WAITING_MOST = 500  # an endpoint with as many messages waiting is given more when it has caught up
MAX_ATTEMPTS = 120  # 2 s to an hour apart: the endpoint is disabled before they are used up
SENDER = "core.webhook_send"


def event_relay() -> int:
    """This function will number the events committed since, put messages down for the endpoints, and return how many it numbered.

    0 when another worker is at it. Call it again and again: it is cheap when nothing happened.
    """
    total = 0
    while True:
        with transaction.atomic():
            if not advisory_try_lock(AdvisoryLock.EVENT_FEED):
                return total
            numbered = _number()
            fed = endpoint_feed()
        total += numbered
        if numbered < BATCH and not fed:
            return total


def _number() -> int:
    rows = query(
        "SELECT id, document_type, document_id FROM core_event WHERE position IS NULL ORDER BY id LIMIT %s",
        [BATCH],
    )
    if not rows:
        return 0
    last = query("SELECT coalesce(max(position), 0) FROM core_event")[0][0]
    facts = _facts([(document, pk) for _, document, pk in rows])
    numbered = [
        (event_id, last + number, json.dumps(storable_json(facts.get((document, pk), {}))))
        for number, (event_id, document, pk) in enumerate(rows, start=1)
    ]
    source, parameters = unnest({"id": "bigint", "position": "bigint", "data": "jsonb"}, numbered)
    execute(
        f"UPDATE core_event e SET position = v.position, data = e.data || v.data FROM {source} WHERE e.id = v.id",
        parameters,
    )
    return len(rows)


def _facts(documents: Sequence[tuple[str, int]]) -> dict[tuple[str, int], dict[str, Any]]:
    ids = defaultdict(set)
    for document, pk in documents:
        ids[document].add(pk)
    return {
        (document, pk): said
        for document, wanted in ids.items()
        for pk, said in facts_of(document, sorted(wanted)).items()
    }


def endpoint_feed() -> int:
    """This function will put down what each active endpoint is to be told next; returns how many endpoints moved on.

    Inside a transaction that holds EVENT_FEED. An endpoint that does not keep up keeps a short queue: the feed is the long one.
    """
    moved = 0
    active = WebhookEndpoint.objects.select_for_update(no_key=True).filter(state=WebhookState.ACTIVE)
    for endpoint in active.order_by("pk"):
        ((waiting, last),) = query(
            "SELECT (SELECT count(*) FROM (SELECT 1 FROM core_outboxmessage WHERE stream = %s AND state IN "
            "('PENDING', 'FAILED', 'RUNNING') LIMIT %s) w), (SELECT max(position) FROM (SELECT position FROM core_event "
            "WHERE position > %s ORDER BY position LIMIT %s) e)",
            [endpoint.stream, WAITING_MOST, endpoint.position, BATCH],
        )
        if last is None or waiting >= WAITING_MOST:
            continue
        batch = Statements()
        _put_down(endpoint, last, batch)
        batch.add("UPDATE core_webhookendpoint SET position = %s WHERE id = %s", [last, endpoint.pk])
        batch.run()
        moved += 1
    if moved:
        transaction.on_commit(lambda: wake("core.deliver_due", []), robust=True)
    return moved


def _put_down(endpoint: WebhookEndpoint, last: int, batch: Statements) -> None:
    kinds = list(endpoint.kinds)
    outbox_add_selected(
        "SELECT %s::text, %s::text, %s || position::text, '', NULL::bigint, "
        "jsonb_build_object('endpoint', %s::bigint, 'event', id) FROM core_event "
        "WHERE position > %s AND position <= %s AND (%s OR kind = ANY(%s::text[])) ORDER BY position",
        [
            endpoint.stream, SENDER, f"{endpoint.pk}.{endpoint.generation}:", endpoint.pk, endpoint.position, last,
            not kinds, kinds,
        ],
        batch,
        max_attempts=MAX_ATTEMPTS,
    )  # fmt: skip


def event_latest() -> int:
    """This function will return the number of the last event of the feed, 0 while there is none."""
    last: int = Event.objects.order_by("-position").filter(position__isnull=False).values_list(
        "position", flat=True
    ).first() or 0  # fmt: skip
    return last
