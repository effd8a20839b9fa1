"""Which addresses are told of what, how did each delivery go, and who sends what again?"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import django_filters
import django_tables2 as tables
from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.errors import InvalidInput, KeelError
from erp.core.event_kinds import KINDS
from erp.core.filters import KeelFilterSet, date_filter
from erp.core.models import Event, OutboxMessage, WebhookAttempt, WebhookEndpoint
from erp.core.pages import Action, ActionField, Fact, FormPage, ListPage, Panel, RecordPage, run_action
from erp.core.pages.actions import refusal_text
from erp.core.pages.format import when_html
from erp.core.pages.parts import PrimaryAction
from erp.core.permissions import actor_of, page
from erp.core.services.event import event_latest
from erp.core.services.webhook import (
    WebhookDraft,
    webhook_create,
    webhook_disable,
    webhook_enable,
    webhook_replay_one,
    webhook_replay_since,
    webhook_rotate,
    webhook_save,
    webhook_test,
)
from erp.core.states import WEBHOOK, WORK_OPEN, WebhookState
from erp.core.tables import KeelTable, LinkColumn, QuantityColumn, RecordColumn, StateColumn, WhenColumn
from erp.core.views.secrets import SecretForm, Shown, show_secret

VIEW, EDIT = "core.webhook_view", "core.webhook_edit"
TOLD = (
    "Give it to whoever runs the address: with it they check that a message is ours. It is never shown again."
)


class WebhookEndpointTable(KeelTable):
    name = RecordColumn(verbose_name="Endpoint")
    state = StateColumn()
    url = tables.Column(verbose_name="Address", attrs={"td": {"class": "k-break"}})
    kinds = tables.Column(verbose_name="Told of", orderable=False, empty_values=())
    delivered_at = WhenColumn(style="ago", verbose_name="Last delivered")
    failing_since = WhenColumn(style="ago", verbose_name="Failing since")

    class Meta(KeelTable.Meta):
        model = WebhookEndpoint
        fields = ("name", "state", "url", "kinds", "delivered_at", "failing_since")

    def render_kinds(self, value: list[str]) -> str:
        return ", ".join(value) if value else "everything"


class WebhookEndpointFilter(KeelFilterSet):
    state = django_filters.MultipleChoiceFilter(choices=WebhookState.choices, label="State")

    class Meta:
        model = WebhookEndpoint
        fields: list[str] = []


class WebhookEndpointList(ListPage):
    permission, title, list_code = VIEW, "Webhooks", "core.webhook_endpoints"
    table_class, filterset_class = WebhookEndpointTable, WebhookEndpointFilter
    search_fields = ("name", "url")
    default_order = ("name",)
    primary_action = PrimaryAction("New endpoint", "webhook_endpoint_create", EDIT)
    empty_title = "Nobody is told of anything yet"
    empty_text = (
        "An endpoint is an address of another program: it gets a signed message for each event, in order."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        return WebhookEndpoint.objects.defer("secret", "secret_before")


class WebhookEndpointRecord(RecordPage):
    permission, title, machine = VIEW, "Webhook", WEBHOOK
    list_page, list_url_name = WebhookEndpointList, "webhook_endpoint_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> WebhookEndpoint:
        return get_object_or_404(WebhookEndpoint.objects.select_related("created_by"), pk=kwargs["pk"])

    def get_title(self, obj: WebhookEndpoint) -> str:
        return obj.name

    def get_subtitle(self, obj: WebhookEndpoint) -> str:
        return obj.url

    def get_facts(self, obj: WebhookEndpoint) -> list[Fact]:
        waiting = OutboxMessage.objects.filter(stream=obj.stream, state__in=WORK_OPEN).count()
        log = f"{reverse('webhook_attempt_list')}?endpoint={obj.pk}"
        return [
            Fact("Last delivered", when_html(obj.delivered_at, "ago") if obj.delivered_at else "never", url=log),
            Fact("Failing since", when_html(obj.failing_since, "ago") if obj.failing_since else "–"),
            Fact("Messages waiting", waiting, url=f"{reverse('outbox_message_list')}?stream={obj.stream}"),
            Fact("Not put down yet", max(0, event_latest() - obj.position), hint="events of the feed"),
        ]  # fmt: skip

    def get_panels(self, obj: WebhookEndpoint) -> list[Panel]:
        pairs = [
            ("Address", obj.url),
            ("Told of", ", ".join(obj.kinds) or "everything"),
            ("Made by", f"{obj.created_by}"),
        ]
        if obj.secret_before_until and obj.secret_before_until > timezone.now():
            pairs.append(("The old secret signs until", when_html(obj.secret_before_until)))
        attempts = obj.attempts.select_related("event").order_by("-pk")[:20]
        return [
            Panel("Deliveries", "core/partials/_webhook_attempts.html", {"attempts": attempts}, flush=True),
            Panel("What it is told", "core/partials/_pairs.html", {"pairs": pairs}, column="side"),
        ]

    def get_actions(self, obj: WebhookEndpoint, user: Any) -> list[Action]:
        active = obj.state == WebhookState.ACTIVE
        off, on = ("" if active else "It is disabled."), ("It is active." if active else "")

        def url(verb: str) -> str:
            return reverse(f"webhook_endpoint_{verb}", args=[obj.pk])

        since = ActionField("since", "Everything recorded since", kind="datetime-local")
        return [
            Action("Enable", url("enable"), EDIT, primary=True, disabled_reason=on, icon="play",
                   confirm="It is told of all that it has not got, in order.",
                   fields=[ActionField("reason", "What was repaired")]),
            Action("Send a test", url("test"), EDIT, primary=True, disabled_reason=off, icon="send"),
            Action("Edit", url("edit"), EDIT, icon="pencil", method="get"),
            Action("New secret", url("rotate"), EDIT, icon="rotate-cw",
                   confirm="For a day each message is signed with both secrets."),
            Action("Send again since …", url("replay"), EDIT, icon="history", disabled_reason=off, fields=[since],
                   confirm="A receiver knows a repeat by its webhook-id."),
            Action("Disable", url("disable"), EDIT, danger=True, icon="ban", disabled_reason=off,
                   confirm="What happens meanwhile waits in the feed.", fields=[ActionField("reason", "Why")]),
        ]  # fmt: skip


class WebhookForm(forms.Form):
    name = forms.CharField(max_length=80, help_text="Whose address it is.")
    url = forms.CharField(
        max_length=500, label="Address", help_text="https://…, one that everybody can reach."
    )
    kinds = forms.MultipleChoiceField(
        choices=[(kind, f"{kind}: {said}") for kind, said in KINDS.items()], required=False, label="Told of",
        widget=forms.CheckboxSelectMultiple, help_text="None ticked: everything, also what is added later.",
    )  # fmt: skip

    def draft(self) -> WebhookDraft:
        said = self.cleaned_data
        return WebhookDraft(said["name"], said["url"], said["kinds"])


class WebhookCreate(SecretForm):
    permission, title, form_class, submit_label = (
        EDIT,
        "New webhook endpoint",
        WebhookForm,
        "Make the endpoint",
    )

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("Webhooks", reverse("webhook_endpoint_list"))]

    def make(self, request: HttpRequest, form: Any, **kwargs: Any) -> Shown:
        made, secret = webhook_create(form.draft(), actor=actor_of(request), at=timezone.now())
        url = reverse("webhook_endpoint_detail", args=[made.pk])
        return Shown(f"The secret of {made.name}", secret, url, TOLD)


class WebhookEdit(FormPage):
    permission, title, form_class = EDIT, "Edit webhook endpoint", WebhookForm

    def get_initial(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        found = get_object_or_404(WebhookEndpoint, pk=kwargs["pk"])
        return {"name": found.name, "url": found.url, "kinds": found.kinds}

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [
            ("Webhooks", reverse("webhook_endpoint_list")),
            ("Endpoint", reverse("webhook_endpoint_detail", args=[kwargs["pk"]])),
        ]

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        webhook_save(endpoint_id=kwargs["pk"], draft=form.draft(), actor=actor_of(request), at=timezone.now())
        return reverse("webhook_endpoint_detail", args=[kwargs["pk"]])


def _act(request: HttpRequest, pk: int, call: Any, done: str, **arguments: Any) -> HttpResponse:
    return run_action(
        request,
        lambda: call(endpoint_id=pk, actor=actor_of(request), at=timezone.now(), **arguments),
        done=done,
        url=reverse("webhook_endpoint_detail", args=[pk]),
    )


@page(EDIT)
@require_POST
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will give an endpoint a new secret and show it."""
    url = reverse("webhook_endpoint_detail", args=[pk])
    try:
        endpoint, secret = webhook_rotate(endpoint_id=pk, actor=actor_of(request), at=timezone.now())
    except KeelError as refusal:
        messages.error(request, refusal_text(refusal))
        return redirect(url)
    return show_secret(request, Shown(f"The new secret of {endpoint.name}", secret, url, TOLD))


@page(EDIT)
@require_POST
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will send an endpoint a test message."""
    return _act(request, pk, webhook_test, "A test is on its way; the deliveries below say how it went.")


@page(EDIT)
@require_POST
def disable(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will stop telling an endpoint."""
    return _act(
        request, pk, webhook_disable, "It is told of nothing now.", reason=request.POST.get("reason", "")
    )


@page(EDIT)
@require_POST
def enable(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will tell an endpoint again."""
    return _act(
        request, pk, webhook_enable, "It goes on where it stopped.", reason=request.POST.get("reason", "")
    )


@page(EDIT)
@require_POST
def replay(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will tell an endpoint again of all since a time in the reader's own zone."""

    def call(**arguments: Any) -> int:
        return webhook_replay_since(since=_moment(request.POST.get("since", "")), **arguments)

    return _act(request, pk, call, "It is told again, in order.")


def _moment(text: str) -> datetime:
    try:
        return timezone.make_aware(datetime.fromisoformat(text).replace(tzinfo=None))
    except (ValueError, OverflowError) as error:
        raise InvalidInput("that is no time", field="since", remedy="Choose a day and a time.") from error


class WebhookAttemptTable(KeelTable):
    at = WhenColumn(verbose_name="When")
    kind = RecordColumn(verbose_name="Event")
    endpoint = LinkColumn("webhook_endpoint_detail", pk="endpoint_id")
    is_ok = tables.BooleanColumn(verbose_name="Taken", yesno="yes,no")
    status = tables.Column(verbose_name="Answer")
    number = QuantityColumn(verbose_name="Try")
    milliseconds = QuantityColumn(verbose_name="ms")
    answer = tables.Column(verbose_name="What it said", attrs={"td": {"class": "k-break"}})

    class Meta(KeelTable.Meta):
        model = WebhookAttempt
        fields = ("at", "kind", "endpoint", "is_ok", "status", "number", "milliseconds", "answer")


class WebhookAttemptFilter(KeelFilterSet):
    endpoint = django_filters.ModelChoiceFilter(
        queryset=WebhookEndpoint.objects.order_by("name"), label="Endpoint", empty_label="Any endpoint"
    )
    is_ok = django_filters.ChoiceFilter(
        choices=[("True", "Taken"), ("False", "Not taken")], label="Outcome", empty_label="Any outcome"
    )
    kind = django_filters.ChoiceFilter(
        choices=[(kind, kind) for kind in (*KINDS, "webhook.test")], label="Event", empty_label="Any event"
    )
    since = date_filter("at", "date__gte", "Since")

    class Meta:
        model = WebhookAttempt
        fields: list[str] = []


class WebhookAttemptList(ListPage):
    permission, title, list_code = VIEW, "Webhook deliveries", "core.webhook_attempts"
    table_class, filterset_class = WebhookAttemptTable, WebhookAttemptFilter
    search_fields = ("kind", "answer", "endpoint__name")
    default_order = ("-pk",)
    hidden_columns = ("answer",)
    empty_title = "Nothing was delivered yet"
    empty_text = "Each try to tell an endpoint of an event is kept here for thirty days, with the answer."

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookAttempt]:
        return WebhookAttempt.objects.select_related("endpoint")


class WebhookAttemptRecord(RecordPage):
    permission, title = VIEW, "Delivery"
    list_page, list_url_name = WebhookAttemptList, "webhook_attempt_list"
    has_timeline = False

    def get_object(self, request: HttpRequest, **kwargs: Any) -> WebhookAttempt:
        return get_object_or_404(WebhookAttempt.objects.select_related("endpoint", "event"), pk=kwargs["pk"])

    def get_title(self, obj: WebhookAttempt) -> str:
        return f"Delivery {obj.pk}"

    def get_subtitle(self, obj: WebhookAttempt) -> str:
        return obj.kind

    def get_tags(self, obj: WebhookAttempt) -> list[tuple[str, str, str]]:
        return [("Taken", "success", "check") if obj.is_ok else ("Not taken", "danger", "circle-alert")]

    def get_facts(self, obj: WebhookAttempt) -> list[Fact]:
        return [
            Fact("Endpoint", obj.endpoint, url=reverse("webhook_endpoint_detail", args=[obj.endpoint_id])),
            Fact("Answer", obj.status or "none"),
            Fact("Took", f"{obj.milliseconds} ms"),
            Fact("Try", obj.number, url=reverse("outbox_message_detail", args=[obj.message_id])),
            Fact("When", when_html(obj.at)),
        ]

    def get_panels(self, obj: WebhookAttempt) -> list[Panel]:
        panels = [Panel("What it said", "core/partials/_raw.html", {"text": obj.answer or "(nothing)"})]
        if obj.event is not None:
            text = json.dumps(obj.event.data, indent=2, ensure_ascii=False)
            panels.append(
                Panel("What was told", "core/partials/_raw.html", {"text": text, "key": str(obj.event)})
            )
        return panels

    def get_actions(self, obj: WebhookAttempt, user: Any) -> list[Action]:
        url = reverse("webhook_attempt_again", args=[obj.pk])
        refused = "" if obj.event_id else "It was a test: send another one from the endpoint."
        return [Action("Send again", url, EDIT, primary=True, icon="rotate-cw", disabled_reason=refused)]


@page(EDIT)
@require_POST
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will tell the endpoint of this event once more."""
    attempt = get_object_or_404(WebhookAttempt, pk=pk)
    return _act(
        request, attempt.endpoint_id, webhook_replay_one, "It is on its way.", event_id=attempt.event_id or 0
    )


class EventTable(KeelTable):
    position = QuantityColumn(verbose_name="No.")
    kind = tables.Column(verbose_name="Event")
    about = tables.Column(verbose_name="About", accessor="document_type", orderable=False)
    data = tables.Column(verbose_name="What is said", orderable=False, attrs={"td": {"class": "k-break"}})
    at = WhenColumn(verbose_name="Happened")
    recorded_at = WhenColumn(style="ago", verbose_name="Recorded")

    class Meta(KeelTable.Meta):
        model = Event
        fields = ("position", "kind", "about", "data", "at", "recorded_at")

    def render_about(self, record: Event) -> str:
        return f"{record.document_type.partition('.')[2]} {record.document_id}"

    def render_data(self, value: dict[str, Any]) -> str:
        return ", ".join(f"{name}: {said}" for name, said in value.items() if said not in ("", None))


class EventFilter(KeelFilterSet):
    kind = django_filters.MultipleChoiceFilter(choices=[(kind, kind) for kind in KINDS], label="Event")
    since = date_filter("recorded_at", "date__gte", "Recorded since")

    class Meta:
        model = Event
        fields: list[str] = []


class EventList(ListPage):
    permission, title, list_code = VIEW, "Events", "core.events"
    table_class, filterset_class = EventTable, EventFilter
    search_fields = ("kind__istartswith",)
    default_order = ("-position",)
    hidden_columns = ("recorded_at",)
    empty_title = "Nothing happened yet"
    empty_text = (
        "What other programs may want to know is numbered here: webhooks tell it, /api/v1/events lists it."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        return Event.objects.filter(position__isnull=False)
