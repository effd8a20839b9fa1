"""Which forms do returns have? They check types; what may be is the services' to say."""

from __future__ import annotations

from django import forms

from returns.states import Disposition, ReturnReason

DISPOSITIONS = {
    Disposition.RESTOCK: "Restock: sell it again",
    Disposition.REFURBISH: "Refurbish: repair it first",
    Disposition.QUARANTINE: "Quarantine: look again later",
    Disposition.LIQUIDATE: "Liquidate: sell it off as damaged",
    Disposition.RETURN_TO_VENDOR: "Return to vendor",
    Disposition.SCRAP: "Scrap: throw it away",
}


class OrderNumberForm(forms.Form):
    order = forms.CharField(max_length=80, label="Order", help_text="Our number, or the channel's own.")


class RmaForm(forms.Form):
    reason = forms.ChoiceField(choices=ReturnReason.choices)
    note = forms.CharField(max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2}))


class InspectForm(forms.Form):
    condition = forms.CharField(
        max_length=120,
        label="What do you see?",
        widget=forms.TextInput(attrs={"list": "conditions", "autocomplete": "off"}),
    )
    disposition = forms.ChoiceField(
        choices=[(code.value, words) for code, words in DISPOSITIONS.items()], label="What becomes of it?"
    )
    bin = forms.CharField(max_length=40, required=False, help_text="Scan one, or leave it to the system.")


class RefundForm(forms.Form):
    deduction = forms.DecimalField(
        max_digits=16,
        decimal_places=4,
        min_value=0,
        required=False,
        label="Keep back",
        help_text="For wear or missing parts.",
    )


class EmptyForm(forms.Form):
    """A page whose fields are rows, read by the view."""
