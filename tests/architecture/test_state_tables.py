"""Answers: is every state table whole, and does it fit its model?"""

import pytest
from django.apps import apps

from erp.core.state_machine import MACHINES, Machine

NAMES = sorted(MACHINES)


def test_every_document_with_a_state_has_a_table() -> None:
    with_state = {
        model._meta.label
        for model in apps.get_models()
        if any(field.name == "state" for field in model._meta.get_fields())
        and not model._meta.label.startswith("core.Idem")
    }
    assert with_state == set(MACHINES)


@pytest.mark.parametrize("name", NAMES)
def test_a_table_names_every_state_and_only_those(name: str) -> None:
    machine = MACHINES[name]
    states = set(machine.states.values)
    targets = {target for allowed in machine.transitions.values() for target in allowed}
    assert set(machine.transitions) == states
    assert targets <= states
    assert {*machine.owners, *machine.limits} <= states
    assert all(machine.allows(source, target) for source, target in machine.guards)


@pytest.mark.parametrize("name", NAMES)
def test_every_state_can_be_reached_and_left_or_is_final(name: str) -> None:
    machine = MACHINES[name]
    assert _reachable(machine, machine.initial) == set(machine.states.values)
    for state in machine.states.values:
        ends = _reachable(machine, state) & machine.terminals
        assert ends or not machine.terminals, f"{state} can never end"
        assert state not in machine.transitions[state], f"{state} leads to itself"


@pytest.mark.parametrize("name", NAMES)
def test_a_model_begins_in_the_initial_state_of_its_table(name: str) -> None:
    model = apps.get_model(name)
    field = model._meta.get_field("state")
    assert model.MACHINE is MACHINES[name]
    assert field.default == MACHINES[name].initial
    assert {code for code, _ in field.choices} == set(MACHINES[name].states.values)


def test_only_rows_as_fine_as_a_journal_move_without_an_audit_row() -> None:
    silent = {name for name, machine in MACHINES.items() if not machine.audited}
    assert silent == {
        "core.Job", "core.InboxMessage", "core.OutboxMessage", "orders.Allocation",
    }  # fmt: skip


def _reachable(machine: Machine, start: str) -> set[str]:
    found, ahead = {str(start)}, [str(start)]
    while ahead:
        for target in machine.transitions[ahead.pop()]:
            if str(target) not in found:
                found.add(str(target))
                ahead.append(str(target))
    return found
