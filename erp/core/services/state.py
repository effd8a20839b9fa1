"""Who assigns a state? Only this file: by table, by conditional UPDATE, with an audit row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import models, transaction

from erp.core.errors import IllegalTransition
from erp.core.models import User
from erp.core.sql import Statements, array, unnest
from erp.core.state_machine import Machine

_CHANGED = (
    "WITH previous AS (SELECT id, state FROM {table} WHERE id = ANY(%s::bigint[])), "
    "moved AS (UPDATE {table} SET state = %s{fields} WHERE id = ANY(%s::bigint[]) AND state = ANY(%s::text[]) RETURNING id), "
    "logged AS (INSERT INTO core_statechange "
    "(document_type, document_id, action, from_state, to_state, actor_id, reason, at) "
    "SELECT %s, moved.id, %s, previous.state, %s, %s, %s, %s FROM moved JOIN previous USING (id) ORDER BY id RETURNING 1)"
)


def _machine(model: type[models.Model]) -> Machine:
    machine: Machine = model.MACHINE  # type: ignore[attr-defined]
    return machine


def change_state(
    document: models.Model,
    *,
    to: str,
    actor: User,
    at: datetime,
    action: str,
    reason: str = "",
    fields: Mapping[str, Any] | None = None,
) -> None:
    """This function will move one document to state `to` and record who did it, by which service and why.

    `fields` (attname → value) are written in the same UPDATE: what the new state brings with it, such as who closed it.

    The document's row should be locked by the caller (lock, then look). IllegalTransition when the table or its guard does
    not allow it, or when somebody else moved the row first.
    """
    machine = _machine(type(document))
    source: str = document.state  # type: ignore[attr-defined]
    if not machine.allows(source, to):
        raise IllegalTransition(
            f"{document} is {source}, which does not lead to {to}",
            field="state",
            remedy=_remedy(machine, source),
            document=machine.document,
            state=source,
        )
    guard = machine.guards.get((source, to))
    refusal = guard(document) if guard else None
    if refusal:
        raise IllegalTransition(f"{document} can not become {to}: {refusal}", field="state", remedy=refusal)
    change_state_many(
        type(document),
        [document.pk],
        source=source,
        to=to,
        actor=actor,
        at=at,
        action=action,
        reason=reason,
        fields=fields,
    )
    document.state = to  # type: ignore[attr-defined]
    for name, value in (fields or {}).items():
        setattr(document, name, value)


def change_state_many(
    model: type[models.Model],
    ids: Sequence[int],
    *,
    source: str | Sequence[str],
    to: str,
    actor: User,
    at: datetime,
    action: str,
    reason: str = "",
    fields: Mapping[str, Any] | None = None,
    statements: Statements | None = None,
) -> None:
    """This function will move all documents `ids` from `source` (one state or several) to `to`, or none of them.

    With `statements` the work joins that batch and is demanded when it runs. IllegalTransition when the table does not allow
    it; guards are the caller's duty here, because a guard looks at one document. LostUpdate when a row
    was not in `source` any more.
    """
    if not ids:
        return
    machine = _machine(model)
    sources = [source] if isinstance(source, str) else list(source)
    for state in sources:
        if not machine.allows(state, to):
            raise IllegalTransition(
                f"{machine.document}: {state} does not lead to {to}",
                field="state",
                remedy=_remedy(machine, state),
            )
    extra = fields or {}
    columns = "".join(f", {model._meta.get_field(name).column} = %s" for name in extra)  # type: ignore[union-attr]
    id_array = array(ids, "bigint")
    batch = statements if statements is not None else Statements()
    table, what = model._meta.db_table, f"{machine.document} {'/'.join(sources)} → {to}"
    if machine.audited:
        batch.demand_last(
            _CHANGED.format(table=table, fields=columns),
            "logged",
            [
                id_array,
                to,
                *extra.values(),
                id_array,
                sources,
                machine.document,
                action,
                to,
                actor.pk,
                reason[:300],
                at,
            ],
            len(ids),
            what,
        )
    else:
        batch.demand(
            f"UPDATE {table} SET state = %s{columns} WHERE id = ANY(%s::bigint[]) AND state = ANY(%s::text[]) RETURNING 1",
            [to, *extra.values(), id_array, sources],
            len(ids),
            what,
        )
    if statements is None:
        with transaction.atomic():
            batch.run()


def record_creation(
    model: type[models.Model],
    ids: Sequence[int],
    *,
    actor: User,
    at: datetime,
    action: str,
    then: Sequence[tuple[str, str]] = (),
    reason: str = "",
    statements: Statements | None = None,
) -> None:
    """This function will write the first audit rows of new documents: from nothing to their initial state.

    `then` lists the (state, action) steps that followed before the row was first written, so that a document that goes
    straight through is inserted in the state it reached, with the same audit trail. IllegalTransition as in `change_state`.
    """
    if not ids:
        return
    machine = _machine(model)
    batch = statements if statements is not None else Statements()
    steps: list[tuple[int, str, str, str]] = [(0, action, "", str(machine.initial))]
    for number, (state, step_action) in enumerate(then, start=1):
        source = steps[-1][3]
        if not machine.allows(source, state):
            raise IllegalTransition(
                f"{machine.document}: {source} does not lead to {state}",
                field="state",
                remedy=_remedy(machine, source),
            )
        steps.append((number, step_action, source, state))
    source_sql, parameters = unnest(
        {"n": "integer", "action": "text", "source": "text", "target": "text"}, steps, "step"
    )
    batch.add(
        "INSERT INTO core_statechange (document_type, document_id, action, from_state, to_state, actor_id, reason, at) "
        "SELECT %s, document.id, step.action, step.source, step.target, %s, %s, %s "
        f"FROM unnest(%s::bigint[]) AS document(id), {source_sql} ORDER BY document.id, step.n",
        [machine.document, actor.pk, reason[:300], at, array(ids, "bigint"), *parameters],
    )
    if statements is None:
        batch.run()


def _remedy(machine: Machine, state: Any) -> str:
    allowed = ", ".join(sorted(machine.transitions.get(state, ())))
    return f"From {state} it can only become: {allowed}." if allowed else f"{state} is final."
