"""Which of purchasing's lists are somebody's work?"""

from __future__ import annotations

from django.utils import timezone

from erp.core.pages import Queue, register_queue
from erp.core.roles import Role
from procurement.models import PurchaseOrder, SupplierInvoice
from procurement.selectors import open_suggestions
from procurement.states import PurchaseOrderState as S
from procurement.states import SupplierInvoiceState as V

register_queue(
    Queue(
        "procurement.suggestions", "Products to order", "procurement:replenishment_list", icon="lightbulb",
        count=lambda user: open_suggestions().count(), roles=frozenset({Role.PROCUREMENT}),
    )
)  # fmt: skip
register_queue(
    Queue(
        "procurement.drafts", "Draft purchase orders", "procurement:purchase_order_list", query="state=DRAFT",
        icon="clipboard-list", count=lambda user: PurchaseOrder.objects.filter(state=S.DRAFT).count(),
        roles=frozenset({Role.PROCUREMENT}),
    )
)  # fmt: skip
register_queue(
    Queue(
        "procurement.send", "Orders to send", "procurement:purchase_order_list", query="state=APPROVED", icon="send",
        count=lambda user: PurchaseOrder.objects.filter(state=S.APPROVED).count(),
        roles=frozenset({Role.PROCUREMENT}),
    )
)  # fmt: skip
register_queue(
    Queue(
        "procurement.receive", "Deliveries to receive", "procurement:purchase_order_list", query="state=SENT",
        icon="package-open",
        count=lambda user: PurchaseOrder.objects.filter(state=S.SENT, expected_date__lte=timezone.localdate()).count(),
        overdue=lambda user: PurchaseOrder.objects.filter(state=S.SENT, expected_date__lt=timezone.localdate()).count(),
        roles=frozenset({Role.WAREHOUSE, Role.PROCUREMENT}),
    )
)  # fmt: skip
register_queue(
    Queue(
        "procurement.bills", "Bills to match", "procurement:supplier_invoice_list", query="state=RECEIVED&state=DISPUTED",
        icon="scale",
        count=lambda user: SupplierInvoice.objects.filter(state__in=[V.RECEIVED, V.DISPUTED]).count(),
        roles=frozenset({Role.FINANCE}),
    )
)  # fmt: skip
register_queue(
    Queue(
        "procurement.payments", "Bills to pay", "procurement:supplier_invoice_list", query="state=MATCHED", icon="banknote",
        count=lambda user: SupplierInvoice.objects.filter(state=V.MATCHED).count(),
        overdue=lambda user: SupplierInvoice.objects.filter(state=V.MATCHED, due_date__lt=timezone.localdate()).count(),
        roles=frozenset({Role.FINANCE}),
    )
)  # fmt: skip
