"""Answers: does an import that is killed in the middle of a chunk go on without a duplicate and without a gap?"""

from __future__ import annotations

import io
import os
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from erp.core.imports.target import target_of
from erp.core.models import ImportRow, ImportRun, Job
from erp.core.services.import_run import (
    ImportDraft,
    import_check,
    import_commit,
    import_continue,
    import_map,
    import_upload,
)
from erp.core.services.work import work_cancel
from erp.core.services.work_run import work_run
from orders.imports.order import OrderTarget
from orders.models import Order
from tests.cast import company_create
from tests.imports.desk import AT, ORDER_OPTIONS, order_lines

ORDERS = int(os.environ.get("KEEL_IMPORT_ORDERS", "60"))
pytestmark = pytest.mark.django_db(transaction=True)


def _run(run: ImportRun) -> Job:
    run.refresh_from_db()
    Job.objects.filter(pk=run.job_id).update(next_at=timezone.now() - timedelta(seconds=5))
    work_run(table="job", row_id=run.job_id, at=timezone.now())
    run.refresh_from_db()
    return Job.objects.get(pk=run.job_id)


def test_a_killed_import_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    company = company_create()
    monkeypatch.setattr(OrderTarget, "batch", 10)
    content = b"".join(order_lines(ORDERS, lines=2))
    draft = ImportDraft("orders", io.BytesIO(content), "big.csv", ORDER_OPTIONS)
    run, _ = import_upload(draft, actor=company.cora, at=AT)
    import_map(run_id=run.pk, mapping=run.mapping, actor=company.cora, at=AT)
    import_check(run_id=run.pk, actor=company.cora, at=AT)
    job = _run(run)
    assert (job.state, run.state, run.count_new, Order.objects.count()) == ("DONE", "CHECKED", ORDERS, 0)
    import_commit(run_id=run.pk, actor=company.cora, at=AT)
    write = OrderTarget.write

    def dying(self: OrderTarget, plans: Any, scope: Any) -> None:
        write(self, plans, scope)
        if Order.objects.count() > ORDERS // 2:
            raise RuntimeError("the worker was shot")

    monkeypatch.setattr(OrderTarget, "write", dying)
    job = _run(run)
    written = Order.objects.count()
    assert (job.state, run.state) == ("FAILED", "IMPORTING")
    assert 0 < written < ORDERS
    assert (run.items_done, run.count_new, ImportRow.objects.filter(run=run, is_trial=False).count()) == (
        written,
    ) * 3
    monkeypatch.setattr(OrderTarget, "write", write)
    job = _run(run)
    assert (job.state, run.state, run.count_new, run.items_done) == ("DONE", "IMPORTED", ORDERS, ORDERS)
    assert (job.percent, job.units_done, job.units_total) == (100, ORDERS, ORDERS)
    assert set(Order.objects.values_list("external_id", flat=True)) == {f"G-{n}" for n in range(ORDERS)}
    assert Order.objects.count() == ORDERS


def test_a_stopped_import_keeps_what_it_wrote_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    company = company_create()
    monkeypatch.setattr(OrderTarget, "batch", 10)
    monkeypatch.setattr("erp.core.services.progress.WRITE_EVERY_SECONDS", 0)
    draft = ImportDraft("orders", io.BytesIO(b"".join(order_lines(30))), "big.csv", ORDER_OPTIONS)
    run, _ = import_upload(draft, actor=company.cora, at=AT)
    import_map(run_id=run.pk, mapping=run.mapping, actor=company.cora, at=AT)
    import_commit(run_id=run.pk, actor=company.cora, at=AT)
    write = OrderTarget.write

    def stopping(self: OrderTarget, plans: Any, scope: Any) -> None:
        run.refresh_from_db()
        Job.objects.filter(pk=run.job_id).update(cancel_requested=True)
        write(self, plans, scope)

    monkeypatch.setattr(OrderTarget, "write", stopping)
    assert _run(run).state == "CANCELLED"
    assert (run.state, run.items_done, Order.objects.count()) == ("IMPORTING", 10, 10)
    monkeypatch.setattr(OrderTarget, "write", write)
    import_continue(run_id=run.pk, actor=company.cora, at=AT)
    assert _run(run).state == "DONE"
    assert (run.state, Order.objects.count(), run.count_new) == ("IMPORTED", 30, 30)
    import_file_is_known(company, run)


def import_file_is_known(company: Any, run: ImportRun) -> None:
    with pytest.raises(Exception, match=f"import #{run.pk}"):
        import_upload(
            ImportDraft("orders", io.BytesIO(b"".join(order_lines(30))), "b.csv", ORDER_OPTIONS), actor=company.cora, at=AT
        )  # fmt: skip


def test_the_command_does_the_same(tmp_path: Any) -> None:
    company_create()
    path = tmp_path / "orders.csv"
    path.write_bytes(b"".join(order_lines(12)) + next(order_lines(0)).replace(b"external_id", b"G-X"))
    out, err = io.StringIO(), io.StringIO()
    given = {"option": ["channel=wholesale"], "stdout": out, "stderr": err}
    with pytest.raises(SystemExit):
        call_command("import_file", "orders", str(path), dry_run=True, **given)
    assert "12 new" in out.getvalue()
    assert "row 14 quantity" in err.getvalue()
    assert Order.objects.count() == 0
    with pytest.raises(SystemExit):
        call_command("import_file", "orders", str(path), **given)
    assert Order.objects.count() == 12
    with pytest.raises(CommandError, match="was imported"):
        call_command("import_file", "orders", str(path), **given)
    assert Order.objects.count() == 12
    assert target_of("orders").label == "Orders"


def test_a_job_that_waits_can_be_cancelled_before_it_starts() -> None:
    company = company_create()
    draft = ImportDraft("orders", io.BytesIO(b"".join(order_lines(3))), "s.csv", ORDER_OPTIONS)
    run, _ = import_upload(draft, actor=company.cora, at=AT)
    import_map(run_id=run.pk, mapping=run.mapping, actor=company.cora, at=AT)
    run = import_commit(run_id=run.pk, actor=company.cora, at=AT)
    work_cancel(table="job", row_id=run.job_id, actor=company.cora, at=AT)
    import_continue(run_id=run.pk, actor=company.cora, at=AT)
    assert (_run(run).state, run.state, Order.objects.count()) == ("DONE", "IMPORTED", 3)
