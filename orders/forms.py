"""Which forms do people fill in on the order side?"""

from __future__ import annotations

from django import forms

from erp.core.forms import DateInput
from erp.core.money import EXPONENTS
from orders.models import Channel, Customer

CURRENCIES = [(code, code) for code in sorted(EXPONENTS)]


class OrderForm(forms.Form):
    """The head of a manual order; its lines are rows of `sku`, `quantity`, `unit_price` beside it."""

    channel = forms.ModelChoiceField(
        Channel.objects.filter(is_active=True).order_by("code"), to_field_name="code"
    )
    external_id = forms.CharField(
        max_length=80, label="Reference", help_text="The customer's own order number."
    )
    customer_number = forms.CharField(max_length=40, required=False)
    currency = forms.ChoiceField(choices=[(code, code) for code in sorted(EXPONENTS)], initial="GBP")
    email = forms.EmailField(required=False)
    ship_to_name = forms.CharField(max_length=120, label="Ship to")
    ship_to_line1 = forms.CharField(max_length=160, label="Street")
    ship_to_city = forms.CharField(max_length=80, label="City")
    ship_to_postcode = forms.CharField(max_length=20, label="Postcode", required=False)
    ship_to_country = forms.CharField(max_length=2, label="Country", initial="GB", help_text="Two letters.")
    shipping = forms.DecimalField(
        max_digits=12, decimal_places=2, min_value=0, required=False, label="Shipping charge"
    )
    ships_complete = forms.BooleanField(required=False, label="Ship complete only")

    def clean_customer_number(self) -> str:
        """Nobody means a guest by mistyping a number: an order without its customer skips the credit check."""
        number: str = self.cleaned_data["customer_number"]
        if number and not Customer.objects.filter(number=number).exists():
            raise forms.ValidationError("There is no customer with that number. Leave it blank for a guest.")
        return number


class ImportForm(forms.Form):
    channel = forms.ModelChoiceField(
        Channel.objects.filter(is_active=True).order_by("code"), to_field_name="code"
    )
    file = forms.FileField(help_text="CSV, UTF-8, one row per order line.")


class CustomerForm(forms.Form):
    number = forms.CharField(max_length=40)
    name = forms.CharField(max_length=120)
    email = forms.EmailField(required=False)
    segment = forms.ChoiceField(choices=Customer.SEGMENTS)
    credit_limit = forms.DecimalField(max_digits=19, decimal_places=2, min_value=0, required=False)
    line1 = forms.CharField(max_length=160, required=False, label="Street")
    city = forms.CharField(max_length=80, required=False)
    postcode = forms.CharField(max_length=20, required=False)
    country = forms.CharField(max_length=2, required=False, help_text="Two letters.")
    verified_age = forms.IntegerField(
        min_value=0, max_value=120, required=False, help_text="At least this old, as somebody has checked."
    )
    is_blocked = forms.BooleanField(required=False, label="Blocked: new orders are held")


class CreditForm(forms.Form):
    limit = forms.DecimalField(
        max_digits=15,
        decimal_places=2,
        min_value=0,
        required=False,
        help_text="Base currency; blank = unlimited.",
    )
    payment_days = forms.IntegerField(min_value=0, max_value=365, help_text="Days from shipment to overdue.")
    reason = forms.CharField(max_length=300, widget=forms.Textarea(attrs={"rows": 2}), label="Why")


class AddressForm(forms.Form):
    ship_to_name = forms.CharField(max_length=120, label="Ship to")
    ship_to_line1 = forms.CharField(max_length=160, label="Street")
    ship_to_city = forms.CharField(max_length=80, label="City", required=False)
    ship_to_postcode = forms.CharField(max_length=20, label="Postcode", required=False)
    ship_to_country = forms.CharField(max_length=2, min_length=2, label="Country", help_text="Two letters.")
    reason = forms.CharField(max_length=300, label="Why", help_text="Who gave you the address, for instance.")


class PriceListForm(forms.Form):
    code = forms.CharField(max_length=40, help_text="Such as TRADE-26.")
    name = forms.CharField(max_length=120)
    currency = forms.ChoiceField(choices=CURRENCIES, initial="GBP")
    valid_from = forms.DateField(required=False, widget=DateInput(), help_text="Blank = always.")
    valid_to = forms.DateField(required=False, widget=DateInput(), help_text="Blank = until further notice.")
    is_active = forms.BooleanField(required=False, initial=True, label="In force")


class EntryForm(forms.Form):
    sku = forms.CharField(max_length=40, label="SKU", help_text="Our own.")
    price = forms.DecimalField(
        max_digits=13, decimal_places=4, min_value=0, help_text="Per unit, without tax."
    )
    minimum_quantity = forms.IntegerField(
        min_value=1, max_value=1_000_000, initial=1, label="From units of a line"
    )
    valid_from = forms.DateField(required=False, widget=DateInput(), help_text="Blank = always.")
    valid_to = forms.DateField(required=False, widget=DateInput(), help_text="Blank = until further notice.")


class ContractPriceForm(EntryForm):
    customer = forms.CharField(max_length=40, label="Customer number")
    currency = forms.ChoiceField(choices=CURRENCIES, initial="GBP")
    field_order = ("customer", "sku", "currency", "price", "minimum_quantity", "valid_from", "valid_to")


class AssignmentForm(forms.Form):
    customer = forms.CharField(max_length=40, required=False, label="Customer number")
    segment = forms.ChoiceField(choices=[("", "—"), *Customer.SEGMENTS], required=False)
    channel = forms.ModelChoiceField(Channel.objects.filter(is_active=True).order_by("code"), required=False)


class PriceFileForm(forms.Form):
    file = forms.FileField(help_text="CSV, UTF-8, one price per row.")
