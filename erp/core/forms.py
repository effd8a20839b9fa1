"""How are our forms laid out, and how does a service's refusal land on the field at fault?"""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms

from erp.core.errors import KeelError


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class DateTimeInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%dT%H:%M")


def helper_for(form: forms.BaseForm) -> FormHelper:
    """This function will return the form's crispy helper, or the house's: the page writes form tag and buttons."""
    helper = getattr(form, "helper", None) or FormHelper(form)
    helper.form_tag = False
    helper.disable_csrf = True
    return helper


def add_refusal(form: forms.BaseForm, refusal: KeelError) -> None:
    """This function will show a refusal on the field it names, or above the form, with its remedy."""
    text = refusal.message.rstrip(".") + "."
    if refusal.remedy:
        text = f"{text} {refusal.remedy}"
    form.add_error(refusal.field if refusal.field in form.fields else None, text)
