"""Which forms does purchasing have? They check types; what may be is the services' to say."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings

from erp.core.forms import DateInput
from erp.core.money import EXPONENTS
from inventory.models import Node
from procurement.models import Supplier


class SupplierForm(forms.Form):
    code = forms.CharField(max_length=20)
    name = forms.CharField(max_length=120)
    email = forms.EmailField(required=False, label="E-mail", help_text="Purchase orders are sent here.")
    currency = forms.ChoiceField()
    rate = forms.DecimalField(required=False, max_digits=18, decimal_places=8, min_value=0)
    lead_time_days = forms.IntegerField(min_value=0, max_value=365, initial=7, label="Lead time, days")
    payment_days = forms.IntegerField(min_value=0, max_value=365, initial=30, label="Pays in, days")
    is_active = forms.BooleanField(required=False, initial=True, label="Active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        base = settings.KEEL_BASE_CURRENCY
        codes = [base, *sorted(set(EXPONENTS) - {base})]
        self.fields["currency"].choices = [(code, code) for code in codes]  # type: ignore[attr-defined]
        self.fields["rate"].help_text = f"{base} per unit of a foreign currency; empty for {base}."


class SupplierProductForm(forms.Form):
    sku = forms.CharField(label="SKU or barcode", max_length=40)
    unit_cost = forms.DecimalField(
        max_digits=16, decimal_places=4, min_value=0, label="Price per base unit, supplier's currency"
    )
    supplier_sku = forms.CharField(required=False, max_length=60, label="Their number")
    minimum_quantity = forms.IntegerField(min_value=1, max_value=1_000_000, initial=1, label="Order at least")
    pack_size = forms.IntegerField(min_value=1, max_value=1_000_000, initial=1, label="In packs of")
    rank = forms.IntegerField(
        min_value=1,
        max_value=30_000,
        required=False,
        help_text="1 is bought from; empty puts a new supplier last.",
    )
    is_dropship = forms.BooleanField(
        required=False, label="Drop-ships", help_text="Sends it straight to our customers when asked to."
    )


class PurchaseOrderForm(forms.Form):
    supplier = forms.ModelChoiceField(queryset=Supplier.objects.none())
    node = forms.ModelChoiceField(queryset=Node.objects.none(), label="Deliver to")
    expected_date = forms.DateField(
        required=False,
        widget=DateInput(),
        label="Expected",
        help_text="Empty: after the supplier's lead time.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["supplier"].queryset = Supplier.objects.filter(is_active=True).order_by("code")  # type: ignore[attr-defined]
        nodes = Node.objects.filter(is_active=True).exclude(kind=Node.DROPSHIP).order_by("rank", "code")
        self.fields["node"].queryset = nodes  # type: ignore[attr-defined]
        self.fields["supplier"].label_from_instance = lambda row: f"{row.code} {row.name}"  # type: ignore[attr-defined]


class PurchaseOrderEditForm(forms.Form):
    expected_date = forms.DateField(widget=DateInput(), label="Expected")


class SupplierInvoiceForm(forms.Form):
    supplier_reference = forms.CharField(max_length=60, label="Number on the bill")
    invoice_date = forms.DateField(widget=DateInput(), label="Date on the bill")


class EmptyForm(forms.Form):
    """A page whose fields are rows, read by the view."""
