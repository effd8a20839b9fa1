"""What did the supplier bill, does it match what arrived, and is it paid?"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from procurement.states import SUPPLIER_INVOICE, SupplierInvoiceState


class SupplierInvoice(models.Model):
    MACHINE = SUPPLIER_INVOICE

    number = models.CharField(max_length=20, unique=True)
    supplier = models.ForeignKey("procurement.Supplier", on_delete=models.PROTECT, related_name="invoices")
    supplier_reference = models.CharField(max_length=60)
    purchase_order = models.ForeignKey(
        "procurement.PurchaseOrder", on_delete=models.PROTECT, related_name="invoices"
    )
    state = models.CharField(
        max_length=20, choices=SupplierInvoiceState, default=SupplierInvoiceState.RECEIVED
    )
    currency = models.CharField(max_length=3)
    total = models.DecimalField(max_digits=19, decimal_places=4)
    invoice_date = models.DateField()
    due_date = models.DateField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    variance_approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    variance_reason = models.CharField(max_length=300, blank=True)
    posted_base = models.DecimalField(
        max_digits=19, decimal_places=4, default=0, help_text="What PAYABLE was credited, base currency."
    )
    matched_at = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "supplier_reference"], name="supplierinvoice_reference"
            ),
            models.CheckConstraint(name="supplierinvoice_total", condition=Q(total__gt=0)),
            models.CheckConstraint(
                name="supplierinvoice_four_eyes",
                condition=Q(variance_approved_by__isnull=True)
                | ~Q(variance_approved_by=F("created_by")) & ~Q(variance_reason=""),
            ),
            models.CheckConstraint(
                name="supplierinvoice_posted_when_matched",
                condition=~Q(state__in=["MATCHED", "PAID"]) | Q(matched_at__isnull=False, posted_base__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class SupplierInvoiceLine(models.Model):
    invoice = models.ForeignKey(SupplierInvoice, on_delete=models.PROTECT, related_name="lines")
    purchase_order_line = models.ForeignKey(
        "procurement.PurchaseOrderLine", on_delete=models.PROTECT, related_name="invoice_lines"
    )
    quantity = models.BigIntegerField()
    unit_cost = models.DecimalField(max_digits=19, decimal_places=4)
    amount = models.DecimalField(max_digits=19, decimal_places=4)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="supplierinvoiceline_quantity", condition=Q(quantity__gt=0, amount__gte=0)
            )
        ]

    def __str__(self) -> str:
        return f"line #{self.pk} of supplier invoice {self.invoice_id}"
