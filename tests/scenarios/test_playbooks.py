"""Answers: does a playbook's button do the act and settle the case with it, both or neither, and only once?"""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from erp.core.errors import Conflict, InvalidInput, KeelError, PermissionRefused
from erp.core.exception_kinds import KINDS
from erp.core.models import ExceptionCase, InboxMessage, Job, Note, StateChange
from erp.core.playbook_registry import every_playbook
from erp.core.roles import PERMISSIONS
from erp.core.services.canary import canary_send
from erp.core.services.exception_case import exception_open
from erp.core.services.playbook import exception_play
from erp.core.services.work import dead_open, job_enqueue
from erp.core.sql import execute
from erp.core.work_registry import address_resolve
from fulfillment.models import PickTask
from fulfillment.services import pick_short
from inventory.services import transfer_ship
from orders.models import Order
from orders.services import order_flag_late
from orders.services.late import order_flag_at_risk
from orders.services.unfulfilled import promise_flag_unfulfilled
from procurement.services import BilledLine, supplier_invoice_match, supplier_invoice_record
from procurement.services.purchase_order_send import purchase_order_flag_late
from tests.cast import NOW, TODAY, Company, assert_proven, stock_in
from tests.core.test_work_replay import content, jug, post  # noqa: F401 (the fixture)
from tests.fulfillment.goods import goods_in, order_in, promised
from tests.fulfillment.test_pick import released
from tests.inventory.test_transfer import create, receive
from tests.procurement.conftest import Buy, buy, shop  # noqa: F401 (fixtures)
from tests.procurement.test_goods_receive import _receive

pytestmark = pytest.mark.django_db


def play(case: ExceptionCase, code: str, actor: Any, **inputs: str) -> str:
    """Push a button of the case, return what it says, and load the case again."""
    said = exception_play(case_id=case.pk, code=code, inputs=inputs, actor=actor, at=NOW).said
    case.refresh_from_db()
    return said


def test_every_button_leads_to_a_service_and_a_permission() -> None:
    import_module("erp.urls")  # imports every app's playbooks
    found = every_playbook()
    assert len(found) >= 14
    for playbook in found:
        assert playbook.kind in KINDS and playbook.permission in PERMISSIONS
        assert callable(address_resolve(playbook.action)), playbook.action


def test_a_mended_message_is_replayed_and_settles_its_case(post: Any, company: Company) -> None:  # noqa: F811
    post(content())
    case = ExceptionCase.objects.get()
    assert case.kind == "ORDER_UNKNOWN_SKU"
    with pytest.raises(KeelError):
        play(case, "replay", company.olga)
    case.refresh_from_db()
    assert (case.state, Order.objects.count(), InboxMessage.objects.get().state) == ("OPEN", 0, "DEAD")
    jug(company)
    assert "orders.Order:" in play(case, "replay", company.olga)
    assert (case.state, Order.objects.count(), InboxMessage.objects.get().state) == ("RESOLVED", 1, "DONE")
    with pytest.raises(Conflict):
        play(case, "replay", company.olga)
    assert Order.objects.count() == 1
    assert StateChange.objects.filter(document_type="core.ExceptionCase", to_state="RESOLVED").count() == 1


def test_dead_work_is_tried_again(company: Company) -> None:
    job = job_enqueue(kind="core.exception_wake", key="x", actor=company.system)
    execute("UPDATE core_job SET state = 'DEAD', error = 'broken', attempts = 5 WHERE id = %s", [job.pk])
    dead_open("job", [job.pk], actor=company.system, at=NOW)
    case = ExceptionCase.objects.get()
    assert case.cause == "work:core.exception_wake"
    with pytest.raises(PermissionRefused):
        play(case, "retry", company.fay)
    play(case, "retry", company.olga)
    assert (case.state, case.resolution, Job.objects.get(pk=job.pk).state) == (
        "RESOLVED",
        "core.work_retry",
        "PENDING",
    )


def test_a_late_order_is_served_first_and_the_case_stays_quiet(company: Company) -> None:
    order = order_in(company, (company.mug, 3))
    after = order.ship_by + timedelta(minutes=1)
    order_flag_late(actor=company.system, at=after)
    case = ExceptionCase.objects.get(kind="ORDER_LATE")
    assert case.cause == "sku:MUG"
    stock_in(company, company.mug, 2)
    assert "2 units promised now, 1 still short" in play(case, "expedite", company.olga)
    order.refresh_from_db()
    assert (case.state, case.resolution, order.priority) == ("RESOLVED", "orders.order_expedite", 100)
    assert Note.objects.get(document_type="orders.Order").body == "Served first: priority 0 → 100."
    assert_proven()


def test_an_order_near_its_time_is_at_risk_until_it_is_released(company: Company) -> None:
    order = order_in(company, (company.mug, 3))
    soon = order.ship_by - timedelta(hours=2)
    assert order_flag_at_risk(actor=company.system, at=order.ship_by - timedelta(hours=7)) == 0
    assert order_flag_at_risk(actor=company.system, at=soon) == 1
    assert ExceptionCase.objects.get(kind="SLA_RISK").cause == "sku:MUG"
    goods_in(company, company.mug, 20)
    released(company, (company.mug, 1))
    assert order_flag_at_risk(actor=company.system, at=soon) == 1  # the released one is on its way
    assert order_flag_at_risk(actor=company.system, at=order.ship_by + timedelta(minutes=1)) == 0


def test_a_promise_nobody_takes_up_is_decided_anew(company: Company) -> None:
    stock_in(company, company.mug, 5)
    order = promised(company, (company.mug, 4))
    assert promise_flag_unfulfilled(actor=company.system, at=NOW + timedelta(hours=47)) == 0
    assert promise_flag_unfulfilled(actor=company.system, at=NOW + timedelta(hours=49)) == 1
    case = ExceptionCase.objects.get()
    assert (case.cause, case.money_at_risk) == ("node:NORTH", 40)
    assert "4 units promised now" in play(case, "reallocate", company.olga, reason="stuck")
    assert case.resolution == "orders.order_reallocate"
    assert order.decisions.count() == 2
    assert_proven()


def test_what_a_bin_lacks_is_served_from_elsewhere_and_written_off(company: Company) -> None:
    goods_in(company, company.mug, 5)
    released(company, (company.mug, 4))
    pick_short(task_id=PickTask.objects.get().pk, quantity_found=1, reason="few", actor=company.pia, at=NOW)
    case = ExceptionCase.objects.get(kind="SHORT_PICK")
    stock_in(company, company.mug, 9, node=company.south)
    assert "3 units promised from elsewhere" in play(case, "reallocate", company.olga)
    assert case.state == "OPEN"  # the bin still has to be counted
    play(case, "write_off", company.pia, reason="counted twice")
    assert (case.state, case.resolution, case.reason) == (
        "RESOLVED",
        "inventory.adjustment_submit",
        "counted twice",
    )
    assert_proven()


def test_the_rest_of_a_transfer_is_written_off(company: Company) -> None:
    stock_in(company, company.mug, 10, unit_cost=4)
    transfer = create(company)
    transfer_ship(transfer_id=transfer.pk, actor=company.pia, at=NOW)
    receive(company, transfer, 4)
    case = ExceptionCase.objects.get()
    with pytest.raises(InvalidInput):
        play(case, "write_off", company.pia, reason=" ")
    play(case, "write_off", company.pia, reason="lost")
    transfer.refresh_from_db()
    assert (case.state, transfer.state) == ("RESOLVED", "RECEIVED")
    assert_proven()


def test_a_late_purchase_order_gets_another_day(shop: Company, buy: Buy) -> None:  # noqa: F811
    order = buy(10)
    purchase_order_flag_late(actor=shop.system, at=NOW + timedelta(days=8))
    case = ExceptionCase.objects.get(kind="RECEIPT_LATE")
    assert case.cause == "supplier:ACME"
    for bad in ("", "soon", (TODAY - timedelta(days=1)).isoformat()):
        with pytest.raises(InvalidInput):
            play(case, "redate", shop.ben, expected_date=bad, reason="x")
    day = TODAY + timedelta(days=20)
    play(case, "redate", shop.ben, expected_date=day.isoformat(), reason="Ship is late")
    order.refresh_from_db()
    assert (case.state, case.resolution, order.expected_date) == (
        "RESOLVED",
        "procurement.purchase_order_redate",
        day,
    )


def test_a_bill_for_more_than_arrived_stays_disputed_whatever_the_button(shop: Company, buy: Buy) -> None:  # noqa: F811
    order = buy(100)
    _receive(shop, order, 60)
    line = order.lines.get()
    bill = supplier_invoice_record(
        purchase_order_id=order.pk, supplier_reference="B1", invoice_date=TODAY, lines=[BilledLine(line.pk, 61, line.unit_cost)],
        actor=shop.ada, at=NOW,
    )  # fmt: skip
    supplier_invoice_match(invoice_id=bill.pk, actor=shop.ada, at=NOW)
    case = ExceptionCase.objects.get(kind="INVOICE_MISMATCH")
    with pytest.raises(Conflict):
        play(case, "approve", shop.fay, reason="fine")
    case.refresh_from_db()
    bill.refresh_from_db()
    assert (case.state, bill.state, bill.variance_reason) == ("OPEN", "DISPUTED", "")


def test_a_canary_is_sent_and_the_case_waits_for_its_answer(
    company: Company, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr("erp.core.services.canary.wake", lambda *given: sent.append(given))
    canary_send(queues=["default"], at=NOW)
    pk = exception_open(
        kind="QUEUE_STALE",
        subject_type="core.Canary",
        subject_id="default",
        title="stale",
        actor=company.system,
        at=NOW,
    )
    case = ExceptionCase.objects.get(pk=pk)
    with django_capture_on_commit_callbacks(execute=True):
        play(case, "canary", company.olga)
    assert len(sent) == 2
    assert case.state == "OPEN"
    assert Note.objects.get(document_id=pk).body.startswith("Send a canary:")


def test_a_proof_that_still_fails_keeps_its_case(company: Company) -> None:
    stock_in(company, company.mug, 3)
    pk = exception_open(
        kind="VERIFY_FAILED", subject_type="core.VerifyRun", subject_id="latest", title="broken",
        detail={"failed": ["i03 levels: 1", "i04 x: 1", "i05 x: 1"]}, actor=company.system, at=NOW,
    )  # fmt: skip
    case = ExceptionCase.objects.get(pk=pk)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_stocklevel SET quantity = quantity + 1")
    case.detail = {}
    case.save(update_fields=["detail"])
    with pytest.raises(Conflict):
        play(case, "prove", company.olga)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_stocklevel SET quantity = quantity - 1")
    assert "all of it holds now" in play(case, "prove", company.olga)
    assert (case.state, case.resolution) == ("RESOLVED", "core.prove")


def test_the_page_offers_the_button_does_it_once_and_shows_a_refusal(
    client: Client, company: Company
) -> None:
    order = order_in(company, (company.mug, 3))
    order_flag_late(actor=company.system, at=order.ship_by + timedelta(minutes=1))
    case = ExceptionCase.objects.get()
    url = f"/exceptions/{case.pk}/play/expedite/"
    client.force_login(company.fay)
    assert url not in client.get(f"/exceptions/{case.pk}/").content.decode()
    assert client.post(url).status_code == 403
    client.force_login(company.olga)
    assert url in client.get(f"/exceptions/{case.pk}/").content.decode()
    assert "Serve it first: Served first" in client.post(url, follow=True).content.decode()
    again = client.post(url, follow=True).content.decode()
    assert "settled already, by orders.order_expedite" in again
    assert Note.objects.filter(document_type="orders.Order").count() == 1


def test_a_group_gets_its_usual_step_row_by_row(client: Client, company: Company) -> None:
    orders = [order_in(company, (company.mug, 1)) for _ in range(2)]
    order_flag_late(actor=company.system, at=orders[0].ship_by + timedelta(minutes=1))
    exception_open(
        kind="ORDER_CONFLICT",
        subject_type="core.InboxMessage",
        subject_id="9",
        title="conflict",
        actor=company.system,
        at=NOW,
    )
    client.force_login(company.olga)
    seen = client.post("/exceptions/", {"stage": "preview", "action": "play", "all": "1"}).content.decode()
    assert "2 × Order past its ship-by time: “Serve it first” is done for each." in seen
    ids = ",".join(str(pk) for pk in ExceptionCase.objects.values_list("pk", flat=True))
    done = client.post("/exceptions/", {"stage": "run", "action": "play", "ids": ids}).content.decode()
    assert "2 done" in done and "1 refused" in done
    assert Order.objects.filter(priority=100).count() == 2
    assert list(ExceptionCase.objects.filter(state="OPEN").values_list("kind", flat=True)) == [
        "ORDER_CONFLICT"
    ]
