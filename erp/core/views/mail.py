"""Where does one read the mail that a local installation did not send?"""

from __future__ import annotations

import email
from email import policy
from email.message import EmailMessage
from typing import Any

import django_tables2 as tables
from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from erp.core.filters import KeelFilterSet, date_filter
from erp.core.models import CaughtMail
from erp.core.pages import Action, Fact, ListPage, Panel, RecordPage
from erp.core.pages.format import when_html
from erp.core.pages.mail import mail_frame
from erp.core.permissions import page
from erp.core.tables import KeelTable, RecordColumn, WhenColumn

CATCHER = "erp.core.mail_catcher.CatcherBackend"
VIEW = "core.mail_view"


def mail_goes_to() -> str:
    """This function will return which server takes our mail, or nothing when the local catcher does."""
    if settings.EMAIL_BACKEND == CATCHER:
        return ""
    if settings.EMAIL_BACKEND.endswith("smtp.EmailBackend"):
        return f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    return str(settings.EMAIL_BACKEND)


class CaughtMailTable(KeelTable):
    subject = RecordColumn()
    recipients = tables.Column(verbose_name="To")
    sender = tables.Column(verbose_name="From")
    sent_at = WhenColumn(verbose_name="Sent")

    class Meta(KeelTable.Meta):
        model = CaughtMail
        fields = ("subject", "recipients", "sender", "sent_at")

    def render_subject_empty(self) -> str:
        return "(no subject)"


class CaughtMailFilter(KeelFilterSet):
    since = date_filter("sent_at", "date__gte", "Sent from")
    until = date_filter("sent_at", "date__lte", "Sent until")

    class Meta:
        model = CaughtMail
        fields: list[str] = []


class CaughtMailList(ListPage):
    permission, title, list_code = VIEW, "Sent mail", "core.caught_mail"
    table_class, filterset_class = CaughtMailTable, CaughtMailFilter
    search_fields = ("recipients", "subject", "message_id")
    default_order = ("-sent_at", "-pk")
    hidden_columns = ("sender",)
    summary_template = "core/partials/_mail_where.html"
    empty_title = "No mail was kept"
    empty_text = (
        "What this installation would send appears here, whole, as long as no mail server is configured."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[CaughtMail]:
        return CaughtMail.objects.defer("raw")

    def get_summary(self, request: HttpRequest, rows: QuerySet[Any]) -> dict[str, Any]:
        return {"server": mail_goes_to()}


class CaughtMailRecord(RecordPage):
    permission, title = VIEW, "Mail"
    list_page, list_url_name = CaughtMailList, "caught_mail_list"
    has_timeline = False

    def get_object(self, request: HttpRequest, **kw: Any) -> CaughtMail:
        return get_object_or_404(CaughtMail, pk=kw["pk"])

    def get_title(self, obj: CaughtMail) -> str:
        return obj.subject or "(no subject)"

    def get_crumb(self, obj: CaughtMail) -> str:
        return f"Mail {obj.pk}"

    def get_facts(self, obj: CaughtMail) -> list[Fact]:
        to = ", ".join(obj.recipients.split("\n"))
        return [Fact("To", to), Fact("From", obj.sender), Fact("Sent", when_html(obj.sent_at))]

    def get_actions(self, obj: CaughtMail, user: Any) -> list[Action]:
        raw = reverse("caught_mail_raw", args=[obj.pk])
        return [Action("Download", raw, VIEW, method="get", icon="download")]

    def get_panels(self, obj: CaughtMail) -> list[Panel]:
        headers = "\n".join(f"{name}: {value}" for name, value in parsed(obj).items())
        frame = {"frame_url": reverse("caught_mail_preview", args=[obj.pk])}
        return [
            Panel("The mail", "core/partials/_mail_frame.html", frame),
            Panel("Headers", "core/partials/_raw.html", {"text": headers}, column="side"),
        ]


def parsed(mail: CaughtMail) -> EmailMessage:
    """This function will return the mail's parts and headers."""
    return email.message_from_bytes(_raw(mail), policy=policy.default)


def _raw(mail: CaughtMail) -> bytes:
    return mail.raw.encode()


def _part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body(preferencelist=(kind,))
    return str(found.get_content()) if found is not None else ""


@page(VIEW)
def caught_mail_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will show a kept mail in a frame."""
    row = get_object_or_404(CaughtMail, pk=pk)
    mail = parsed(row)
    return mail_frame(
        subject=row.subject, text=_part(mail, "plain"), html=_part(mail, "html"), sender=row.sender
    )


@page(VIEW)
def caught_mail_raw(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will return a kept mail as the file that a mail program opens."""
    row = get_object_or_404(CaughtMail, pk=pk)
    response = HttpResponse(_raw(row), content_type="message/rfc822")
    response["Content-Disposition"] = f'attachment; filename="mail-{row.pk}.eml"'
    return response
