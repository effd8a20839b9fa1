"""Which programs hold a key to the API, and who makes, renews and revokes one?"""

from __future__ import annotations

from datetime import timedelta
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

from erp.core.errors import KeelError
from erp.core.filters import KeelFilterSet
from erp.core.models import ApiKey, User
from erp.core.pages import Action, ActionField, Fact, ListPage, Panel, RecordPage, run_action
from erp.core.pages.actions import refusal_text
from erp.core.pages.format import when_html
from erp.core.pages.parts import PrimaryAction
from erp.core.permissions import actor_of, page
from erp.core.services.api_key import ALL, SCOPES, api_key_create, api_key_revoke, api_key_rotate
from erp.core.tables import KeelTable, RecordColumn, WhenColumn
from erp.core.views.secrets import SecretForm, Shown, show_secret

ADMIN = "core.admin"
TOLD = "Send it as “Authorization: Bearer …”. Keel keeps only its fingerprint: it is never shown again."


class ApiKeyTable(KeelTable):
    name = RecordColumn(verbose_name="Key")
    user = tables.Column(verbose_name="Acts as")
    prefix = tables.Column(verbose_name="Begins with", attrs={"td": {"class": "k-code"}})
    scopes = tables.Column(orderable=False)
    channel_code = tables.Column(verbose_name="Channel")
    is_active = tables.BooleanColumn(verbose_name="In force", yesno="yes,revoked")
    last_used_at = WhenColumn(style="ago", verbose_name="Last used")
    expires_at = WhenColumn(style="date", verbose_name="Expires")
    created_at = WhenColumn(style="date", verbose_name="Made")

    class Meta(KeelTable.Meta):
        model = ApiKey
        fields = (
            "name", "user", "prefix", "scopes", "channel_code", "is_active", "last_used_at", "expires_at", "created_at",
        )  # fmt: skip

    def render_scopes(self, value: list[str]) -> str:
        return "everything" if ALL in value else ", ".join(value)


class ApiKeyFilter(KeelFilterSet):
    is_active = django_filters.ChoiceFilter(
        choices=[("True", "In force"), ("False", "Revoked")], label="State", empty_label="Any"
    )

    class Meta:
        model = ApiKey
        fields: list[str] = []


class ApiKeyList(ListPage):
    permission, title, list_code = ADMIN, "API keys", "core.api_keys"
    table_class, filterset_class = ApiKeyTable, ApiKeyFilter
    search_fields = ("name", "prefix", "user__username", "channel_code")
    default_order = ("name",)
    hidden_columns = ("created_at",)
    primary_action = PrimaryAction("New key", "api_key_create", ADMIN)
    empty_title = "No program has a key yet"
    empty_text = "A key lets a shop or a 3PL use the REST API as one user, for what its scopes allow."

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        return ApiKey.objects.select_related("user")


class ApiKeyRecord(RecordPage):
    permission, title = ADMIN, "API key"
    list_page, list_url_name = ApiKeyList, "api_key_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> ApiKey:
        return get_object_or_404(ApiKey.objects.select_related("user", "use"), pk=kwargs["pk"])

    def get_title(self, obj: ApiKey) -> str:
        return obj.name

    def get_tags(self, obj: ApiKey) -> list[tuple[str, str, str]]:
        if not obj.is_active:
            return [("Revoked", "danger", "ban")]
        expired = obj.expires_at is not None and obj.expires_at <= timezone.now()
        return [("Expired", "warning", "clock-alert")] if expired else [("In force", "success", "check")]

    def get_facts(self, obj: ApiKey) -> list[Fact]:
        return [
            Fact("Acts as", obj.user),
            Fact("Last used", when_html(obj.last_used_at, "ago") if obj.last_used_at else "never"),
            Fact("Expires", when_html(obj.expires_at) if obj.expires_at else "never"),
            Fact("Requests a minute", obj.rate_per_minute or "the house's limit"),
        ]

    def get_panels(self, obj: ApiKey) -> list[Panel]:
        pairs = [
            ("Begins with", obj.prefix),
            ("Scopes", "everything its user may" if ALL in obj.scopes else ", ".join(obj.scopes)),
            ("Channel", obj.channel_code or "any"),
        ]
        if obj.previous_until and obj.previous_until > timezone.now():
            pairs.append(("The old secret is good until", when_html(obj.previous_until)))
        return [Panel("What it may do", "core/partials/_pairs.html", {"pairs": pairs})]

    def get_actions(self, obj: ApiKey, user: Any) -> list[Action]:
        gone = "" if obj.is_active else "It was revoked."
        hours = ActionField(
            "hours", "Hours that the old secret stays good", kind="number", value=24, help_text="0: it ends at once."
        )  # fmt: skip
        return [
            Action(
                "New secret", reverse("api_key_rotate", args=[obj.pk]), ADMIN, primary=True, disabled_reason=gone,
                icon="rotate-cw", fields=[hours], confirm="The program needs the new secret before the old one ends.",
            ),
            Action(
                "Revoke", reverse("api_key_revoke", args=[obj.pk]), ADMIN, danger=True, disabled_reason=gone, icon="ban",
                confirm="The program can do nothing from now on.", fields=[ActionField("reason", "Why")],
            ),
        ]  # fmt: skip


class ApiKeyForm(forms.Form):
    name = forms.CharField(max_length=80, help_text="The program that uses it.")
    user = forms.ModelChoiceField(
        User.objects.filter(is_active=True).order_by("username"),
        label="Acts as",
        help_text="The key may never do more than this user.",
    )
    scopes = forms.MultipleChoiceField(
        choices=[(ALL, "everything"), *[(scope, scope) for scope in SCOPES]],
        widget=forms.CheckboxSelectMultiple,
        help_text="What the program needs, and no more.",
    )
    channel_code = forms.CharField(
        max_length=40, required=False, label="Only for channel", help_text="Blank: any."
    )
    days = forms.IntegerField(
        min_value=1, max_value=3_650, required=False, label="Expires after days", help_text="Blank: never."
    )
    rate_per_minute = forms.IntegerField(
        min_value=1, max_value=10_000_000, required=False, label="Requests a minute", help_text="Blank: the house's limit."
    )  # fmt: skip


class ApiKeyCreate(SecretForm):
    permission, title, form_class, submit_label = ADMIN, "New API key", ApiKeyForm, "Make the key"

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("API keys", reverse("api_key_list"))]

    def make(self, request: HttpRequest, form: Any, **kwargs: Any) -> Shown:
        said, now = form.cleaned_data, timezone.now()
        key, secret = api_key_create(
            name=said["name"], user=said["user"], channel_code=said["channel_code"], scopes=said["scopes"],
            expires_at=now + timedelta(days=said["days"]) if said["days"] else None,
            rate_per_minute=said["rate_per_minute"], actor=actor_of(request), at=now,
        )  # fmt: skip
        return Shown(f"The key of {key.name}", secret, reverse("api_key_detail", args=[key.pk]), TOLD)


@page(ADMIN)
@require_POST
def rotate(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will give a key a new secret and show it."""
    hours = request.POST.get("hours", "24").strip()
    url = reverse("api_key_detail", args=[pk])
    if not (hours.isascii() and hours.isdigit() and int(hours[:6]) <= 24 * 90):
        messages.error(request, "The old secret stays good for 0 to 2160 hours. Send a whole number.")
        return redirect(url)
    try:
        key, secret = api_key_rotate(
            api_key_id=pk, overlap=timedelta(hours=int(hours[:6])), actor=actor_of(request), at=timezone.now()
        )
    except KeelError as refusal:
        messages.error(request, refusal_text(refusal))
        return redirect(url)
    return show_secret(request, Shown(f"The new secret of {key.name}", secret, url, TOLD))


@page(ADMIN)
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will make a key worthless."""
    return run_action(
        request,
        lambda: api_key_revoke(
            api_key_id=pk, reason=request.POST.get("reason", ""), actor=actor_of(request), at=timezone.now()
        ),
        done="The key is revoked.",
        url=reverse("api_key_detail", args=[pk]),
    )
