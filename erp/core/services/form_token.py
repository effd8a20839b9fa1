"""How does a form that is sent twice act once?

The browser makes a token per form page. The token's row is inserted in the transaction of the act itself: a second
submit waits on the unique key until the first has committed, and is then told where the first one led.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from erp.core.models import IdempotencyKey, User


@transaction.atomic
def form_submit_once(*, token: str, act: Callable[[], str], actor: User, at: datetime) -> tuple[str, bool]:
    """This function will run `act` (it returns the address to go to) unless this token has been used before.

    Returns the address and whether the act ran now. Whatever `act` raises undoes both.
    """
    client = f"form:{actor.pk}"
    key = sha256(token.encode()).hexdigest()
    row = IdempotencyKey(
        client=client, key=key, request_hash="", state="IN_PROGRESS", lease_until=at, created_at=at
    )
    IdempotencyKey.objects.bulk_create([row], ignore_conflicts=True)
    mine = IdempotencyKey.objects.select_for_update().get(client=client, key=key)
    if mine.state == "DONE":
        return mine.response_body, False
    target = act()
    IdempotencyKey.objects.filter(pk=mine.pk).update(state="DONE", response_status=302, response_body=target)
    return target, True
