"""Where do channels send their messages? One address per channel, proven by the channel's own signature."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.http.request import UnreadablePostError
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from erp.core.permissions import public
from erp.core.services.user import system_user
from orders.channels.contract import Inbound, Refused
from orders.services.channel_message import channel_message_receive
from orders.services.refused_delivery import delivery_refuse


@public
@csrf_exempt
def webhook_view(request: HttpRequest, slug: str) -> JsonResponse:
    """Prove, store, answer. What the message means is found out by a worker."""
    at = timezone.now()
    try:
        inbound = _inbound(request, _body(request))
    except Refused as refused:
        delivery_refuse(channel=slug, inbound=_inbound(request, b""), refused=refused, at=at)
        return _turned_away(refused)
    try:
        stored = channel_message_receive(channel=slug, inbound=inbound, actor=system_user("channel"), at=at)
    except Refused as refused:
        return _turned_away(refused)
    return JsonResponse({"message": stored.id, "new": stored.is_new})


def _body(request: HttpRequest) -> bytes:
    """This function will return the body; Refused for another method, and for one larger than any channel sends."""
    if request.method != "POST":
        raise Refused(
            "wrong_method", f"{str(request.method)[:20]} was asked, messages are posted", status=405
        )
    try:
        return request.body
    except RequestDataTooBig:
        size = str(request.META.get("CONTENT_LENGTH", ""))[:20]
        raise Refused("too_large", f"{size} bytes are more than any channel sends", status=413) from None
    except UnreadablePostError:
        raise Refused("broken_off", "the sender broke off", status=400) from None


def _inbound(request: HttpRequest, body: bytes) -> Inbound:
    return Inbound(
        {name.lower(): value for name, value in request.headers.items()}, body, request.path, request.GET.dict(),
        request.META.get("REMOTE_ADDR", ""),
    )  # fmt: skip


def _turned_away(refused: Refused) -> JsonResponse:
    answer = JsonResponse({"code": refused.reason, "message": refused.message}, status=refused.status)
    if refused.status == 405:
        answer["Allow"] = "POST"
    return answer
