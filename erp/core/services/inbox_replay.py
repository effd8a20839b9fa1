"""Who handles a message again, while the person who asked for it waits for the answer?"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from erp.core.errors import IllegalTransition, NotFound
from erp.core.models import InboxMessage, User
from erp.core.services.inbox import inbox_revive_many
from erp.core.sql import execute
from erp.core.states import WorkState
from erp.core.work_registry import inbox_handler


@transaction.atomic
def inbox_replay(*, message_id: int, actor: User, at: datetime) -> str:
    """This function will handle a refused message once more and return what it became ("orders.Order:17").

    Its exception cases are settled with it. The refusal, when it is refused again: nothing has changed then.
    IllegalTransition for a message that was handled or is on its way.
    """
    message = InboxMessage.objects.select_for_update().filter(pk=message_id).first()
    if message is None:
        raise NotFound(f"there is no message #{message_id}", field="id", remedy="Reload the list.")
    if message.state not in (WorkState.DEAD, WorkState.FAILED):
        became = f": it became {message.result}" if message.result else ""
        raise IllegalTransition(
            f"message #{message_id} is {message.state}{became}",
            field="state",
            remedy="Nothing is to be done.",
        )
    result = str(inbox_handler(message.kind)(message=message, actor=actor, at=at))
    message.refresh_from_db()
    if message.state != WorkState.DONE:
        inbox_revive_many({message.pk: result}, actor=actor, at=at)
    return result


REPLAYABLE = (WorkState.DONE, WorkState.DEAD, WorkState.FAILED)


@transaction.atomic
def inbox_handle_again(*, message_id: int, handled_by: User, actor: User, at: datetime) -> str:
    """This function will handle a message once more, whether it was refused or handled before, and return what it became.

    What a message says is followed once, however often it is handled: a handler finds its effect there and has nothing to do.
    `handled_by` acts, as the worker would; `actor` is who asked for it and settles the message's cases.
    IllegalTransition for a message that is on its way or was called off.
    """
    message = InboxMessage.objects.select_for_update(no_key=True).filter(pk=message_id).first()
    if message is None:
        raise NotFound(f"there is no message #{message_id}", field="id", remedy="Reload the list.")
    if message.state not in REPLAYABLE:
        raise IllegalTransition(
            f"message #{message_id} is {message.get_state_display().lower()}",
            field="state",
            remedy="Wait until it was handled, or try it again from its page.",
        )
    result = str(inbox_handler(message.kind)(message=message, actor=handled_by, at=at))[:200]
    message.refresh_from_db()
    if message.state != WorkState.DONE:
        inbox_revive_many({message.pk: result}, actor=actor, at=at)
    elif message.result != result:
        execute("UPDATE core_inboxmessage SET result = %s WHERE id = %s", [result, message.pk])
    return result
