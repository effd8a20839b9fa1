"""How does PostgreSQL write an event beside what causes it, for sets as cheaply as for one row?

A statement that adds a thousand rows to the audit trail adds its events by one more INSERT; what matches no rule costs a hash
look-up. Events carry no number yet: numbers are given after the commit (`erp.core.services.event`), because a number drawn
inside a transaction may become visible after a higher one.
"""

from __future__ import annotations

import pgtrigger

from erp.core.event_kinds import RULES
from erp.core.triggers import Guard

_INSERT = "INSERT INTO core_event (kind, document_type, document_id, data, at) "


def state_events(name: str) -> Guard:
    """This function will return the trigger of the audit trail that writes the events of its new rows."""
    rules = ", ".join(
        f"('{rule.kind}', '{rule.document}', '{rule.source}', '{rule.target}')" for rule in RULES
    )
    from_rules = f"FROM added JOIN (VALUES {rules}) AS rule(kind, document, source, target) "
    return Guard(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="added"),
        func=_INSERT + "SELECT rule.kind, added.document_type, added.document_id, "
        "jsonb_build_object('from', added.from_state, 'to', added.to_state), added.at "
        + from_rules
        + "ON rule.document = added.document_type AND rule.target = added.to_state "
        "AND rule.source IN ('*', added.from_state) ORDER BY added.id; RETURN NULL;",
    )


def row_event(
    name: str, *, kind: str, document: str, key: str, data: str, at: str, operation: pgtrigger.Operation, condition: str
) -> Guard:  # fmt: skip
    """This function will return the trigger that writes an event for each row that meets `condition`; the rest costs nothing.

    `key`, `data` and `at` are SQL over NEW: the document's id, a jsonb object and the time.
    """
    return Guard(
        name=name,
        level=pgtrigger.Row,
        when=pgtrigger.After,
        operation=operation,
        condition=pgtrigger.Condition(condition),
        func=f"{_INSERT}VALUES ('{kind}', '{document}', {key}, {data}, {at}); RETURN NULL;",
    )


def numbered_once(name: str) -> Guard:
    """This function will return the trigger that lets an event be numbered once and never changed again."""
    return Guard(
        name=name,
        level=pgtrigger.Row,
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func="IF OLD.position IS NOT NULL OR NEW.position IS NULL OR (OLD.kind, OLD.document_type, OLD.document_id, OLD.at) "
        "IS DISTINCT FROM (NEW.kind, NEW.document_type, NEW.document_id, NEW.at) THEN "
        "RAISE EXCEPTION 'an event is numbered once and never changed' USING ERRCODE = 'insufficient_privilege'; END IF; "
        "RETURN NEW;",
    )


def kept_for_ever(name: str) -> Guard:
    """This function will return the trigger that refuses DELETE and TRUNCATE."""
    return Guard(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Delete | pgtrigger.Truncate,
        func="RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP "
        "USING ERRCODE = 'insufficient_privilege';",
    )
