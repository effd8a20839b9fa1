"""How does a state look? A tone, an icon and its own words, so that colour never speaks alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from erp.core.state_machine import MACHINES


@dataclass(frozen=True)
class Look:
    """`tone` is one of neutral, info, progress, success, warning, danger, muted (tokens.css); `icon` a lucide name."""

    tone: str
    icon: str


_N, _I, _P, _S, _W, _D, _M = "neutral", "info", "progress", "success", "warning", "danger", "muted"
# By state code; a "document:STATE" key wins where one word means two things.
LOOKS: dict[str, Look] = {
    "DRAFT": Look(_N, "pencil-line"),
    "OPEN": Look(_I, "circle-dot"),
    "PENDING": Look(_W, "hourglass"),
    "PENDING_APPROVAL": Look(_W, "hourglass"),
    "RECEIVED": Look(_I, "inbox"),
    "ON_HOLD": Look(_W, "pause"),
    "CONFIRMED": Look(_I, "check"),
    "ALLOCATED": Look(_P, "package-check"),
    "RELEASED": Look(_P, "send"),
    "PLANNED": Look(_N, "calendar"),
    "PICKING": Look(_P, "hand"),
    "PICKED": Look(_P, "hand-grab"),
    "PACKED": Look(_P, "package"),
    "SHIPPED": Look(_S, "truck"),
    "DELIVERED": Look(_S, "house"),
    "COMPLETED": Look(_S, "circle-check"),
    "DONE": Look(_S, "circle-check"),
    "SHORT": Look(_D, "circle-alert"),
    "CANCELLED": Look(_M, "ban"),
    "WITHDRAWN": Look(_M, "undo-2"),
    "APPROVED": Look(_S, "thumbs-up"),
    "REJECTED": Look(_D, "thumbs-down"),
    "SENT": Look(_P, "send"),
    "orders.DropShip:REQUESTED": Look(_W, "hourglass"),
    "orders.DropShip:ORDERED": Look(_P, "send"),
    "orders.DropShip:REFUSED": Look(_D, "thumbs-down"),
    "orders.ChannelBreaker:CLOSED": Look(_S, "plug-zap"),
    "orders.ChannelBreaker:OPEN": Look(_D, "unplug"),
    "orders.ChannelBreaker:HALF_OPEN": Look(_W, "hourglass"),
    "CLOSED": Look(_M, "lock"),
    "CLOSING": Look(_W, "lock-open"),
    "REOPENED": Look(_W, "rotate-ccw"),
    "MATCHED": Look(_S, "check-check"),
    "DISPUTED": Look(_D, "message-square-warning"),
    "PAID": Look(_S, "banknote"),
    "AUTHORIZED": Look(_I, "ticket-check"),
    "INSPECTED": Look(_P, "search-check"),
    "DISPOSED": Look(_S, "circle-check"),
    "SNOOZED": Look(_M, "alarm-clock"),
    "RESOLVED": Look(_S, "circle-check"),
    "RUNNING": Look(_P, "loader"),
    "FAILED": Look(_W, "refresh-cw"),
    "DEAD": Look(_D, "skull"),
    "UPLOADED": Look(_I, "upload"),
    "CHECKING": Look(_P, "loader"),
    "CHECKED": Look(_W, "list-checks"),
    "IMPORTING": Look(_P, "loader"),
    "IMPORTED": Look(_S, "circle-check"),
    "UNDOING": Look(_P, "undo-2"),
    "UNDONE": Look(_M, "undo-2"),
    "DISCARDED": Look(_M, "trash-2"),
    "core.ImportRow:NEW": Look(_S, "plus"),
    "core.ImportRow:CHANGED": Look(_I, "pencil-line"),
    "core.ImportRow:UNCHANGED": Look(_M, "equal"),
    "core.ImportRow:REFUSED": Look(_D, "circle-alert"),
    "ACTIVE": Look(_P, "link"),
    "CONSUMED": Look(_S, "circle-check"),
    "AVAILABLE": Look(_S, "circle-check"),
    "IN_TRANSIT": Look(_P, "truck"),
    "QUARANTINE": Look(_W, "shield-alert"),
    "DAMAGED": Look(_D, "circle-alert"),
    "RETURN_PENDING": Look(_W, "undo-2"),
    "orders.Hold:OPEN": Look(_W, "pause"),
    "orders.Hold:RELEASED": Look(_S, "circle-check"),
    "EXPIRED": Look(_M, "timer-off"),
    "orders.Reservation:ACTIVE": Look(_P, "timer"),
    "orders.Reservation:RELEASED": Look(_M, "unlink"),
    "orders.Subscription:ACTIVE": Look(_S, "repeat"),
    "orders.Subscription:PAUSED": Look(_W, "pause"),
    "orders.Subscription:ENDED": Look(_M, "flag"),
    "orders.Allocation:RELEASED": Look(_M, "unlink"),
    "procurement.PurchaseOrder:RECEIVED": Look(_S, "package-check"),
    "returns.Rma:RECEIVED": Look(_P, "package-open"),
    "returns.RmaLine:RECEIVED": Look(_P, "package-open"),
    "core.ExceptionCase:OPEN": Look(_W, "circle-alert"),
    "core.WebhookEndpoint:ACTIVE": Look(_S, "circle-check"),
    "core.WebhookEndpoint:DISABLED": Look(_D, "ban"),
}
_UNKNOWN = Look(_N, "circle")


def look_of(state: str, document: str = "") -> Look:
    """This function will return how a state of a document type looks."""
    return LOOKS.get(f"{document}:{state}") or LOOKS.get(state, _UNKNOWN)


def state_label(document: Any) -> str:
    """This function will return the words for the state a document is in."""
    machine = MACHINES.get(document._meta.label)
    if machine is not None and document.state in machine.states.values:
        return str(machine.states(document.state).label)
    return str(document.state).replace("_", " ").capitalize()
