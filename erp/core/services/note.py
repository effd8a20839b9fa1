"""Who writes a note on a document's timeline?"""

from __future__ import annotations

from datetime import datetime

from erp.core.errors import InvalidInput
from erp.core.models import Note, User


def note_add(*, document_type: str, document_id: int, body: str, actor: User, at: datetime) -> Note:
    """This function will add a person's note to a document's timeline; InvalidInput when it is empty."""
    if not body.strip():
        raise InvalidInput("the note is empty", field="body", remedy="Write something, or leave it.")
    return Note.objects.create(
        document_type=document_type, document_id=document_id, author=actor, body=body.strip(), at=at
    )
