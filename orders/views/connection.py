"""Which pages connect a channel, keep its secrets, say what it is told, and try it?"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.errors import InvalidInput
from erp.core.pages import Action, ActionField, FormPage, Panel, run_action
from erp.core.permissions import actor_of, page
from orders.channels.contract import Adapter, Setting
from orders.channels.registry import adapter_of, adapters
from orders.models import Channel, ChannelSync, Connection, ConnectionSecret
from orders.services.connection import ConnectionDraft, connection_secret_set
from orders.services.connection_switch import (
    SyncDraft,
    channel_sync_set,
    connection_change,
    connection_switch,
    connection_test_start,
)

EDIT = "orders.channel_edit"
SETTING = "settings."  # as a refusal names them
NONE = "none"


def connection_actions(channel: Channel) -> list[Action]:
    """This function will return the buttons of a channel's page that are about its connection."""
    link = connection_of(channel)
    edit = reverse("orders:connection_edit", args=[channel.pk])
    if link is None:
        return [Action("Connect", edit, EDIT, method="get", icon="plug")]
    why = ActionField("reason", "Why, in a few words", kind="textarea")
    switch = reverse("orders:connection_switch", args=[channel.pk])
    on = ActionField("is_enabled", "", kind="hidden", value="" if link.is_enabled else "yes")
    return [
        Action("Test the connection", reverse("orders:connection_test", args=[channel.pk]), EDIT, icon="plug-zap"),
        Action("What it is told", reverse("orders:channel_sync", args=[channel.pk]), EDIT, method="get", icon="send"),
        Action("Enter a secret", reverse("orders:connection_secret", args=[channel.pk]), EDIT, method="get", icon="key-round"),
        Action("Edit the connection", edit, EDIT, method="get", icon="plug"),
        Action(
            "Switch off" if link.is_enabled else "Switch on", switch, EDIT, fields=[why, on], danger=link.is_enabled,
            icon="power", confirm="Nothing comes in or goes out until it is switched on again; what is to go out waits."
            if link.is_enabled else "What it shows is told anew, and what waited goes out.",
        ),
    ]  # fmt: skip


def connection_of(channel: Channel) -> Connection | None:
    """This function will return a channel's connection, None without one."""
    return getattr(channel, "connection", None)


def said(value: Any) -> str:
    """This function will return a setting in words."""
    if isinstance(value, list):
        return ", ".join(value) or NONE
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | bool) else str(value or "")


def connection_panels(channel: Channel) -> list[Panel]:
    """This function will return the parts of a channel's page that show its connection; nothing for one without."""
    link = connection_of(channel)
    if link is None:
        return []
    secrets = ConnectionSecret.objects.filter(connection=link).order_by("purpose", "-pk")
    adapter = adapters().get(link.adapter)
    context = {
        "link": link, "adapter": adapter, "secrets": secrets, "now": timezone.now(),
        "settings": [(row.label, said(link.settings.get(row.name))) for row in (adapter.settings if adapter else ())],
        "missing": [
            label for name, label in (adapter.secrets if adapter else ()) if name not in {row.purpose for row in secrets}
        ],
        "webhook": reverse("channel_webhook", args=[channel.code]),
    }  # fmt: skip
    return [
        Panel("Connection", "orders/partials/_connection.html", context, column="side"),
        Panel("Health", lazy_url="orders:channel_health_panel", lazy_args=(channel.pk,)),
        Panel("Stock shown there", lazy_url="orders:channel_stock_panel", lazy_args=(channel.pk,), flush=True),
    ]  # fmt: skip


class _OfChannel(FormPage):
    """A form of one channel's connection."""

    permission = EDIT

    def get_breadcrumbs(self, request: HttpRequest, **kw: Any) -> list[tuple[str, str]]:
        channel = get_object_or_404(Channel, pk=kw["pk"])
        return [
            ("Channels", reverse("orders:channel_list")),
            (channel.name, reverse("orders:channel_detail", args=[channel.pk])),
        ]

    def back(self, **kw: Any) -> str:
        return reverse("orders:channel_detail", args=[kw["pk"]])


class ListField(forms.CharField):
    """Texts with commas between. Blank is unset, so that the adapter's default holds; “none” is an empty list."""

    def prepare_value(self, value: Any) -> Any:
        return said(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        if text == NONE:
            return []
        return [item for part in text.split(",") if (item := part.strip())] or None


class TableField(forms.JSONField):
    """An object of JSON; blank is unset."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def clean(self, value: Any) -> Any:
        found = super().clean(value)
        if found is not None and not isinstance(found, dict):
            raise forms.ValidationError('Give a table, such as {"CA": 12}.')
        return found


def _setting_field(setting: Setting) -> forms.Field:
    common: dict[str, Any] = {"label": setting.label, "required": False}
    if setting.kind == "list":
        return ListField(**common, help_text=f"With commas. Blank: as usual; “{NONE}”: none.")
    if setting.kind == "table":
        return TableField(**common, help_text='As JSON, such as {"CA": 12}.')
    if setting.kind == "flag":
        return forms.BooleanField(**common)
    if setting.kind == "whole":
        return forms.IntegerField(**common, min_value=0, max_value=10_000)
    return forms.CharField(**common, max_length=300)


class ConnectionFields(forms.Form):
    """Who we are at the channel, and what its adapter must know beside."""

    adapter = forms.CharField(widget=forms.HiddenInput)
    account = forms.CharField(
        max_length=200,
        label="Account",
        help_text="Who the channel says we are: shop domain, seller or partner id.",
    )
    base_url = forms.URLField(
        max_length=300,
        required=False,
        label="Address",
        assume_scheme="https",
        help_text="Blank where the channel has one for all.",
    )

    def __init__(self, *args: Any, adapter: Adapter, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for setting in adapter.settings:
            self.fields[f"{SETTING}{setting.name}"] = _setting_field(setting)

    def settings(self) -> dict[str, Any]:
        """This function will return what was set, by the adapter's names; what was left blank is not among it."""
        given = {
            name.removeprefix(SETTING): value
            for name, value in self.cleaned_data.items()
            if name.startswith(SETTING)
        }
        return {
            name: value
            for name, value in given.items()
            if value is not None and value is not False and value != ""
        }


class ConnectionEdit(_OfChannel):
    """A connection is of one kind for good, so a new one's kind is chosen on a page before."""

    form_class, done = ConnectionFields, "Connection saved."
    help_text = "Secrets are entered on a page of their own, one at a time, and never shown again."

    def get(self, request: HttpRequest, **kw: Any) -> HttpResponse:
        if "kind" not in request.GET and not Connection.objects.filter(channel=kw["pk"]).exists():
            context = {
                "title": "Connect", "breadcrumbs": self.get_breadcrumbs(request, **kw),
                "kinds": sorted(adapters().values(), key=lambda kind: kind.name),
            }  # fmt: skip
            return TemplateResponse(request, "orders/connection_kinds.html", context)
        return super().get(request, **kw)

    def get_title(self, request: HttpRequest, **kw: Any) -> str:
        return f"Connection with {self._adapter(request, kw['pk']).name}"

    def get_form(
        self, request: HttpRequest, data: Any = None, files: Any = None, **kw: Any
    ) -> forms.BaseForm:
        adapter = self._adapter(request, kw["pk"])
        link = Connection.objects.filter(channel=kw["pk"]).first()
        initial: dict[str, Any] = {"adapter": adapter.slug}
        if link is not None:
            initial |= {"account": link.account, "base_url": link.base_url}
            initial |= {f"{SETTING}{name}": value for name, value in link.settings.items()}
        return ConnectionFields(data=data, initial=initial, adapter=adapter)

    def _adapter(self, request: HttpRequest, channel_id: int) -> Adapter:
        """What the connection is; of a new one what was chosen."""
        link = Connection.objects.filter(channel=channel_id).first()
        slug = link.adapter if link else request.POST.get("adapter") or request.GET.get("kind", "")
        try:
            return adapter_of(slug)
        except InvalidInput as unknown:
            raise Http404(unknown.message) from unknown

    def perform(self, request: HttpRequest, form: Any, **kw: Any) -> str:
        data = form.cleaned_data
        link = Connection.objects.filter(channel=kw["pk"]).first()
        draft = ConnectionDraft(
            kw["pk"], self._adapter(request, kw["pk"]).slug, data["account"], data["base_url"], form.settings(),
            link.is_enabled if link else True,
        )  # fmt: skip
        connection_change(draft, actor=actor_of(request), at=timezone.now())
        return self.back(**kw)


class SecretFields(forms.Form):
    purpose = forms.ChoiceField(label="Secret")
    secret = forms.CharField(
        label="Value",
        max_length=4000,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
        help_text="Kept sealed, and shown to nobody again: only its last characters are.",
    )
    overlap_hours = forms.IntegerField(
        label="Old one good for", min_value=0, max_value=24 * 30, initial=48,
        help_text="Hours in which messages under the old secret are still believed. 0 when it leaked.",
    )  # fmt: skip


class SecretEnter(_OfChannel):
    title, form_class, done = "Enter a secret", SecretFields, "Secret entered."

    def get_form(
        self, request: HttpRequest, data: Any = None, files: Any = None, **kw: Any
    ) -> forms.BaseForm:
        link = get_object_or_404(Connection, channel=kw["pk"])
        form = SecretFields(data=data, initial={"purpose": request.GET.get("purpose", "")})
        form.fields["purpose"].choices = list(adapter_of(link.adapter).secrets)  # type: ignore[attr-defined]
        return form

    def perform(self, request: HttpRequest, form: Any, **kw: Any) -> str:
        data = form.cleaned_data
        link = get_object_or_404(Connection, channel=kw["pk"])
        connection_secret_set(
            connection_id=link.pk, purpose=data["purpose"], secret=data["secret"],
            overlap=timedelta(hours=data["overlap_hours"]), actor=actor_of(request), at=timezone.now(),
        )  # fmt: skip
        return self.back(**kw)


class SyncFields(forms.Form):
    publishes_stock = forms.BooleanField(
        required=False,
        label="Tell it what it may sell",
        help_text="From now on its quantities are set by Keel.",
    )
    polls_orders = forms.BooleanField(
        required=False, label="Ask for changed orders", help_text="Every five minutes, in case a message got lost."
    )  # fmt: skip
    risk_units = forms.IntegerField(
        required=False, min_value=0, max_value=100_000, label="Units that may be oversold at worst",
        help_text="Per SKU. What sells fast is kept back so that no more is at risk. Blank: nothing is kept back.",
    )  # fmt: skip
    reconcile_hours = forms.IntegerField(
        min_value=1, max_value=168, initial=6, label="Compare every", help_text="Hours between two looks at what it shows."
    )  # fmt: skip
    reason = forms.CharField(max_length=100, label="Why, in a few words")


class SyncEdit(_OfChannel):
    title, form_class, done = (
        "What the channel is told",
        SyncFields,
        "Saved. It takes effect with the next look.",
    )

    def get_initial(self, request: HttpRequest, **kw: Any) -> dict[str, Any]:
        row = ChannelSync.objects.filter(channel=kw["pk"]).first() or ChannelSync()
        names = ("publishes_stock", "polls_orders", "risk_units", "reconcile_hours")
        return {name: getattr(row, name) for name in names}

    def perform(self, request: HttpRequest, form: Any, **kw: Any) -> str:
        data = dict(form.cleaned_data)
        reason = data.pop("reason")
        channel_sync_set(
            SyncDraft(channel_id=kw["pk"], **data), reason=reason, actor=actor_of(request), at=timezone.now()
        )
        return self.back(**kw)


@page(EDIT)
@require_POST
def connection_switch_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will switch a channel's connection on or off."""
    link = get_object_or_404(Connection, channel=pk)
    is_on = request.POST.get("is_enabled") == "yes"
    return run_action(
        request,
        lambda: connection_switch(
            connection_id=link.pk, is_enabled=is_on, reason=request.POST.get("reason", ""), actor=actor_of(request),
            at=timezone.now(),
        ),
        done="Switched on." if is_on else "Switched off.", url=reverse("orders:channel_detail", args=[pk]),
    )  # fmt: skip


@page(EDIT)
@require_POST
def connection_test_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will have a worker ask the channel, and show the job whose result says what it answered."""
    link = get_object_or_404(Connection, channel=pk)

    def start() -> Any:
        if not link.is_enabled:
            raise InvalidInput(
                "the connection is switched off", field="is_enabled", remedy="Switch it on first."
            )
        return connection_test_start(connection_id=link.pk, actor=actor_of(request), at=timezone.now())

    return run_action(
        request, start, done="The test is under way: its result appears here.",
        url=lambda job: reverse("job_detail", args=[job.pk]),
    )  # fmt: skip
