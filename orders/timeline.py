"""What do the messages on an order's timeline say?"""

from __future__ import annotations

from erp.core.models import OutboxMessage
from erp.core.pages.timeline import register_message
from orders.selectors.notice import notice_label


def _words(message: OutboxMessage) -> tuple[str, str]:
    return notice_label(message), f"to {message.payload.get('to', '')}"


register_message("orders.notice_send", _words)
