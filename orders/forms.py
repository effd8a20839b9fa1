"""Which forms do people fill in on the order side?"""

from __future__ import annotations

from django import forms

from erp.core.money import EXPONENTS
from orders.models import Channel, Customer
from orders.models.notice import LANGUAGES


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
    language = forms.ChoiceField(
        choices=[("", "As the channel"), *LANGUAGES], required=False, help_text="Of the e-mails to them."
    )
    is_blocked = forms.BooleanField(required=False, label="Blocked: new orders are held")
