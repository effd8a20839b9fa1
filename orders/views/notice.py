"""How does a person read, repeat and write messages to a customer?"""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.errors import KeelError
from erp.core.models import OutboxMessage
from erp.core.pages import Action, ActionField, Fact, FormPage, Panel, RecordPage, run_action
from erp.core.pages.format import when_html
from erp.core.pages.mail import mail_frame
from erp.core.permissions import actor_of, page
from erp.core.states import OUTBOX
from orders.mail import mail_render
from orders.models import Order
from orders.selectors.notice import mail_look, mail_order, notice_label, order_to_tell, own_words
from orders.services import notice_resend, order_write_to_customer
from orders.services.notice import SENDER, checked_message, notice_mail


def _notice(pk: int) -> OutboxMessage:
    return get_object_or_404(OutboxMessage, pk=pk, kind=SENDER)


class NoticeRecord(RecordPage):
    """One message to a customer, as it reads now."""

    permission, title, machine = "orders.view", "Message", OUTBOX

    def get_object(self, request: HttpRequest, **kw: Any) -> OutboxMessage:
        return _notice(kw["pk"])

    def get_title(self, obj: OutboxMessage) -> str:
        return notice_label(obj)

    def get_crumb(self, obj: OutboxMessage) -> str:
        return notice_label(obj)

    def get_breadcrumbs(self, obj: OutboxMessage) -> list[tuple[str, str]]:
        order = get_object_or_404(Order, pk=obj.subject_id)
        return [
            ("Orders", reverse("orders:order_list")),
            (order.number, reverse("orders:order_detail", args=[order.pk])),
        ]

    def get_facts(self, obj: OutboxMessage) -> list[Fact]:
        return [
            Fact("To", str(obj.payload.get("to", ""))),
            Fact("Written", when_html(obj.created_at)),
            Fact("Sent", when_html(obj.finished_at) if obj.finished_at else "–"),
            Fact("Attempts", f"{obj.attempts} of {obj.max_attempts}"),
        ]

    def get_actions(self, obj: OutboxMessage, user: Any) -> list[Action]:
        return [
            Action(
                "Send again", reverse("orders:notice_resend", args=[obj.pk]), "orders.message", icon="rotate-cw",
                fields=[ActionField("reason", "Why", kind="textarea")],
                confirm="It goes to the e-mail address that the order has now.",
            )
        ]  # fmt: skip

    def get_panels(self, obj: OutboxMessage) -> list[Panel]:
        frame = {"frame_url": reverse("orders:notice_preview", args=[obj.pk])}
        panels = [Panel("As it reads with today’s wording", "core/partials/_mail_frame.html", frame)]
        if obj.error:
            panels.append(Panel("What went wrong", "core/partials/_raw.html", {"text": obj.error}))
        return panels


@page("orders.view")
def notice_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will show a message to a customer in a frame."""
    try:
        mail, handed = notice_mail(_notice(pk))
    except KeelError as refusal:
        return mail_frame(subject="", text="", html="", problem=f"{refusal.message}.", remedy=refusal.remedy)
    return mail_frame(subject=mail.subject, text=mail.text, html=mail.html, sender=handed.from_name)


@page("orders.message")
@require_POST
def notice_resend_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will send a message once more."""
    message = _notice(pk)
    return run_action(
        request,
        lambda: notice_resend(
            message_id=pk, reason=request.POST.get("reason", ""), actor=actor_of(request), at=timezone.now()
        ),
        done="It goes out again.",
        url=reverse("orders:order_detail", args=[message.subject_id]),
    )


class WriteForm(forms.Form):
    subject = forms.CharField(max_length=150)
    text = forms.CharField(
        label="Message", max_length=5_000, widget=forms.Textarea(attrs={"rows": 9}),
        help_text="The greeting before it and your name under it come by themselves.",
    )  # fmt: skip


class OrderWrite(FormPage):
    """Free words to the customer of an order, in the shop's frame."""

    permission, form_class, title = "orders.message", WriteForm, "Write to customer"
    submit_label, done = "Send", "The message is on its way."
    template_name = "orders/order_write.html"

    def get_title(self, request: HttpRequest, **kw: Any) -> str:
        order = get_object_or_404(Order, pk=kw["pk"])
        return f"Write to the customer of {order.number}"

    def get_breadcrumbs(self, request: HttpRequest, **kw: Any) -> list[tuple[str, str]]:
        return [("Order", reverse("orders:order_detail", args=[kw["pk"]]))]

    def get_extra_context(self, request: HttpRequest, form: Any, **kw: Any) -> dict[str, Any]:
        order = get_object_or_404(Order, pk=kw["pk"])
        return {"to": order.email, "preview_url": reverse("orders:order_write_preview", args=[kw["pk"]])}

    def perform(self, request: HttpRequest, form: Any, **kw: Any) -> str:
        data, token = form.cleaned_data, request.POST.get("form_token", "")[:60] or str(uuid.uuid4())
        order_write_to_customer(
            order_id=kw["pk"], subject=data["subject"], text=data["text"], token=token,
            actor=actor_of(request), at=timezone.now(),
        )  # fmt: skip
        return reverse("orders:order_detail", args=[kw["pk"]])


@page("orders.message")
@require_POST
def order_write_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will show what is being written as the customer would get it."""
    subject, text = request.POST.get("subject", ""), request.POST.get("text", "")
    try:
        checked_message(subject, text)
        order = order_to_tell(pk)
    except KeelError as refusal:
        return mail_frame(subject="", text="", html="", problem=f"{refusal.message}.", remedy=refusal.remedy)
    actor, look = actor_of(request), mail_look(order)
    facts = {"subject": subject, "message": text, "author": actor.first_name or actor.username}
    words = own_words("ORDER_MESSAGE", look.language, order.channel_id)
    mail = mail_render("ORDER_MESSAGE", mail_order(order), facts, look, words)
    return mail_frame(
        subject=mail.subject, text=mail.text, html=mail.html, sender=look.from_name or look.shop_name
    )
