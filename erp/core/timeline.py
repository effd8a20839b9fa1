"""What happened to a message after it came in: who replayed it, and what became of it?"""

from __future__ import annotations

from collections.abc import Iterator

from erp.core.documents import document_url
from erp.core.models import InboxMessage, ReplayItem
from erp.core.pages.timeline import TimelineEntry, register_timeline


def _arrival(message: InboxMessage) -> Iterator[TimelineEntry]:
    yield TimelineEntry(
        message.received_at, "received", f"Received from {message.source}", message.external_id, icon="inbox",
        tone="info", source="core.inbox_store_many",
    )  # fmt: skip
    if message.finished_at:
        told = (
            f"Handled: it became {message.result}"
            if message.result
            else f"Given up after {message.attempts} attempts"
        )
        yield TimelineEntry(
            message.finished_at, "received", told, icon="check" if message.result else "circle-alert",
            tone="success" if message.result else "danger", source=message.kind,
        )  # fmt: skip


def _replays(message: InboxMessage) -> Iterator[TimelineEntry]:
    items = ReplayItem.objects.filter(message=message).select_related(
        "replay__created_by", "replay__committed_by"
    )
    for item in items.order_by("-pk"):
        replay, url = item.replay, document_url("core.Replay", item.replay_id) or ""
        if item.replayed_at:
            yield TimelineEntry(
                item.replayed_at, "received",
                f"Replayed: it was refused, {item.error[:200]}" if item.error else f"Replayed: it became {item.became}",
                replay.reason, str(replay.committed_by), "rotate-ccw", "danger" if item.error else "success",
                "core.replay_run", url,
            )  # fmt: skip
        elif item.rehearsed_at:
            yield TimelineEntry(
                item.rehearsed_at, "received", "A replay was tried out and undone",
                item.would_fail or f"{len(item.effects)} documents would change", str(replay.created_by), "eye", "info",
                "core.replay_rehearse", url,
            )  # fmt: skip


for provider in (_arrival, _replays):
    register_timeline("core.InboxMessage", provider)
