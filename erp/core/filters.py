"""How do the filters of a list read, and what do their chips say?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import django_filters
from django import forms
from django.http import QueryDict


class DateInput(forms.DateInput):
    input_type = "date"


class KeelFilterSet(django_filters.FilterSet):
    """The base of every list's filters: compact widgets, an empty choice that says what it means."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.form.fields.items():
            css = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
            field.widget.attrs.setdefault(
                "class", f"{css} form-control-sm" if css == "form-control" else f"{css} form-select-sm"
            )
            field.widget.attrs["id"] = f"filter-{name}"


def date_filter(field_name: str, lookup: str, label: str) -> django_filters.DateFilter:
    """This function will return a filter by day: `date_filter("ordered_at", "date__gte", "Ordered from")`."""
    return django_filters.DateFilter(
        field_name=field_name, lookup_expr=lookup, label=label, widget=DateInput()
    )


@dataclass(frozen=True)
class Chip:
    """One filter that is on, and the query string without it."""

    label: str
    value: str
    without: str


def chips_of(filterset: django_filters.FilterSet | None, params: QueryDict) -> list[Chip]:
    """This function will return a chip per filter that is on, the free-text search first."""
    found: list[Chip] = []
    if text := str(params.get("q", "")).strip():
        found.append(Chip("Search", f"“{text}”", _without(params, "q")))
    if filterset is None or not filterset.form.is_valid():
        return found
    for name, value in filterset.form.cleaned_data.items():
        if value in (None, "") or (hasattr(value, "__len__") and len(value) == 0):
            continue
        field = filterset.form.fields[name]
        label = filterset.filters[name].label or field.label or name
        found.append(Chip(str(label), _words(field, value), _without(params, name)))
    return found


def _words(field: Any, value: Any) -> str:
    choices = {
        str(key): str(text)
        for key, text in getattr(field, "choices", [])
        if not isinstance(text, (list, tuple))
    }
    if isinstance(value, (list, tuple)):
        return ", ".join(choices.get(str(item), str(item)) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, slice):
        return f"{value.start or '…'} – {value.stop or '…'}"
    return choices.get(str(value), str(value))


def _without(params: QueryDict, name: str) -> str:
    rest = params.copy()
    for key in list(rest):
        if key == name or key.startswith((f"{name}_min", f"{name}_max", f"{name}_after", f"{name}_before")):
            del rest[key]
    rest.pop("page", None)
    return rest.urlencode() or "view=all"
