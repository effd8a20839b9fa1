"""What must hold at every commit, and which rows would prove that it does not?

Each app lists its own in `<app>/invariants.py`; `erp.core.services.proof` runs them all in one snapshot. The
codes are those of docs/invariants.md; several statements may prove one code.
"""

# ruff: noqa: S608 — every statement is put together from our own literals
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.apps import apps

from erp.core.state_machine import MACHINES


@dataclass(frozen=True)
class Invariant:
    """A predicate by its negation: `sql` (one SELECT, no trailing semicolon) returns a row for each violation.

    The first columns should identify the row to a person. A function instead of a text is called when the
    proof runs.
    """

    code: str
    title: str
    sql: str | Callable[[], str]

    @property
    def statement(self) -> str:
        return self.sql if isinstance(self.sql, str) else self.sql()


def _audited() -> list[str]:
    return sorted(document for document, machine in MACHINES.items() if machine.audited)


def _outside_the_table() -> str:
    """Every recorded step must be an edge of its document's table (or a creation in the initial state)."""
    edges = [
        (document, str(source), str(target))
        for document in _audited()
        for source, targets in MACHINES[document].transitions.items()
        for target in targets
    ]
    edges += [(document, "", str(MACHINES[document].initial)) for document in _audited()]
    values = ", ".join(
        f"('{document}', '{source}', '{target}')" for document, source, target in sorted(edges)
    )
    documents = ", ".join(f"'{document}'" for document in _audited())
    return (
        "SELECT c.document_type, c.document_id, c.from_state, c.to_state, c.id FROM core_statechange c "
        f"LEFT JOIN (VALUES {values}) AS edge(document, source, target) "
        "ON edge.document = c.document_type AND edge.source = c.from_state AND edge.target = c.to_state "
        f"WHERE edge.document IS NULL AND c.document_type IN ({documents})"
    )


def _broken_chain() -> str:
    documents = ", ".join(f"'{document}'" for document in _audited())
    return (
        "SELECT document_type, document_id, id, from_state, previous FROM (SELECT *, lag(to_state, 1, '') OVER "
        "(PARTITION BY document_type, document_id ORDER BY id) AS previous FROM core_statechange "
        f"WHERE document_type IN ({documents})) step WHERE from_state <> previous"
    )


def _state_without_audit() -> str:
    """The last recorded step must have led to the state the document is in; without any it must be where it
    began."""
    parts = []
    for document in _audited():
        table = apps.get_model(document)._meta.db_table
        parts.append(
            f"SELECT '{document}' AS document_type, d.id AS document_id, d.state, last.to_state AS recorded FROM {table} d "
            "LEFT JOIN (SELECT DISTINCT ON (document_id) document_id, to_state FROM core_statechange "
            f"WHERE document_type = '{document}' ORDER BY document_id, id DESC) last ON last.document_id = d.id "
            f"WHERE d.state <> coalesce(last.to_state, '{MACHINES[document].initial}')"
        )
    return " UNION ALL ".join(parts)


_DEAD = " UNION ALL ".join(
    f"SELECT '{label}' AS work, w.id, w.kind, w.error FROM {table} w WHERE w.state = 'DEAD' AND NOT EXISTS (SELECT 1 "
    f"FROM core_exceptioncase c WHERE c.subject_type = '{label}' AND c.subject_id = w.id::text)"
    for label, table in (
        ("core.Job", "core_job"),
        ("core.InboxMessage", "core_inboxmessage"),
        ("core.OutboxMessage", "core_outboxmessage"),
    )
)
_STUCK = " UNION ALL ".join(
    f"SELECT '{table}' AS work, id, kind, lease_until FROM {table} WHERE state = 'RUNNING' "
    "AND lease_until < now() - interval '10 minutes'"
    for table in ("core_job", "core_inboxmessage", "core_outboxmessage")
)
INVARIANTS = [
    Invariant("i20", "Every recorded step is an edge of its document's state table", _outside_the_table),
    Invariant("i20", "Each step starts in the state where the one before it ended", _broken_chain),
    Invariant(
        "i20", "Every document is in the state that its last recorded step led to", _state_without_audit
    ),
    Invariant(
        "i38",
        "A handled message says what it became",
        "SELECT id, source, kind, external_id FROM core_inboxmessage WHERE state = 'DONE' AND result = ''",
    ),
    Invariant(
        "i39",
        "A delivered message carries the receiver's reference",
        "SELECT id, stream, kind, key FROM core_outboxmessage WHERE state = 'DONE' AND provider_ref = ''",
    ),
    Invariant(
        "i40",
        "Messages of one stream are delivered in their order",
        # Two transactions may write to a stream at once, so only what is ten minutes older was surely there first;
        # a dead
        # letter that a person sends again is late on purpose.
        "SELECT done.id, done.stream, waiting.id AS overtaken FROM (SELECT DISTINCT ON (stream) id, stream, created_at "
        "FROM core_outboxmessage WHERE state = 'DONE' ORDER BY stream, id DESC) done "
        "JOIN core_outboxmessage waiting ON waiting.stream = done.stream AND waiting.id < done.id "
        "AND waiting.state IN ('PENDING', 'RUNNING', 'FAILED') "
        "AND waiting.created_at < done.created_at - interval '10 minutes' WHERE NOT EXISTS (SELECT 1 FROM "
        "core_statechange c "
        "WHERE c.document_type = 'core.OutboxMessage' AND c.document_id = waiting.id)",
    ),
    Invariant(
        "i42",
        "A settled exception says who, when, how and why",
        "SELECT id, kind, subject_type, subject_id FROM core_exceptioncase WHERE state = 'RESOLVED' "
        "AND (resolved_by_id IS NULL OR resolved_at IS NULL OR resolution = '' OR reason = '')",
    ),
    Invariant(
        "i42",
        "At most one exception is open per kind and subject",
        "SELECT kind, subject_type, subject_id, count(*) FROM core_exceptioncase WHERE state <> 'RESOLVED' "
        "GROUP BY 1, 2, 3 HAVING count(*) > 1",
    ),
    Invariant("i43", "Work that gave up stands on the exception desk", _DEAD),
    Invariant("i43", "No work stays running ten minutes past its lease", _STUCK),
    Invariant(
        "i46",
        "Nobody approved their own work, or above their limit",
        "SELECT id, kind, document_type, document_id, amount, decider_limit FROM core_approvalrequest "
        "WHERE state IN ('APPROVED', 'REJECTED') AND (decided_by_id IS NULL OR decided_at IS NULL "
        "OR decided_by_id = requested_by_id OR (state = 'APPROVED' AND amount > coalesce(decider_limit, -1)))",
    ),
]
