"""What does the wizard ask for: the file with its options, and which column is which?"""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings

from erp.core.imports.reader import DELIMITERS, ENCODINGS
from erp.core.imports.target import Target
from erp.core.imports.values import COMMA, POINT
from erp.core.models import ImportRun

MAP = "map_"


class UploadForm(forms.Form):
    """A file and the options of its kind."""

    file = forms.FileField(widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx"}))

    def __init__(self, target: Target, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limit = settings.KEEL_UPLOAD_MAX_BYTES // 2**20
        self.fields[
            "file"
        ].help_text = f"CSV or .xlsx, at most {limit} MB. Delimiter, encoding and decimal sign are found."
        for option in target.options:
            choices = list(option.choices())
            if not option.is_required or len(choices) != 1:
                choices.insert(0, ("", "–"))
            self.fields[option.name] = forms.ChoiceField(
                label=option.label, choices=choices, required=option.is_required, help_text=option.help_text
            )


class ColumnsForm(forms.Form):
    """Which column of the file is which of ours, and how the file is written."""

    def __init__(
        self, target: Target, run: ImportRun, sheets: tuple[str, ...], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        theirs = [("", "– not in the file –"), *((name, name) for name in run.header)]
        for column in target.columns:
            self.fields[MAP + column.name] = forms.ChoiceField(
                label=column.label, choices=theirs, required=False, initial=run.mapping.get(column.name, ""),
                help_text=column.help_text,
            )  # fmt: skip
        decimals = [(POINT, "12.50"), (COMMA, "12,50")]
        self._choice("decimal", "Decimals are written", decimals, run)
        if run.dialect["format"] == "csv":
            self._choice("delimiter", "Columns are separated by", DELIMITERS, run)
            self._choice("encoding", "Encoding", ENCODINGS, run)
        elif len(sheets) > 1:
            self._choice("sheet", "Sheet", [(name, name) for name in sheets], run)

        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select"

    def _choice(self, name: str, label: str, choices: Any, run: ImportRun) -> None:
        self.fields[name] = forms.ChoiceField(label=label, choices=choices, initial=run.dialect[name])

    @property
    def mapping(self) -> dict[str, str]:
        return {
            name[len(MAP) :]: value
            for name, value in self.cleaned_data.items()
            if name.startswith(MAP) and value
        }

    @property
    def dialect(self) -> dict[str, str]:
        return {name: value for name, value in self.cleaned_data.items() if not name.startswith(MAP)}
