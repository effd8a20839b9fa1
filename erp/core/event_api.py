"""What happened since? The feed that webhooks tell, for programs that ask. Mounted at /api/v1/events by `erp.api`."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Field, Router

from erp.core.api import After, Limit, cursor_of, page_of, position_of, require
from erp.core.api_schemas import Said
from erp.core.event_kinds import KINDS
from erp.core.models import Event
from erp.core.text import storable

router = Router(tags=["events"])


class EventOut(Said):
    """Something that happened: what a webhook says in the same words."""

    id: str = Field(description="The webhook-id of the message about it.")
    type: str = Field(description=f"One of {', '.join(KINDS)}.")
    timestamp: str
    data: dict[str, Any]


class EventPage(Said):
    """Events in the order of the feed. `next_cursor` is always there: ask with it again later for what happened since."""

    events: list[EventOut]
    next: str | None = Field(description="Address of the next page; null when this is all for now.")
    next_cursor: str


@router.get("", summary="Read the event feed", response=EventPage)
def event_list(request: HttpRequest, kind: str = "", after: After = "", limit: Limit = 100) -> dict[str, Any]:
    """Events after a cursor, oldest first. Nothing is ever added before a cursor that you have; events of a kind with `kind`."""
    require(request, "core.event_view")
    found = Event.objects.filter(position__isnull=False)
    if kind:
        found = found.filter(kind=storable(kind)[:40])
    page = page_of(
        request, found, after=after, limit=limit, name="events", show=lambda event: event, key="position"
    )
    events: list[Event] = page["events"]
    last = events[-1].position if events else position_of(after)
    return {
        "events": [event_out(event) for event in events],
        "next": page["next"],
        "next_cursor": cursor_of(last or 0),
    }


def event_out(event: Event) -> dict[str, Any]:
    """This function will return an event as the feed and the webhooks say it."""
    return {"id": str(event), "type": event.kind, "timestamp": event.at.isoformat(), "data": event.data}
