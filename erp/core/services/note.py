"""Who writes a note on a document's timeline, and who tells the people it names?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from erp.core.documents import document_url
from erp.core.errors import InvalidInput, NotFound
from erp.core.mentions import mentioned
from erp.core.models import Mention, Note, User
from erp.core.services.outbox import OutboxDraft, outbox_add_many

MOST_NAMES = 20


@dataclass(frozen=True)
class NoteDraft:
    """A note to write: the document's model label and id, and the words."""

    document_type: str
    document_id: int
    body: str


def note_add(*, document_type: str, document_id: int, body: str, actor: User, at: datetime) -> Note:
    """This function will add a person's note to a document's timeline; InvalidInput when it is empty.

    Active users that it names (@username) find it under their bell, and by e-mail when they have an address. A name that
    is nobody's stays plain text (see `mentions_check` for what a person types).
    """
    return note_add_many([NoteDraft(document_type, document_id, body)], actor=actor, at=at)[0]


@transaction.atomic
def note_add_many(drafts: Sequence[NoteDraft], *, actor: User, at: datetime) -> list[Note]:
    """This function will add notes to timelines (see `note_add`), in a constant number of statements."""
    if any(not draft.body.strip() for draft in drafts):
        raise InvalidInput("the note is empty", field="body", remedy="Write something, or leave it.")
    notes = Note.objects.bulk_create(
        Note(
            document_type=draft.document_type,
            document_id=draft.document_id,
            author=actor,
            body=draft.body.strip(),
            at=at,
        )
        for draft in drafts
    )
    names = {note.pk: mentioned(note.body)[:MOST_NAMES] for note in notes}
    people = _people({name for found in names.values() for name in found})
    told = [(note, people[name]) for note in notes for name in names[note.pk] if name in people]
    # who names themselves need not be told, but the name is shown as a link like any other
    Mention.objects.bulk_create(
        Mention(note=note, user=person, at=at, read_at=at if person.pk == actor.pk else None)
        for note, person in told
    )
    outbox_add_many(
        [_mail(note, person, actor) for note, person in told if person.email and person.pk != actor.pk]
    )
    return notes


def mentions_check(*, body: str, permission: str) -> None:
    """This function will refuse a note that names nobody we know, or somebody who may not open the page it is on."""
    names = mentioned(body)
    if len(names) > MOST_NAMES:
        raise InvalidInput(
            f"{len(names)} people are named", field="body", remedy=f"Name at most {MOST_NAMES} in one note."
        )
    people = _people(set(names))
    for name in names:
        if name not in people:
            raise InvalidInput(
                f"there is no active user “{name}”", field="body", remedy="Write the name as they log in."
            )
        if not people[name].may(permission):
            raise InvalidInput(f"{name} may not open this page", field="body", remedy="Ask somebody who may.")


def _people(names: set[str]) -> dict[str, User]:
    if not names:
        return {}
    found = User.objects.filter(username__in=names, is_active=True, is_system=False)
    return {person.username: person for person in found.prefetch_related("groups")}


def _mail(note: Note, person: User, actor: User) -> OutboxDraft:
    context = {
        "author": str(actor),
        "body": note.body[:2000],
        "document": f"{note.document_type} {note.document_id}",
        "path": document_url(note.document_type, note.document_id) or "/mentions/",
    }
    payload = {"to": person.email, "template": "core/email/mention", "context": context}
    return OutboxDraft(
        f"user:{person.pk}:email", "core.send_email", f"mention:{note.pk}:{person.pk}", payload
    )


def mention_read(*, user: User, mention_ids: Sequence[int] | None = None, at: datetime) -> int:
    """This function will mark mentions of `user` as read, all of them or those with these ids; returns how many were not."""
    rows = Mention.objects.filter(user=user, read_at__isnull=True)
    if mention_ids is not None:
        if Mention.objects.filter(pk__in=mention_ids).exclude(user=user).exists():
            raise NotFound("that mention is somebody else's", field="mention", remedy="Reload the list.")
        rows = rows.filter(pk__in=mention_ids)
    return rows.update(read_at=at)


__all__ = ["NoteDraft", "mention_read", "mentions_check", "note_add", "note_add_many"]
