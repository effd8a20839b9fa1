"""Which imports were there, what became of one of them, and of each of its rows?"""

from __future__ import annotations

from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from erp.core.documents import detail_url_name
from erp.core.filters import KeelFilterSet
from erp.core.imports.error_file import rows_are_trial
from erp.core.imports.target import target_of, targets
from erp.core.models import ImportRow, ImportRun
from erp.core.pages import Action, Fact, ListPage, Panel, PrimaryAction, RecordPage
from erp.core.pages.format import quantity_text, state_badge_html, when_html
from erp.core.pages.parts import ActionField
from erp.core.permissions import actor_of, may_open
from erp.core.selectors import job_progress
from erp.core.states import IMPORT, WORK_OPEN, ImportState
from erp.core.tables import KeelTable, QuantityColumn, RecordColumn, StateColumn, WhenColumn
from erp.core.views.imports import is_undoable, run_of

VIEW, EDIT = "core.import_view", "core.import"
SHOWN = 25


def _kinds(request: HttpRequest) -> dict[str, str]:
    """The kinds of files that the person who asks may see: kind → label."""
    user = actor_of(request)
    return {target.kind: target.label for target in targets() if user.may(target.view_permission)}


class ImportRunTable(KeelTable):
    file_name = RecordColumn(verbose_name="File")
    kind = tables.Column()
    state = StateColumn()
    count_new = QuantityColumn(verbose_name="New")
    count_changed = QuantityColumn(verbose_name="Changed")
    count_unchanged = QuantityColumn(verbose_name="Unchanged")
    count_refused = QuantityColumn(verbose_name="Refused")
    count_undone = QuantityColumn(verbose_name="Taken back")
    created_by = tables.Column(verbose_name="By")
    created_at = WhenColumn(style="ago", verbose_name="Uploaded")

    class Meta(KeelTable.Meta):
        model = ImportRun
        fields = (
            "file_name", "kind", "state", "count_new", "count_changed", "count_unchanged", "count_refused", "count_undone",
            "created_by", "created_at",
        )  # fmt: skip

    def render_kind(self, value: str) -> str:
        return target_of(value).label


class ImportRunFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=ImportState.choices, label="State")
    kind = django_filters.MultipleChoiceFilter(choices=[], label="Kind")

    class Meta:
        model = ImportRun
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["kind"].extra["choices"] = [(target.kind, target.label) for target in targets()]


class ImportRunList(ListPage):
    permission, title, list_code = VIEW, "Imports", "core.imports"
    table_class, filterset_class = ImportRunTable, ImportRunFilter
    search_fields = ("file_name", "created_by__username__istartswith")
    hidden_columns = ("count_unchanged", "count_undone")
    primary_action = PrimaryAction("Import a file", "import_run_create", icon="upload")
    empty_title = "Nothing was imported yet"
    empty_text = "Upload a CSV file or a workbook of orders, products, customers, suppliers, stock or prices."

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportRun]:
        rows = ImportRun.objects.filter(kind__in=_kinds(request)).select_related("created_by")
        return rows.defer("header", "mapping", "dialect", "options", "error")


class ImportRunRecord(RecordPage):
    permission, title, machine = VIEW, "Import", IMPORT
    list_page, list_url_name = ImportRunList, "import_run_list"
    template_name = "core/import_run_detail.html"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> ImportRun:
        return run_of(request, kwargs["pk"])

    def get_title(self, obj: ImportRun) -> str:
        return f"Import {obj.pk}: {target_of(obj.kind).label.lower()}"

    def get_subtitle(self, obj: ImportRun) -> str:
        return obj.file_name

    def get_tags(self, obj: ImportRun) -> list[tuple[str, str, str]]:
        tags = []
        if obj.state in (ImportState.CHECKING, ImportState.IMPORTING, ImportState.UNDOING) and not _is_open(
            obj
        ):
            tags.append(("Interrupted", "warning", "pause"))
        if obj.count_kept:
            tags.append((f"{obj.count_kept:,} could not be taken back", "warning", "circle-alert"))
        return tags

    def get_facts(self, obj: ImportRun) -> list[Fact]:
        rows = reverse("import_run_rows", args=[obj.pk])
        is_trial = rows_are_trial(obj)
        facts = [
            Fact(f"Would be {label}" if is_trial else label.capitalize(), quantity_text(count),
                 url=f"{rows}?action={action}" if count else "")
            for label, count, action in (
                ("new", obj.count_new, "NEW"), ("changed", obj.count_changed, "CHANGED"),
                ("unchanged", obj.count_unchanged, "UNCHANGED"), ("refused", obj.count_refused, "REFUSED"),
            )
        ]  # fmt: skip
        if obj.count_undone or obj.count_kept:
            facts.append(Fact("Taken back", quantity_text(obj.count_undone), url=f"{rows}?undo=UNDONE"))
            facts.append(
                Fact(
                    "Left as it is",
                    quantity_text(obj.count_kept),
                    url=f"{rows}?undo=KEPT" if obj.count_kept else "",
                )
            )
        return [
            *facts, Fact("Rows in the file", quantity_text(obj.row_count) if obj.row_count else "–"),
            Fact("Uploaded", when_html(obj.created_at), hint=f"by {obj.created_by}"),
        ]  # fmt: skip

    def get_actions(self, obj: ImportRun, user: Any) -> list[Action]:
        if not user.may(target_of(obj.kind).permission):
            return []
        return _next_actions(obj) + _other_actions(obj)

    def get_panels(self, obj: ImportRun) -> list[Panel]:
        target = target_of(obj.kind)
        trial = rows_are_trial(obj)
        rows = ImportRow.objects.filter(run=obj, is_trial=trial)
        panels = []
        if obj.job is not None:
            item = job_progress(obj.job, timezone.now())
            panels.append(
                Panel("Progress", "core/partials/_import_progress.html", {"item": item, "run": obj})
            )
        if obj.error:
            panels.append(Panel("The file could not be read", "core/partials/_raw.html", {"text": obj.error}))
        for title, found, query in (
            ("Refused", rows.filter(action="REFUSED"), "action=REFUSED"),
            ("Could not be taken back", rows.filter(undo="KEPT"), "undo=KEPT"),
            ("Changed", rows.filter(action="CHANGED"), "action=CHANGED"), ("New", rows.filter(action="NEW"), "action=NEW"),
        ):  # fmt: skip
            shown = [(row, what_html(row)) for row in found.order_by("number")[:SHOWN]]
            if shown:
                context = {
                    "rows": shown,
                    "run": obj,
                    "query": query,
                    "errors": query == "action=REFUSED",
                    "limit": SHOWN,
                }
                panels.append(Panel(title, "core/partials/_import_rows.html", context, flush=True))
        pairs = [(c.label, obj.mapping[c.name]) for c in target.columns if c.name in obj.mapping]
        chosen = [(o.label, obj.options.get(o.name) or "–") for o in target.options]
        side = {"run": obj, "target": target, "pairs": pairs, "options": chosen}
        return [*panels, Panel("The file", "core/partials/_import_file.html", side, column="side")]


def _is_open(run: ImportRun) -> bool:
    return run.job is not None and run.job.state in WORK_OPEN


def _next_actions(run: ImportRun) -> list[Action]:
    """What is next: say the columns, start it, go on with it."""

    def to(name: str) -> str:
        return reverse(f"import_run_{name}", args=[run.pk])

    if run.state == ImportState.UPLOADED:
        return [
            Action(
                "Say which column is which", to("columns"), EDIT, primary=True, method="get", icon="columns-3"
            )
        ]
    if run.state == ImportState.CHECKED:
        sound = run.count_new + run.count_changed
        said = f"{run.count_new:,} new and {run.count_changed:,} changed are written." + (
            f" {run.count_refused:,} stay out: take them from the error file." if run.count_refused else ""
        )
        why = "" if sound or run.count_unchanged or run.count_refused else "There is nothing in it."
        return [
            Action(
                "Import", to("start"), EDIT, primary=True, confirm=said, disabled_reason=why, icon="check"
            ),
            Action("Change columns", to("columns"), EDIT, method="get", icon="columns-3"),
        ]
    if run.state in (ImportState.CHECKING, ImportState.IMPORTING, ImportState.UNDOING):
        if _is_open(run):
            return [
                Action(
                    "Stop",
                    to("stop"),
                    EDIT,
                    confirm="What is written stays; you can go on later.",
                    icon="pause",
                )
            ]
        return [Action("Go on", to("continue"), EDIT, primary=True, icon="play")]
    return []


def _other_actions(run: ImportRun) -> list[Action]:
    found = []
    if run.state in (ImportState.UPLOADED, ImportState.CHECKED) or (
        run.state == ImportState.CHECKING and not _is_open(run)
    ):
        url = reverse("import_run_discard", args=[run.pk])
        found.append(
            Action(
                "Discard", url, EDIT, confirm="The file is put away; nothing was imported.", icon="trash-2"
            )
        )
    if is_undoable(run) and not (run.state == ImportState.IMPORTING and _is_open(run)):
        url = reverse("import_run_undo", args=[run.pk])
        said = "What it created is removed and what it changed is restored, as far as nothing has happened since."
        found.append(
            Action("Take the import back", url, EDIT, danger=True, confirm=said, icon="undo-2",
                   fields=[ActionField("reason", "Why", kind="textarea")])
        )  # fmt: skip
    return found


class WhatColumn(tables.Column):
    """The difference, or all that is wrong."""

    def render(self, record: ImportRow) -> SafeString:
        return what_html(record)

    def value(self, record: ImportRow) -> str:
        return what_text(record)


def what_html(row: ImportRow) -> SafeString:
    """This function will show what became of a row: old → new, or every fault with its remedy."""
    if row.problems:
        lines = ((_where(p, row), p["message"].rstrip(".") + ".", p["remedy"]) for p in row.problems)
        return format_html(
            '<ul class="k-plain-list">{}</ul>',
            format_html_join("", "<li>{}<strong>{}</strong> {}</li>", lines),
        )
    pairs = [(name, row.before.get(name, ""), text) for name, text in row.after.items() if name != "bucket"]
    shown = format_html_join(
        "", '<li><span class="k-quiet-text">{}</span> {}{}</li>',
        (
            (name, format_html("<del>{}</del> → ", old) if old else "", format_html("<strong>{}</strong>", new or "blank"))
            for name, old, new in pairs
        ),
    )  # fmt: skip
    note = format_html('<li class="k-quiet-text">{}</li>', row.undo_note) if row.undo_note else ""
    return format_html('<ul class="k-plain-list">{}{}</ul>', shown, note)


def _where(problem: dict[str, Any], row: ImportRow) -> SafeString:
    place = (
        problem["column"]
        if problem["row"] == row.number
        else f"row {problem['row']} {problem['column']}".strip()
    )
    value = format_html(" “{}”", problem["value"]) if problem["value"] else ""
    return format_html('<span class="k-code">{}</span>{}: ', place, value) if place else SafeString("")


def what_text(row: ImportRow) -> str:
    """This function will say the same as plain text, for an export."""
    if row.problems:
        return " | ".join(f"{p['column']}: {p['message'].rstrip('.')}. {p['remedy']}" for p in row.problems)
    return ", ".join(
        f"{name}: {row.before.get(name, '')} → {text}" for name, text in row.after.items() if name != "bucket"
    )


class ImportRowTable(KeelTable):
    number = QuantityColumn(verbose_name="Row")
    action = tables.Column(verbose_name="Becomes")
    key = tables.Column()
    what = WhatColumn(
        empty_values=(), orderable=False, verbose_name="What", attrs={"td": {"class": "k-wide"}}
    )
    undo = tables.Column(verbose_name="Taken back")

    class Meta(KeelTable.Meta):
        model = ImportRow
        fields = ("number", "action", "key", "what", "undo")

    def render_action(self, record: ImportRow) -> SafeString:
        return state_badge_html(record.action, record.get_action_display(), "core.ImportRow")

    def render_key(self, record: ImportRow, value: str) -> SafeString | str:
        if record.subject_id is None or record.undo == "UNDONE":
            return value
        url = may_open(
            self.request.user, detail_url_name(target_of(record.run.kind).document), record.subject_id
        )
        return format_html('<a href="{}">{}</a>', url, value) if url else value


class ImportRowFilter(KeelFilterSet):
    action = django_filters.MultipleChoiceFilter(choices=ImportRow.ACTIONS, label="Becomes")
    undo = django_filters.MultipleChoiceFilter(choices=ImportRow.UNDO, label="Taken back")

    class Meta:
        model = ImportRow
        fields: list[str] = []


class ImportRowList(ListPage):
    """The rows of one import: of the dry run until it is imported."""

    permission, title, list_code = VIEW, "Rows of an import", "core.import_rows"
    table_class, filterset_class = ImportRowTable, ImportRowFilter
    search_fields = ("key", "problems__icontains")
    default_order = ("number",)
    hidden_columns = ("undo",)
    summary_template = "core/partials/_import_rows_head.html"
    template_name = "core/import_run_rows.html"
    empty_title, empty_text = "No rows yet", "They are here when the dry run is through."

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportRow]:
        match = request.resolver_match
        run = run_of(request, match.kwargs["pk"] if match else 0)
        return ImportRow.objects.filter(run=run, is_trial=rows_are_trial(run)).select_related("run")

    def get_summary(self, request: HttpRequest, rows: QuerySet[ImportRow]) -> dict[str, Any]:
        match = request.resolver_match
        return {"run": run_of(request, match.kwargs["pk"] if match else 0)}
