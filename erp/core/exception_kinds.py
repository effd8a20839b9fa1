"""Which kinds of exception are there, who owns each, how long may it wait, and what settles it?

The playbook is what the desk shows beside the case: one line per step, the first one the usual one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from erp.core.roles import Role


@dataclass(frozen=True)
class ExceptionKind:
    code: str
    label: str
    owner: Role
    sla: timedelta
    playbook: tuple[str, ...]


KINDS: dict[str, ExceptionKind] = {}


def _kind(code: str, label: str, owner: Role, hours: int, *playbook: str) -> None:
    KINDS[code] = ExceptionKind(code, label, owner, timedelta(hours=hours), playbook)


_kind(
    "INBOX_REJECTED",
    "Message could not be processed",
    Role.OPERATIONS,
    4,
    "Open the raw message.",
    "Correct the cause, then replay it.",
    "Reject it with a reason when it is not ours.",
)
_kind(
    "ORDER_CONFLICT",
    "Same order id, other content",
    Role.OPERATIONS,
    4,
    "Compare both messages.",
    "Ask the channel which one holds.",
)
_kind(
    "ORDER_UNKNOWN_SKU",
    "Order with an unknown SKU",
    Role.OPERATIONS,
    4,
    "Map the channel SKU to a product.",
    "Replay the message.",
)
_kind(
    "CREDIT_WITHOUT_SALE",
    "Credit without a matching sale",
    Role.CUSTOMER_SERVICE,
    48,
    "Look for the sale under another customer.",
    "Accept it as a goodwill credit, or refuse it.",
)
_kind(
    "ORDER_LATE",
    "Order past its ship-by time",
    Role.OPERATIONS,
    4,
    "Expedite the pick.",
    "Tell the customer a new date.",
)
_kind(
    "SHORT_PICK",
    "Bin did not hold what it should",
    Role.WAREHOUSE,
    4,
    "Count the bin.",
    "Post the variance; the order was re-queued for allocation.",
)
_kind(
    "STOCK_DRIFT",
    "Projection differs from the journal",
    Role.OPERATIONS,
    1,
    "Run verify.",
    "Post a compensating adjustment; never edit a level.",
)
_kind(
    "TRANSFER_SHORT",
    "Transfer did not arrive in full",
    Role.WAREHOUSE,
    24,
    "Ask the sending node, and look on the dock.",
    "Receive the rest when it arrives.",
    "Write it off with a reason when it does not.",
)
_kind(
    "RECEIPT_LATE",
    "Purchase order overdue",
    Role.PROCUREMENT,
    24,
    "Call the supplier.",
    "Move the expected date.",
)
_kind(
    "RECEIPT_VARIANCE",
    "Receipt differs from the purchase order",
    Role.PROCUREMENT,
    24,
    "Ask the supplier for the rest, or close the line.",
)
_kind(
    "INVOICE_MISMATCH",
    "Supplier invoice does not match",
    Role.FINANCE,
    48,
    "Compare price and quantity with the receipt.",
    "Dispute it, or approve the variance.",
)
_kind("WORK_DEAD", "Job gave up", Role.OPERATIONS, 1, "Read the error.", "Fix the cause, then retry the job.")
_kind(
    "OUTBOX_DEAD",
    "Outgoing message gave up",
    Role.OPERATIONS,
    1,
    "Read the provider's answer.",
    "Retry the message.",
)
_kind(
    "QUEUE_STALE", "Queue is not being consumed", Role.ADMIN, 1, "Restart the worker.", "Look at the broker."
)
_kind(
    "VERIFY_FAILED",
    "An invariant does not hold",
    Role.ADMIN,
    1,
    "Open the verify run and its rows.",
    "Post a compensating entry; never edit a row.",
)
_kind(
    "NEGATIVE_ATTEMPT", "Correction would go below zero", Role.WAREHOUSE, 24,
    "Count the bin.", "Post what is really missing.",
)  # fmt: skip
_kind(
    "WORK_LATE", "Work has been waiting for long", Role.OPERATIONS, 1,
    "See why its queue or stream does not move.", "Retry or cancel the first row in it.",
)  # fmt: skip
_kind(
    "HOLD_OVERDUE", "Hold past its clock", Role.OPERATIONS, 4,
    "Open the hold and work its playbook.", "Reassign it to who can decide it, or give it more time with a reason.",
)  # fmt: skip
