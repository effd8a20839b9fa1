"""Who writes an interchange to a partner: under which control numbers, once, and where does it go?

Control numbers have no gap and no double: the counter's row stays locked until the transaction commits that also writes the
interchange and its outbox message, and a rollback gives the number back. What is told of one thing is told once, by its key.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import OutboxMessage, User
from erp.core.services.outbox import OutboxDraft, outbox_add_many
from erp.core.sql import query
from orders.channels.edi.envelope import X12
from orders.channels.edi.profile import Profile
from orders.channels.edi.write import Controls
from orders.models import Connection, EdiInterchange, EdiMessage

HIGHEST = 999_999_999  # nine digits, then it begins again at 1


@dataclass(frozen=True)
class InterchangeDraft:
    """What to write: `compose` is given the control numbers. `numbers`: (kind, what it is about) of each document in it."""

    key: str
    documents: str
    compose: Callable[[Controls], str]
    numbers: Sequence[tuple[str, str]] = ()
    is_acknowledged: bool = True
    is_test: bool = False
    acknowledges: EdiInterchange | None = None


def edi_connection_lock(channel: str) -> Connection:
    """This function will return a partner's connection, locked until the transaction ends; NotFound when there is none.

    Everything that is read from or written to one partner goes one by one.
    """
    found = (
        Connection.objects.select_for_update(no_key=True, of=("self",))
        .select_related("channel")
        .filter(channel__code=channel, adapter="edi")
        .first()
    )
    if found is None:
        raise NotFound(
            f"“{channel[:40]}” is no EDI partner",
            field="channel",
            remedy="Connect the channel by the adapter “edi”.",
        )
    return found


def edi_number_take(connection_id: int, name: str) -> int:
    """This function will return a partner's next control number of a kind; gapless, see the module."""
    rows = query(
        "INSERT INTO orders_edicounter AS c (connection_id, name, last_number) VALUES (%s, %s, 1) "
        "ON CONFLICT (connection_id, name) DO UPDATE SET last_number = "
        "CASE WHEN c.last_number >= %s THEN 1 ELSE c.last_number + 1 END "
        "RETURNING last_number",
        [connection_id, name, HIGHEST],
    )
    return int(rows[0][0])


@transaction.atomic
def edi_interchange_write(
    draft: InterchangeDraft, *, connection: Connection, profile: Profile, actor: User, at: datetime
) -> EdiInterchange:
    """This function will write an interchange down for delivery, or return the one that was written for its key before.

    The caller has locked the connection.
    """
    known = EdiInterchange.objects.filter(connection=connection, direction="OUT", key=draft.key).first()
    if known is not None:
        return known
    controls = Controls(
        edi_number_take(connection.pk, "interchange"), edi_number_take(connection.pk, "group"), at
    )
    text = draft.compose(controls)
    waits = draft.is_acknowledged and profile.ack_hours > 0
    row = EdiInterchange.objects.create(
        connection=connection, direction="OUT", standard=profile.standard, control_number=str(controls.interchange),
        group_number=str(controls.group), sender=profile.ours, receiver=profile.theirs, documents=draft.documents[:120],
        is_test=draft.is_test or profile.sends_test, answer="WAITING" if waits else "NOT_WANTED", text=text, key=draft.key,
        acknowledges=draft.acknowledges, at=at, due_at=at + timedelta(hours=profile.ack_hours) if waits else None,
    )  # fmt: skip
    EdiMessage.objects.bulk_create(
        EdiMessage(
            interchange=row,
            position=place,
            kind=kind,
            reference=str(place),
            number=number[:80],
            is_accepted=True,
        )
        for place, (kind, number) in enumerate(draft.numbers, start=1)
    )
    ending = "x12" if profile.standard == X12 else "edi"
    name = f"{controls.interchange:09d}-{draft.documents.split()[0].lower()}.{ending}"
    payload = {"channel": connection.channel.code, "name": name, "document": text}
    outbox_add_many(
        [OutboxDraft(f"edi:{connection.channel.code}", "orders.edi_deliver", f"edi:{row.pk}", payload,
                     "orders.EdiInterchange", row.pk)]
    )  # fmt: skip
    return row


def edi_folder(channel: str) -> Path:
    """This function will return the folder that a partner's gateway fetches from; InvalidInput for a code that is no name."""
    if not channel.replace("-", "").replace("_", "").isalnum():
        raise InvalidInput(
            f"“{channel}” can not name a folder", field="channel", remedy="Use letters, digits, - and _."
        )
    return Path(settings.MEDIA_ROOT) / "edi" / channel / "out"


def edi_deliver(message: OutboxMessage) -> str:
    """This function will put a document into its partner's folder, whole or not at all, and return its name.

    The same message again writes the same file again.
    """
    folder, name = edi_folder(str(message.payload["channel"])), str(message.payload["name"])
    folder.mkdir(parents=True, exist_ok=True)
    handle, path = tempfile.mkstemp(prefix=".writing-", dir=folder)  # a gateway does not fetch hidden files
    try:
        with os.fdopen(handle, "w", encoding="latin-1", newline="") as file:
            file.write(str(message.payload["document"]))
            file.flush()
            os.fsync(file.fileno())
        os.chmod(path, 0o640)
        os.replace(path, folder / name)
    except BaseException:
        Path(path).unlink(missing_ok=True)
        raise
    return name
