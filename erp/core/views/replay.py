"""Which messages are handled again, what would that change, and who said yes?"""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django import forms
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from erp.core.effects import OTHER
from erp.core.errors import InvalidInput
from erp.core.forms import DateInput
from erp.core.models import InboxMessage, Job, Replay, ReplayItem
from erp.core.pages import (
    Action,
    ActionField,
    Fact,
    FormPage,
    ListPage,
    Panel,
    PrimaryAction,
    RecordPage,
    run_action,
)
from erp.core.pages.format import badge_html, when_html
from erp.core.permissions import actor_of, page
from erp.core.selectors import job_progress
from erp.core.services.inbox_replay import REPLAYABLE
from erp.core.services.replay import AT_ONCE, MOST, replay_commit, replay_counts, replay_start
from erp.core.states import WorkState
from erp.core.tables import KeelTable, QuantityColumn, RecordColumn, WhenColumn
from erp.core.views.work import RETRY, VIEW

PER_PAGE = 25
ONLY = {
    "": ("All", Q()),
    "changing": ("Changes something", Q(would_fail="", rehearsed_at__isnull=False) & ~Q(effects=[])),
    "unchanged": ("Changes nothing", Q(would_fail="", effects=[], rehearsed_at__isnull=False)),
    "refused": ("Would be refused", ~Q(would_fail="")),
    "failed": ("Was refused", ~Q(error="")),
}


class ReplayTable(KeelTable):
    number = RecordColumn(accessor="pk", verbose_name="Replay")
    selection = tables.Column(attrs={"td": {"class": "k-break"}})
    messages = QuantityColumn(verbose_name="Messages")
    created_by = tables.Column(verbose_name="Tried out by")
    created_at = WhenColumn(style="ago", verbose_name="When")
    committed_by = tables.Column(verbose_name="Carried out by", default="–")
    committed_at = WhenColumn(style="ago", verbose_name="When", default="–")
    reason = tables.Column(default="–")

    class Meta(KeelTable.Meta):
        model = Replay
        fields = (
            "number", "selection", "messages", "created_by", "created_at", "committed_by", "committed_at", "reason",
        )  # fmt: skip


class ReplayList(ListPage):
    permission, title, list_code = VIEW, "Replays", "core.replays"
    table_class = ReplayTable
    search_fields = ("selection", "reason", "created_by__username")
    primary_action = PrimaryAction("Replay a channel or a day", "replay_create", icon="rotate-ccw")
    empty_title = "Nothing was replayed yet"
    empty_text = (
        "Choose messages in the inbox, or a channel and a day: you see what would change before it is kept."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Replay]:
        rows = Replay.objects.select_related("created_by", "committed_by")
        return rows.annotate(messages=Count("items"))


class ReplayRecord(RecordPage):
    permission, title = VIEW, ""
    list_page, list_url_name = ReplayList, "replay_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Replay:
        replay = get_object_or_404(
            Replay.objects.select_related("created_by", "committed_by"), pk=kwargs["pk"]
        )
        replay.counts = replay_counts(replay.pk)  # type: ignore[attr-defined]
        return replay

    def get_subtitle(self, obj: Any) -> str:
        return f"Chosen: {obj.selection}"

    def get_tags(self, obj: Any) -> list[tuple[str, str, str]]:
        counts = obj.counts
        if obj.committed_at is None:
            if counts["rehearsed"] < counts["messages"]:
                return [("Being tried out", "progress", "loader")]
            return [("Tried out, nothing is kept yet", "info", "eye")]
        if counts["handled"] + counts["failed"] < counts["messages"]:
            return [("Being carried out", "progress", "loader")]
        return [("Carried out", "success", "check")]

    def get_facts(self, obj: Any) -> list[Fact]:
        counts = obj.counts
        facts = [
            Fact("Messages", f"{counts['messages']:,}"),
            Fact("Would change something", f"{counts['changing']:,}", url="?only=changing#items"),
            Fact("Would change nothing", f"{counts['unchanged']:,}", url="?only=unchanged#items"),
            Fact("Would be refused", f"{counts['refused']:,}", url="?only=refused#items"),
        ]
        if obj.committed_at:
            facts += [
                Fact("Handled again", f"{counts['handled']:,}"),
                Fact("Refused", f"{counts['failed']:,}", url="?only=failed#items"),
                Fact("Carried out", when_html(obj.committed_at), hint=f"by {obj.committed_by}: {obj.reason}"),
            ]
        return [*facts, Fact("Tried out", when_html(obj.created_at), hint=f"by {obj.created_by}")]

    def get_actions(self, obj: Any, user: Any) -> list[Action]:
        counts = obj.counts
        refusal = "It was carried out." if obj.committed_at else ""
        if not refusal and counts["rehearsed"] < counts["messages"]:
            refusal = "It is still being tried out."
        return [
            Action(
                f"Handle {counts['messages']:,} again" if counts["messages"] > 1 else "Handle it again",
                reverse("replay_commit", args=[obj.pk]), RETRY, primary=True, disabled_reason=refusal, icon="rotate-ccw",
                confirm="Each message is handled by itself. What it changes is kept, and what it sends is sent.",
                fields=[ActionField("reason", "Why")],
            )
        ]  # fmt: skip

    def get_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        self.query = request.GET.urlencode()
        return super().get_context(request, obj)

    def get_panels(self, obj: Any) -> list[Panel]:
        kinds = ("core.replay_rehearse", "core.replay_run")
        jobs = Job.objects.filter(kind__in=kinds, key=f"replay:{obj.pk}").exclude(state=WorkState.DONE)
        running = [
            Panel("Job", "core/partials/_job_progress.html", {"item": job_progress(job, timezone.now())})
            for job in jobs.order_by("-pk")[:1]
        ]
        items = Panel(
            "What it would change", lazy_url="replay_items", lazy_args=(obj.pk,), lazy_query=self.query, anchor="items",
        )  # fmt: skip
        return [*running, items]


@page(VIEW)
@require_GET
def replay_items(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will return a page of a replay's messages with their effects, those that the reader may see."""
    replay = get_object_or_404(Replay, pk=pk)
    only = request.GET.get("only", "")
    rows = ReplayItem.objects.filter(ONLY.get(only, ONLY[""])[1], replay=replay).select_related("message")
    number = request.GET.get("page", "1")
    pages = Paginator(rows.order_by("pk"), PER_PAGE)
    shown = pages.get_page(number)
    user = actor_of(request)
    told = []
    for item in shown.object_list:
        mine = [effect for effect in item.effects if user.may(effect.get("permission") or "core.view")]
        told.append((item, _groups(mine), len(item.effects) - len(mine)))
    context = {
        "replay": replay, "page_obj": shown, "told": told, "only": only,
        "choices": [(code, label) for code, (label, _) in ONLY.items()],
        "url": reverse("replay_items", args=[pk]),
    }  # fmt: skip
    return render(request, "core/partials/_replay_items.html", context)


def _groups(effects: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for effect in effects:
        badge = ("New", "success", "plus") if effect["is_new"] else ("Changed", "warning", "pencil-line")
        found.setdefault(effect.get("group") or OTHER, []).append(effect | {"badge": badge_html(*badge)})
    return list(found.items())


@page(RETRY)
@require_POST
def replay_message(request: HttpRequest, pk: int) -> HttpResponse:
    """Try one message out."""
    message = get_object_or_404(InboxMessage, pk=pk)
    actor = actor_of(request)
    return run_action(
        request,
        lambda: replay_start(
            message_ids=[pk], selection=f"message {message.external_id} of {message.source}", actor=actor,
            at=timezone.now(),
        ),
        done="Tried out and undone: nothing has changed yet.",
        url=lambda replay: reverse("replay_detail", args=[replay.pk]),
    )  # fmt: skip


@page(RETRY)
@require_POST
def replay_commit_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Handle the messages of a replay again, for good."""
    actor, reason = actor_of(request), request.POST.get("reason", "")
    count = ReplayItem.objects.filter(replay=pk).count()
    return run_action(
        request,
        lambda: replay_commit(replay_id=pk, reason=reason, actor=actor, at=timezone.now()),
        done="Handled again." if count <= AT_ONCE else "A job handles them; this page shows how far it is.",
        url=reverse("replay_detail", args=[pk]),
    )


class ReplayForm(forms.Form):
    source = forms.ChoiceField(label="Channel or source", required=False)
    since = forms.DateField(label="Received from", widget=DateInput(), required=False)
    until = forms.DateField(label="Received until", widget=DateInput(), required=False)
    state = forms.ChoiceField(
        label="Only those that",
        required=False,
        choices=[("", "All"), ("refused", "Were refused or failed"), ("done", "Were handled")],
    )
    kind = forms.ChoiceField(label="Handler", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in (("source", "Every source"), ("kind", "Every kind")):
            values = InboxMessage.objects.order_by(name).values_list(name, flat=True).distinct()
            self.fields[name].choices = [("", label), *((value, value) for value in values)]  # type: ignore[attr-defined]


class ReplayCreate(FormPage):
    """All messages of a channel, of a day, or of both."""

    permission, title, form_class = RETRY, "Replay a channel or a day", ReplayForm
    submit_label, done = "Try them out", "Tried out, or about to be: nothing has changed yet."
    help_text = (
        f"At most {MOST:,} messages at a time. Each is handled by itself and undone; you see what would change, "
        "and decide then."
    )

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("Replays", reverse("replay_list"))]

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        data = form.cleaned_data
        rows = InboxMessage.objects.filter(state__in=REPLAYABLE)
        if not (data["source"] or data["since"]):
            raise InvalidInput("that is all there ever was", field="since", remedy="Name a channel or a day.")
        if data["since"] and data["until"] and data["since"] > data["until"]:
            raise InvalidInput("it ends before it begins", field="until", remedy="Choose a later day.")
        said: list[str] = []
        for name, lookup, words in (
            ("source", "source", "from {}"), ("kind", "kind", "of {}"),
            ("since", "received_at__date__gte", "since {}"), ("until", "received_at__date__lte", "until {}"),
        ):  # fmt: skip
            if data[name]:
                rows, said = rows.filter(**{lookup: data[name]}), [*said, words.format(data[name])]
        if data["state"]:
            rows = rows.filter(
                ~Q(state=WorkState.DONE) if data["state"] == "refused" else Q(state=WorkState.DONE)
            )
            said.append("refused or failed" if data["state"] == "refused" else "handled")
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[: MOST + 1])
        replay = replay_start(
            message_ids=ids,
            selection=" ".join(["messages", *said]),
            actor=actor_of(request),
            at=timezone.now(),
        )
        return reverse("replay_detail", args=[replay.pk])
