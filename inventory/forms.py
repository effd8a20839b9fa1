"""Which forms does the stock side have? They check types; what may be is the services' to say."""

from __future__ import annotations

from typing import Any

from django import forms
from mptt.forms import TreeNodeChoiceField

from erp.core.forms import DateInput
from inventory.models import Category, Location, Lot, Node, Product, UnitOfMeasure
from inventory.states import AdjustmentReason, StockStatus
from ledger.models import ValuationMethod

CONDITION_CHOICES = [
    (status.value, status.label)
    for status in (StockStatus.AVAILABLE, StockStatus.QUARANTINE, StockStatus.DAMAGED)
]


def _active_nodes() -> Any:
    return Node.objects.filter(is_active=True).exclude(kind=Node.DROPSHIP).order_by("rank", "code")


class ProductForm(forms.Form):
    sku = forms.CharField(label="SKU", max_length=40)
    name = forms.CharField(max_length=200)
    category = TreeNodeChoiceField(queryset=Category.objects.none())
    unit = forms.ModelChoiceField(
        queryset=UnitOfMeasure.objects.none(), label="Base unit", help_text="Stock is counted in it."
    )
    gtin = forms.CharField(
        label="GTIN", max_length=14, required=False, help_text="The barcode of one base unit."
    )
    is_in_house_gtin = forms.BooleanField(
        required=False,
        label="In-house number",
        help_text="A barcode of our own, for use in this company only.",
    )
    list_price = forms.DecimalField(max_digits=16, decimal_places=4, min_value=0, initial=0)
    weight_grams = forms.IntegerField(min_value=0, max_value=2_000_000_000, initial=0, label="Weight, grams")
    is_lot_tracked = forms.BooleanField(
        required=False, label="Tracked by lot", help_text="Fixed once stock has moved."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].queryset = Category.objects.order_by("tree_id", "lft")  # type: ignore[attr-defined]
        self.fields["unit"].queryset = UnitOfMeasure.objects.order_by("code")  # type: ignore[attr-defined]


class CategoryForm(forms.Form):
    code = forms.CharField(max_length=40)
    name = forms.CharField(max_length=120)
    parent = TreeNodeChoiceField(queryset=Category.objects.none(), required=False, label="Within")
    valuation_method = forms.ChoiceField(choices=ValuationMethod.choices, label="Valued by")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = Category.objects.order_by("tree_id", "lft")  # type: ignore[attr-defined]


class NodeForm(forms.Form):
    code = forms.CharField(max_length=20)
    name = forms.CharField(max_length=80)
    kind = forms.ChoiceField(choices=Node.KINDS)
    country = forms.CharField(max_length=2, min_length=2, help_text="Two letters, such as GB.")
    latitude = forms.DecimalField(max_digits=9, decimal_places=6, min_value=-90, max_value=90, initial=0)
    longitude = forms.DecimalField(max_digits=9, decimal_places=6, min_value=-180, max_value=180, initial=0)
    rank = forms.IntegerField(min_value=0, max_value=32767, initial=100, help_text="Lower is preferred.")
    handling_cost = forms.DecimalField(
        max_digits=9, decimal_places=4, min_value=0, initial=0, label="Handling cost per order"
    )
    can_ship = forms.BooleanField(required=False, initial=True)
    is_active = forms.BooleanField(required=False, initial=True)


class LocationsForm(forms.Form):
    """Many places at once: one code per line."""

    kind = forms.ChoiceField(choices=Location.KINDS, initial="BIN")
    parent = forms.CharField(
        max_length=40, required=False, label="Within", help_text="Code of the zone or aisle, if any."
    )
    codes = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 6}), help_text="One code per line, in walking order."
    )
    first_walk_order = forms.IntegerField(
        min_value=0, initial=1, help_text="The picker's order of the first one."
    )
    is_pickable = forms.BooleanField(required=False, initial=True)


class LocationForm(forms.Form):
    walk_order = forms.IntegerField(min_value=0, max_value=2**31 - 1)
    is_pickable = forms.BooleanField(required=False)
    is_active = forms.BooleanField(required=False)


class LotForm(forms.Form):
    sku = forms.CharField(label="SKU", max_length=40)
    code = forms.CharField(max_length=40, label="Lot")
    expiry_date = forms.DateField(required=False, widget=DateInput(), label="Expires")


class BufferForm(forms.Form):
    node = forms.ModelChoiceField(queryset=Node.objects.none())
    sku = forms.CharField(
        label="SKU", max_length=40, required=False, help_text="Blank: every product of the node."
    )
    channel_code = forms.CharField(
        max_length=40, required=False, label="Channel", help_text="Blank: every channel."
    )
    quantity = forms.IntegerField(min_value=0, max_value=2**31 - 1, label="Units kept back")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["node"].queryset = _active_nodes()  # type: ignore[attr-defined]


class TransferForm(forms.Form):
    from_node = forms.ModelChoiceField(queryset=Node.objects.none(), label="From")
    to_node = forms.ModelChoiceField(queryset=Node.objects.none(), label="To")
    expected_date = forms.DateField(required=False, widget=DateInput(), label="Expected")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("from_node", "to_node"):
            self.fields[name].queryset = _active_nodes()  # type: ignore[attr-defined]


class AdjustmentForm(forms.Form):
    node = forms.ModelChoiceField(queryset=Node.objects.none())
    reason = forms.ChoiceField(choices=AdjustmentReason.choices)
    note = forms.CharField(max_length=200, required=False)
    is_draft = forms.BooleanField(required=False, label="Keep it as a draft")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["node"].queryset = _active_nodes()  # type: ignore[attr-defined]


class StatusChangeForm(forms.Form):
    """Units of one product that turn out better or worse than thought, or lie in another bin."""

    node = forms.ModelChoiceField(queryset=Node.objects.none())
    quantity = forms.IntegerField(min_value=1, max_value=2**31 - 1, label="Units")
    from_status = forms.ChoiceField(choices=CONDITION_CHOICES, label="From")
    to_status = forms.ChoiceField(choices=CONDITION_CHOICES, label="To", initial=StockStatus.QUARANTINE)
    from_bin = forms.CharField(max_length=40, required=False, help_text="Where the node keeps bins.")
    to_bin = forms.CharField(max_length=40, required=False, help_text="Blank: the same bin.")
    lot = forms.ModelChoiceField(queryset=Lot.objects.none(), required=False)
    reason = forms.CharField(max_length=200, required=False)

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["node"].queryset = _active_nodes()  # type: ignore[attr-defined]
        if product.is_lot_tracked:
            self.fields["lot"].queryset = Lot.objects.filter(product=product).order_by("code")  # type: ignore[attr-defined]
        else:
            del self.fields["lot"]


class KitForm(forms.Form):
    """Why a kit changes; its components are rows of `sku` and `quantity` below it."""

    reason = forms.CharField(max_length=80, required=False, help_text="Kept in the product's history.")


class PackForm(forms.Form):
    unit = forms.ModelChoiceField(queryset=UnitOfMeasure.objects.none(), label="Pack")
    factor = forms.IntegerField(min_value=1, max_value=2**31 - 1, label="Base units in it")
    gtin = forms.CharField(label="GTIN of the pack", max_length=14, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = UnitOfMeasure.objects.order_by("code")  # type: ignore[attr-defined]
