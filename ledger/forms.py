"""What may be typed into the ledger's forms?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Layout, Row
from django import forms
from django.conf import settings

from erp.core.forms import DateInput
from erp.core.money import EXPONENTS
from ledger.models import Account


class ManualEntryForm(forms.Form):
    posting_date = forms.DateField(widget=DateInput())
    memo = forms.CharField(max_length=200, label="Why", help_text="What the auditor should know.")
    currency = forms.ChoiceField(choices=[(code, code) for code in sorted(EXPONENTS)])
    rate = forms.DecimalField(
        min_value=Decimal("0.00000001"), max_digits=18, decimal_places=8, label="Exchange rate",
        help_text="Base currency per unit; 1 in base currency.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].initial = settings.KEEL_BASE_CURRENCY
        self.fields["rate"].initial = Decimal(1)
        self.helper = FormHelper(self)
        self.helper.layout = Layout(
            "memo",
            Row(
                Column("posting_date", css_class="col-md-4"),
                Column("currency", css_class="col-md-4"),
                Column("rate", css_class="col-md-4"),
            ),
        )


class AccountForm(forms.ModelForm[Account]):
    """The admin's form: a blank role is none, because at most one account plays each."""

    class Meta:
        model = Account
        fields = ("code", "name", "account_type", "role", "parent", "is_active")

    def clean_role(self) -> str | None:
        return self.cleaned_data["role"] or None
