"""Where does a shop keep its own words for messages, and how a channel writes?"""

from __future__ import annotations

import uuid
from typing import Any

import django_filters
import django_tables2 as tables
from django import forms
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.errors import KeelError
from erp.core.filters import KeelFilterSet
from erp.core.pages import Action, Fact, FormPage, ListPage, Panel, RecordPage, run_action
from erp.core.pages.format import when_html
from erp.core.pages.mail import mail_frame
from erp.core.permissions import actor_of, page
from erp.core.tables import KeelTable, RecordColumn, WhenColumn
from orders.mail import MailLook, Words, sample_mail
from orders.mail.message import built_in
from orders.models import Channel, ChannelMail, MessageTemplate
from orders.models.notice import LANGUAGES
from orders.notices import AUTOMATIC, KINDS
from orders.selectors.notice import channel_look, own_words
from orders.services import (
    ChannelMailDraft,
    TemplateDraft,
    channel_mail_save,
    message_template_retire,
    message_template_save,
)
from orders.services.message_template import message_test_send, template_check

LABELS = [(code, kind.label) for code, kind in KINDS.items()]


class MessageTemplateTable(KeelTable):
    kind = RecordColumn(verbose_name="Message")
    language = tables.Column()
    channel = tables.Column(default="all")
    version = tables.Column()
    created_by = tables.Column(verbose_name="By")
    created_at = WhenColumn(style="ago", verbose_name="Written")
    is_active = tables.BooleanColumn(verbose_name="In force")

    class Meta(KeelTable.Meta):
        model = MessageTemplate
        fields = (
            "kind", "language", "channel", "version", "subject", "is_active", "reason", "created_by", "created_at",
        )  # fmt: skip

    def render_kind(self, record: MessageTemplate) -> str:
        return KINDS[record.kind].label


class MessageTemplateFilter(KeelFilterSet):
    kind = django_filters.MultipleChoiceFilter(choices=LABELS, label="Message")
    language = django_filters.MultipleChoiceFilter(choices=LANGUAGES, label="Language")
    is_active = django_filters.BooleanFilter(label="In force")

    class Meta:
        model = MessageTemplate
        fields: list[str] = []


class MessageTemplateList(ListPage):
    """The kinds of messages, and every version of wording of one's own."""

    permission, title, list_code = "orders.view", "Messages to customers", "orders.message_templates"
    table_class, filterset_class = MessageTemplateTable, MessageTemplateFilter
    search_fields = ("subject", "text", "reason", "channel__code")
    default_order = ("kind", "language", "-version")
    hidden_columns = ("reason",)
    help_text = (
        "What customers are told, when, and in which words. A channel’s page says which of them it sends."
    )
    summary_template = "orders/partials/_notice_kinds.html"
    empty_title, empty_text = "No wording of our own", "The built-in wording is sent. Change one above."

    def get_queryset(self, request: HttpRequest) -> QuerySet[MessageTemplate]:
        return MessageTemplate.objects.select_related("channel", "created_by")

    def get_summary(self, request: HttpRequest, rows: QuerySet[Any]) -> dict[str, Any]:
        own = {
            (row.kind, row.language): row.version
            for row in MessageTemplate.objects.filter(channel=None, is_active=True)
        }
        kinds = [
            (kind, [(code, label, own.get((kind.code, code))) for code, label in LANGUAGES])
            for kind in KINDS.values()
        ]
        return {"kinds": kinds}


class MessageTemplateRecord(RecordPage):
    permission, title = "orders.view", "Wording"
    list_page, list_url_name = MessageTemplateList, "orders:message_template_list"

    def get_object(self, request: HttpRequest, **kw: Any) -> MessageTemplate:
        return get_object_or_404(MessageTemplate.objects.select_related("channel", "created_by"), pk=kw["pk"])

    def get_title(self, obj: MessageTemplate) -> str:
        return f"{KINDS[obj.kind].label}, {obj.get_language_display()}"

    def get_crumb(self, obj: MessageTemplate) -> str:
        return f"Version {obj.version}"

    def get_tags(self, obj: MessageTemplate) -> list[tuple[str, str, str]]:
        return [("in force", "success", "check")] if obj.is_active else [("not in force", "muted", "archive")]

    def get_facts(self, obj: MessageTemplate) -> list[Fact]:
        return [
            Fact("Version", str(obj.version)), Fact("Channel", obj.channel.name if obj.channel else "all"),
            Fact("By", str(obj.created_by)), Fact("Written", when_html(obj.created_at)), Fact("Why", obj.reason or "–"),
        ]  # fmt: skip

    def get_actions(self, obj: MessageTemplate, user: Any) -> list[Action]:
        query = f"?channel={obj.channel.code}" if obj.channel else ""
        edit = reverse("orders:wording_edit", args=[obj.kind, obj.language]) + query
        inactive = "" if obj.is_active else "It is not in force."
        return [
            Action("Change the wording", edit, "orders.message_edit", method="get", primary=True),
            Action(
                "Take out of force", reverse("orders:message_template_retire", args=[obj.pk]), "orders.message_edit",
                disabled_reason=inactive, confirm="The built-in wording, or that of all channels, is sent again.",
            ),
        ]  # fmt: skip

    def get_panels(self, obj: MessageTemplate) -> list[Panel]:
        frame = {"frame_url": reverse("orders:message_template_preview", args=[obj.pk])}
        source = f"{obj.subject}\n\n{obj.text}" + (f"\n\n--- HTML ---\n{obj.html}" if obj.html else "")
        return [
            Panel("With a sample order", "core/partials/_mail_frame.html", frame),
            Panel("Wording", "core/partials/_raw.html", {"text": source}),
        ]


@page("orders.view")
def version_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will show a version of wording with the sample order, in a frame."""
    row = get_object_or_404(MessageTemplate.objects.select_related("channel__mail"), pk=pk)
    look = _look(row.channel, row.language)
    return _sample_frame(row.kind, look, Words(row.subject, row.text, row.html))


@page("orders.message_edit")
@require_POST
def retire_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will take wording out of force."""
    return run_action(
        request,
        lambda: message_template_retire(template_id=pk, actor=actor_of(request), at=timezone.now()),
        done="It is out of force.",
        url=reverse("orders:message_template_list"),
    )


def _look(channel: Channel | None, language: str) -> MailLook:
    if channel is None:
        return MailLook("Your shop", language)
    return channel_look(channel.name, getattr(channel, "mail", None), language)


def _sample_frame(kind: str, look: MailLook, words: Words) -> HttpResponse:
    mail = sample_mail(kind, look, words)
    return mail_frame(
        subject=mail.subject, text=mail.text, html=mail.html, sender=look.from_name or look.shop_name
    )


class WordingFormFields(forms.Form):
    channel = forms.ModelChoiceField(
        Channel.objects.order_by("code"), to_field_name="code", required=False, empty_label="All channels",
        help_text="A channel’s own wording goes before that of all channels.",
    )  # fmt: skip
    subject = forms.CharField(max_length=200)
    text = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 18}),
        help_text="A blank line begins a paragraph, “# ” a heading. The HTML is made of this text.",
    )
    html = forms.CharField(
        label="HTML of your own (may stay blank)", widget=forms.Textarea(attrs={"rows": 6}), required=False,
        help_text="Instead of that made of the text; the shop’s frame stays around it.",
    )  # fmt: skip
    reason = forms.CharField(label="Why (for colleagues)", max_length=300, required=False)


def _kind(kind: str, language: str) -> None:
    if kind not in KINDS or language not in dict(LANGUAGES):
        raise Http404("no such message")


class WordingForm(FormPage):
    """Write the next version of a message's wording, with the preview beside it."""

    permission, form_class = "orders.message_edit", WordingFormFields
    submit_label, done = "Put in force", "The new wording is in force."
    template_name = "orders/wording_form.html"

    def get_title(self, request: HttpRequest, **kw: Any) -> str:
        _kind(kw["kind"], kw["language"])
        return f"{KINDS[kw['kind']].label}, {dict(LANGUAGES)[kw['language']]}"

    def get_breadcrumbs(self, request: HttpRequest, **kw: Any) -> list[tuple[str, str]]:
        return [("Messages to customers", reverse("orders:message_template_list"))]

    def get_initial(self, request: HttpRequest, **kw: Any) -> dict[str, Any]:
        kind, language = kw["kind"], kw["language"]
        _kind(kind, language)
        channel = Channel.objects.filter(code=request.GET.get("channel", "")).first()
        words = own_words(kind, language, channel.pk if channel else None) or built_in(kind, language)
        return {
            "channel": channel.code if channel else "", "subject": words.subject, "text": words.text, "html": words.html,
        }  # fmt: skip

    def get_extra_context(self, request: HttpRequest, form: Any, **kw: Any) -> dict[str, Any]:
        names = [kw["kind"], kw["language"]]
        return {
            "kind": KINDS[kw["kind"]],
            "preview_url": reverse("orders:wording_preview", args=names),
            "test_url": reverse("orders:wording_test", args=names),
        }

    def perform(self, request: HttpRequest, form: Any, **kw: Any) -> str:
        data = form.cleaned_data
        channel_id = data["channel"].pk if data["channel"] else None
        draft = TemplateDraft(
            kw["kind"], kw["language"], data["subject"], data["text"], data["html"], channel_id
        )
        saved = message_template_save(
            draft, reason=data["reason"], actor=actor_of(request), at=timezone.now()
        )
        return reverse("orders:message_template_detail", args=[saved.pk])


def _draft(request: HttpRequest, kind: str, language: str) -> tuple[TemplateDraft, Channel | None]:
    _kind(kind, language)
    channel = Channel.objects.select_related("mail").filter(code=request.POST.get("channel", "")).first()
    subject, text, html = (request.POST.get(name, "") for name in ("subject", "text", "html"))
    return TemplateDraft(kind, language, subject, text, html, channel.pk if channel else None), channel


@page("orders.message_edit")
@require_POST
def draft_preview(request: HttpRequest, kind: str, language: str) -> HttpResponse:
    """This function will show the wording being written with the sample order, or say what is wrong with it."""
    draft, channel = _draft(request, kind, language)
    try:
        words = template_check(draft)
    except KeelError as refusal:
        return mail_frame(subject="", text="", html="", problem=f"{refusal.message}.", remedy=refusal.remedy)
    return _sample_frame(kind, _look(channel, language), words)


@page("orders.message_edit")
@require_POST
def draft_test(request: HttpRequest, kind: str, language: str) -> HttpResponse:
    """This function will send the wording being written, with the sample order, to the person who writes it."""
    draft, channel = _draft(request, kind, language)
    actor = actor_of(request)
    try:
        message_test_send(
            draft, look=_look(channel, language), token=str(uuid.uuid4()), actor=actor, at=timezone.now()
        )
    except KeelError as refusal:
        return mail_frame(subject="", text="", html="", problem=f"{refusal.message}.", remedy=refusal.remedy)
    said = f"A test is on its way to {actor.email}."
    return mail_frame(subject="Sent to you", text=said, html="")


class ChannelMailFields(forms.Form):
    is_on = forms.BooleanField(
        required=False,
        label="Tell customers what becomes of their orders",
        help_text="From now on; never of the past.",
    )
    kinds = forms.MultipleChoiceField(
        choices=[(code, f"{KINDS[code].label}: {KINDS[code].when}") for code in AUTOMATIC], required=False,
        widget=forms.CheckboxSelectMultiple, label="Messages",
        help_text="Leave out what the place itself tells them, as marketplaces do.",
    )  # fmt: skip
    language = forms.ChoiceField(choices=LANGUAGES, help_text="Unless the customer has one of their own.")
    from_name = forms.CharField(max_length=80, required=False, help_text="Blank = the channel’s name.")
    reply_to = forms.EmailField(required=False, label="Answers go to")
    logo_text = forms.CharField(max_length=40, required=False, help_text="Blank = the channel’s name.")
    colour = forms.CharField(
        max_length=7, widget=forms.TextInput(attrs={"type": "color", "class": "form-control-color"}),
        help_text="Behind the logo and the buttons. White letters must be readable on it.",
    )  # fmt: skip


class ChannelMailForm_(FormPage):
    permission, form_class, done = (
        "orders.message_edit",
        ChannelMailFields,
        "The channel writes like that from now on.",
    )

    def get_title(self, request: HttpRequest, **kw: Any) -> str:
        return f"E-mail of {get_object_or_404(Channel, pk=kw['pk']).name}"

    def get_breadcrumbs(self, request: HttpRequest, **kw: Any) -> list[tuple[str, str]]:
        return [
            ("Channels", reverse("orders:channel_list")),
            ("Channel", reverse("orders:channel_detail", args=[kw["pk"]])),
        ]

    def get_initial(self, request: HttpRequest, **kw: Any) -> dict[str, Any]:
        mail = ChannelMail.objects.filter(channel_id=kw["pk"]).first()
        if mail is None:
            return {"kinds": AUTOMATIC, "language": "en", "colour": "#1d4ed8"}
        names = ("kinds", "language", "from_name", "reply_to", "logo_text", "colour")
        return {"is_on": mail.notices_from is not None, **{name: getattr(mail, name) for name in names}}

    def perform(self, request: HttpRequest, form: Any, **kw: Any) -> str:
        draft = ChannelMailDraft(channel_id=kw["pk"], **form.cleaned_data)
        channel_mail_save(draft, actor=actor_of(request), at=timezone.now())
        return reverse("orders:channel_detail", args=[kw["pk"]])
