"""Answers: does `verify` hold on a sound company, keep its evidence, and fail loudly when something is wrong?"""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from erp.core.models import ExceptionCase, StateChange, VerifyRun
from erp.core.services.proof import invariants_collect, prove, verify_run
from erp.core.sql import execute
from tests.cast import NOW, Company


def test_a_fresh_company_violates_nothing(company: Company) -> None:
    proof = prove()
    assert [(f.code, f.title, f.rows) for f in proof.failed] == []
    assert len(proof.findings) == len(invariants_collect()) > 20
    assert VerifyRun.objects.count() == 0


def test_a_run_is_kept_as_evidence(company: Company) -> None:
    run, proof = verify_run(actor=company.system, at=NOW)
    assert run.violations == 0 and run.at == NOW
    assert [result["code"] for result in run.results] == [finding.code for finding in proof.findings]
    assert ExceptionCase.objects.count() == 0


def test_failed_runs_open_one_case(company: Company) -> None:
    _plant_impossible_step(company)
    run, proof = verify_run(actor=company.system, at=NOW)
    again, _ = verify_run(actor=company.system, at=NOW)
    case = ExceptionCase.objects.get()
    assert proof.violations == 2  # no edge of the table, and not the state the order is in
    assert (case.kind, case.occurrences, case.detail["run"]) == ("VERIFY_FAILED", 2, again.pk)
    assert run.violations == 2


def test_the_command_leaves_with_1_on_a_violation(company: Company) -> None:
    _plant_impossible_step(company)
    out = StringIO()
    with pytest.raises(SystemExit) as stop:
        call_command("verify", "--json", stdout=out)
    assert stop.value.code == 1
    said = json.loads(out.getvalue())
    broken = [item for item in said["invariants"] if item["violations"]]
    assert {item["code"] for item in broken} == {"i20"}
    assert broken[0]["rows"][0]["document_type"] == "inventory.Transfer"


def test_the_command_says_up_to_where_it_is_proven(company: Company) -> None:
    out = StringIO()
    call_command("verify", stdout=out)
    assert "0 violations" in out.getvalue()
    assert "proven up to stock event 0 and journal entry 0." in out.getvalue()
    assert VerifyRun.objects.count() == 1


def _plant_impossible_step(company: Company) -> None:
    from inventory.models import Transfer

    transfer = Transfer.objects.create(
        number="TR-1", from_node=company.north, to_node=company.south, created_by=company.olga, created_at=NOW
    )
    execute(
        "INSERT INTO core_statechange (document_type, document_id, action, from_state, to_state, actor_id, reason, at) "
        "VALUES ('inventory.Transfer', %s, 'inventory.none', '', 'RECEIVED', %s, '', %s)",
        [transfer.pk, company.olga.pk, NOW],
    )
    assert StateChange.objects.filter(document_type="inventory.Transfer").count() == 1
