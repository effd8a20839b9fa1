"""A month of buying: demand runs mugs low, the rule orders, Acme delivers in two goes and bills a little more, Fay pays."""

from datetime import timedelta
from decimal import Decimal as D

from erp.core.models import ExceptionCase, OutboxMessage
from inventory.models import BinStock
from ledger.models import Period
from procurement.models import ReplenishmentDecision
from procurement.selectors import grni_ageing
from procurement.services import (
    BilledLine,
    PurchaseLine,
    ReceivedLine,
    goods_receive,
    purchase_order_approve,
    purchase_order_close,
    purchase_order_edit,
    purchase_order_send,
    purchase_order_submit,
    replenishment_run,
    supplier_invoice_match,
    supplier_invoice_pay,
    supplier_invoice_record,
)
from procurement.tie_outs import grni_tie_out, payable_tie_out
from tests.cast import NOW, TODAY, Company, assert_proven, company  # noqa: F401 — the fixture
from tests.procurement.conftest import shop  # noqa: F401 — the fixture
from tests.procurement.test_replenishment import sold  # noqa: F401 — the fixture
from tests.scenarios.trial import books, units


def test_buy_receive_match_pay(sold: Company) -> None:  # noqa: F811
    keel, later = sold, NOW + timedelta(days=7)
    # 4 mugs a day, seven days of lead time, nothing there: 28 + 28 units, in packs of ten
    run = replenishment_run(node_id=keel.north.pk, run_date=TODAY, actor=keel.ben, at=NOW)
    decision = ReplenishmentDecision.objects.get()
    assert (decision.reorder_point, decision.position, decision.quantity) == (28, 0, 60)
    (order_id,) = run.purchase_order_ids

    # Ben raises it by hand to 300, which is above the threshold: Fay looks at it
    purchase_order_edit(
        purchase_order_id=order_id, lines=[PurchaseLine(keel.mug.pk, 300)], actor=keel.ben, at=NOW
    )
    order = purchase_order_submit(purchase_order_id=order_id, actor=keel.ben, at=NOW)
    assert order.state == "PENDING_APPROVAL"
    order = purchase_order_approve(purchase_order_id=order_id, actor=keel.fay, at=NOW)
    order = purchase_order_send(purchase_order_id=order_id, actor=keel.ben, at=NOW)
    assert OutboxMessage.objects.get(subject_id=order_id).payload["to"] == "sales@acme.example.com"

    # 180 come first, then the rest; Pia names no bin
    line = order.lines.get()
    assert line.decision == decision
    goods_receive(purchase_order_id=order_id, lines=[ReceivedLine(line.pk, 180)], actor=keel.pia, at=later)
    assert ExceptionCase.objects.get(kind="RECEIPT_VARIANCE").detail["short"] == {"MUG": 120}
    goods_receive(purchase_order_id=order_id, lines=[ReceivedLine(line.pk, 120)], actor=keel.pia, at=later)
    assert ExceptionCase.objects.get(kind="RECEIPT_VARIANCE").state == "RESOLVED"
    assert BinStock.objects.get(product=keel.mug).quantity == 300
    assert books() == {"INVENTORY": D("1200"), "GRNI": D("-1200")}
    assert [(row.quantity, row.value) for row in grni_ageing(on=later.date())] == [
        (180, D("720")),
        (120, D("480")),
    ]

    # the bill is 2 % higher, which is just within tolerance
    bill = supplier_invoice_record(
        purchase_order_id=order_id, supplier_reference="ACME-77", invoice_date=later.date(),
        lines=[BilledLine(line.pk, 300, D("4.08"))], actor=keel.fay, at=later,
    )  # fmt: skip
    assert supplier_invoice_match(invoice_id=bill.pk, actor=keel.fay, at=later).state == "MATCHED"
    assert books() == {"INVENTORY": D("1200"), "PPV": D("24"), "PAYABLE": D("-1224")}
    due = later + timedelta(days=30)
    supplier_invoice_pay(invoice_id=bill.pk, actor=keel.fay, at=due)
    order = purchase_order_close(purchase_order_id=order_id, actor=keel.ben, at=due)
    assert order.state == "CLOSED"

    assert units(keel.mug) == {"SUPPLIER": -300, "AVAILABLE": 300}
    assert books() == {"INVENTORY": D("1200"), "PPV": D("24"), "CASH": D("-1224")}
    for code in ("2026-03", "2026-04"):
        period = Period.objects.get(code=code)
        assert grni_tie_out(period).agree and payable_tie_out(period).agree
    assert_proven("i02", "i03", "i14", "i23", "i24", "i25", "i27", "i29", "i33", "i35", "i36", "i46")
