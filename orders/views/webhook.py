"""Where do channels send their messages? One address per channel, proven by the channel's own signature."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from erp.core.permissions import public
from erp.core.services.user import system_user
from orders.channels.contract import Inbound, Refused
from orders.services.channel_message import channel_message_receive


@public
@csrf_exempt
@require_POST
def webhook_view(request: HttpRequest, slug: str) -> JsonResponse:
    """Prove, store, answer. What the message means is found out by a worker."""
    inbound = Inbound(
        {name.lower(): value for name, value in request.headers.items()}, request.body, request.path,
        request.GET.dict(), request.META.get("REMOTE_ADDR", ""),
    )  # fmt: skip
    try:
        stored = channel_message_receive(
            channel=slug, inbound=inbound, actor=system_user("channel"), at=timezone.now()
        )
    except Refused as refused:
        return JsonResponse({"code": refused.reason, "message": refused.message}, status=refused.status)
    return JsonResponse({"message": stored.id, "new": stored.is_new})
