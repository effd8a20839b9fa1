"""Which forms do people fill in on the order side?"""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse_lazy

from erp.core.forms import DateInput, DateTimeInput
from erp.core.money import EXPONENTS
from erp.core.roles import Role
from orders.models import Channel, Customer, Substitution
from orders.models.notice import LANGUAGES
from orders.services.cancel import cancel_reasons

CURRENCIES = [(code, code) for code in sorted(EXPONENTS)]


class OrderForm(forms.Form):
    """The head of a manual order; its lines are rows of `sku`, `quantity`, `unit_price` beside it."""

    channel = forms.ModelChoiceField(
        Channel.objects.filter(is_active=True).order_by("code"), to_field_name="code"
    )
    external_id = forms.CharField(
        max_length=80, label="Reference", help_text="The customer's own order number."
    )
    customer_number = forms.CharField(
        max_length=40, required=False, label="Customer", help_text="Number or name; blank for a guest.",
        widget=forms.TextInput(
            attrs={"list": "customer-options", "autocomplete": "off", "hx-get": reverse_lazy("orders:customer_suggest"),
                   "hx-trigger": "input changed delay:180ms", "hx-target": "#customer-options", "hx-sync": "this:replace"}
        ),
    )  # fmt: skip
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
    tax_rate = forms.DecimalField(
        max_digits=6, decimal_places=3, min_value=0, max_value=100, required=False, label="Tax, %",
        help_text="On every line; blank for none.",
    )  # fmt: skip
    ships_complete = forms.BooleanField(required=False, label="Ship complete only")

    def clean_customer_number(self) -> str:
        """Nobody means a guest by mistyping a number: an order without its customer skips the credit check."""
        number: str = self.cleaned_data["customer_number"]
        if number and not Customer.objects.filter(number=number).exists():
            raise forms.ValidationError("There is no customer with that number. Leave it blank for a guest.")
        return number


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
    ships_complete = forms.ChoiceField(
        choices=Customer.SHIPPING, required=False, label="Shipping", help_text="Set on each new order."
    )
    max_shipments = forms.IntegerField(min_value=1, max_value=99, required=False, label="Shipments at most")
    verified_age = forms.IntegerField(
        min_value=0, max_value=120, required=False, help_text="At least this old, as somebody has checked."
    )
    tier = forms.ChoiceField(
        choices=Customer.TIERS, required=False, help_text="Service tier; rules may depend on it."
    )
    is_blocked = forms.BooleanField(required=False, label="Blocked: new orders are held")

    def clean_tier(self) -> str:
        """Whoever leaves it out has the standard one."""
        return self.cleaned_data["tier"] or "STANDARD"

    def clean_ships_complete(self) -> str:
        """Whoever leaves it out has no wish."""
        return self.cleaned_data["ships_complete"] or "AS_ORDERED"


class OrderEditForm(forms.Form):
    """The head of an order and why it changes; its lines are rows beside it."""

    ship_by = forms.DateTimeField(widget=DateTimeInput(), label="Ship by")
    priority = forms.IntegerField(min_value=-100, max_value=100, help_text="Higher is served first.")
    ships_complete = forms.BooleanField(required=False, label="Ship complete only")
    max_shipments = forms.IntegerField(min_value=1, max_value=99, required=False, label="Shipments at most")
    email = forms.EmailField(required=False)
    warehouse_note = forms.CharField(
        max_length=500,
        required=False,
        label="Note to the warehouse",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    reason = forms.CharField(max_length=300, label="Why", help_text="Kept with the change.")


class OrderAddressForm(forms.Form):
    ship_to_name = forms.CharField(max_length=120, required=False, label="Name")
    ship_to_line1 = forms.CharField(max_length=160, required=False, label="Street")
    ship_to_city = forms.CharField(max_length=80, required=False, label="City")
    ship_to_postcode = forms.CharField(max_length=20, required=False, label="Postcode")
    ship_to_country = forms.CharField(max_length=2, required=False, label="Country", help_text="Two letters.")
    reason = forms.CharField(max_length=300, label="Why")

    def clean_ship_to_country(self) -> str:
        country: str = self.cleaned_data["ship_to_country"]
        return country.upper()


class OrderCancelForm(forms.Form):
    reason_code = forms.ChoiceField(label="Reason")
    remark = forms.CharField(max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", "Choose…"), *cancel_reasons().items()]
        self.fields["reason_code"].choices = choices  # type: ignore[attr-defined]


class SubstituteForm(forms.Form):
    """Which product comes instead of units of a line; the choices are the rules in force."""

    substitute = forms.TypedChoiceField(coerce=int)
    quantity = forms.IntegerField(min_value=1, label="Units to replace")
    agreed = forms.CharField(
        max_length=300,
        required=False,
        label="What the customer said",
        help_text="Needed where the rule asks for it.",
    )
    reason = forms.CharField(max_length=300, label="Why")


class SubstitutionForm(forms.Form):
    product = forms.CharField(max_length=40, label="Product (SKU)")
    substitute = forms.CharField(max_length=40, label="Substitute (SKU)")
    quantity_product = forms.IntegerField(min_value=1, initial=1, label="Units of the product")
    quantity_substitute = forms.IntegerField(
        min_value=1, initial=1, label="are replaced by units of the substitute"
    )
    is_both_ways = forms.BooleanField(required=False, label="Works both ways")
    needs_agreement = forms.BooleanField(required=False, initial=True, label="The customer has to agree")
    price_rule = forms.ChoiceField(choices=Substitution.PRICE_RULES, initial="LOWER")
    valid_from = forms.DateField(required=False, widget=DateInput())
    valid_to = forms.DateField(required=False, widget=DateInput(), help_text="The last day.")
    priority = forms.IntegerField(
        initial=0, min_value=-100, max_value=100, help_text="Higher is offered first."
    )
    is_active = forms.BooleanField(required=False, initial=True, label="In force")


class PriceLimitForm(forms.Form):
    role = forms.ChoiceField(choices=Role.choices)
    max_percent = forms.DecimalField(
        min_value=0, max_value=100, max_digits=9, decimal_places=2, label="Per line, %"
    )
    max_amount = forms.DecimalField(
        min_value=0, max_digits=19, decimal_places=2, label="Per order", help_text="Base currency."
    )


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
