"""Which kinds of exception are there, who owns each, how long may it wait, and what settles it?

The playbook is what the desk shows beside the case: one line per step, the first one the usual one; the steps that Keel
can do itself are registered as buttons (`erp.core.playbooks`). A case that nobody settles escalates: after its due time and a
delay it goes to another role's queue, once. `cause` says what cases of the kind may have in common.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from erp.core.causes import Cause, cause_by, cause_of_subject, cause_of_work
from erp.core.roles import Role

# Whom a role's unsettled cases go to. An administrator's stay: there is nobody above.
ESCALATION: dict[Role, Role] = {
    Role.WAREHOUSE: Role.OPERATIONS, Role.PROCUREMENT: Role.OPERATIONS, Role.CUSTOMER_SERVICE: Role.OPERATIONS,
    Role.OPERATIONS: Role.ADMIN, Role.FINANCE: Role.ADMIN,
}  # fmt: skip
ANY_CAUSE = cause_by("sku", "sku=skus", "node", "supplier", "channel", "queue")


@dataclass(frozen=True)
class ExceptionKind:
    """`escalate_after` counts from the due time; `escalate_to` None: it stays with its owner."""

    code: str
    label: str
    owner: Role
    sla: timedelta
    playbook: tuple[str, ...]
    escalate_to: Role | None = None
    escalate_after: timedelta = timedelta(0)
    cause: Cause = ANY_CAUSE


KINDS: dict[str, ExceptionKind] = {}


def _kind(
    code: str, label: str, owner: Role, hours: int, *playbook: str,
    escalate_to: Role | None = None, escalate_hours: int | None = None, cause: Cause = ANY_CAUSE,
) -> None:  # fmt: skip
    """Unless told otherwise a case escalates up the line when it is overdue for as long as it was allowed to take."""
    to = escalate_to or ESCALATION.get(owner)
    delay = timedelta(hours=hours if escalate_hours is None else escalate_hours)
    KINDS[code] = ExceptionKind(code, label, owner, timedelta(hours=hours), playbook, to, delay, cause)


_kind(
    "INBOX_REJECTED",
    "Message could not be processed",
    Role.OPERATIONS,
    4,
    "Open the raw message.",
    "Correct the cause, then replay it.",
    "Reject it with a reason when it is not ours.",
    cause=cause_of_work,
)
_kind(
    "ORDER_CONFLICT",
    "Same order id, other content",
    Role.OPERATIONS,
    4,
    "Compare both messages.",
    "Ask the channel which one holds.",
    cause=cause_by("channel"),
)
_kind(
    "ORDER_UNKNOWN_SKU",
    "Order with an unknown SKU",
    Role.OPERATIONS,
    4,
    "Map the channel SKU to a product.",
    "Replay the message.",
    cause=cause_by("sku=skus", "channel"),
)
_kind(
    "CREDIT_WITHOUT_SALE",
    "Credit without a matching sale",
    Role.CUSTOMER_SERVICE,
    48,
    "Look for the sale under another customer.",
    "Accept it as a goodwill credit, or refuse it.",
    cause=cause_by("sku=skus"),
)
_kind(
    "ORDER_LATE",
    "Order past its ship-by time",
    Role.OPERATIONS,
    4,
    "Expedite the pick.",
    "Tell the customer a new date.",
    cause=cause_by("hold", "sku", "state=stage", "node"),
)
_kind(
    "RESERVATION_UNFULFILLED", "Reserved cart could not be served", Role.OPERATIONS, 4,
    "See which units the order wants beyond what its cart had reserved.", "Tell the customer a date, or cancel the rest.",
)  # fmt: skip
_kind(
    "SUBSCRIPTION_FAILED", "Subscription gave no order", Role.CUSTOMER_SERVICE, 24,
    "Read why on the subscription.", "Correct the cause, then raise the date again.",
)  # fmt: skip
_kind(
    "SHORT_PICK",
    "Bin did not hold what it should",
    Role.WAREHOUSE,
    4,
    "Count the bin.",
    "Post the variance; the order was re-queued for allocation.",
    cause=cause_by("sku", "node"),
)
_kind(
    "STOCK_DRIFT",
    "Projection differs from the journal",
    Role.OPERATIONS,
    1,
    "Run verify.",
    "Post a compensating adjustment; never edit a level.",
    cause=cause_by("sku"),
)
_kind(
    "TRANSFER_SHORT",
    "Transfer did not arrive in full",
    Role.WAREHOUSE,
    24,
    "Ask the sending node, and look on the dock.",
    "Receive the rest when it arrives.",
    "Write it off with a reason when it does not.",
    cause=cause_by("node", "sku"),
)
_kind(
    "RECEIPT_LATE",
    "Purchase order overdue",
    Role.PROCUREMENT,
    24,
    "Call the supplier.",
    "Move the expected date.",
    cause=cause_by("supplier"),
)
_kind(
    "RECEIPT_VARIANCE",
    "Receipt differs from the purchase order",
    Role.PROCUREMENT,
    24,
    "Ask the supplier for the rest, or close the line.",
    cause=cause_by("supplier", "sku=short", "sku=over"),
)
_kind(
    "INVOICE_MISMATCH",
    "Supplier invoice does not match",
    Role.FINANCE,
    48,
    "Compare price and quantity with the receipt.",
    "Dispute it, or approve the variance.",
    cause=cause_by("supplier", "order=purchase_order"),
)
_kind(
    "WORK_DEAD",
    "Job gave up",
    Role.OPERATIONS,
    1,
    "Read the error.",
    "Fix the cause, then retry the job.",
    cause=cause_of_work,
)
_kind(
    "WEBHOOK_DISABLED",
    "Webhook endpoint disabled",
    Role.OPERATIONS,
    24,
    "Open the endpoint and its delivery log, ask its owner what broke, then enable it: it goes on where it stopped.",
)
_kind(
    "OUTBOX_DEAD",
    "Outgoing message gave up",
    Role.OPERATIONS,
    1,
    "Read the provider's answer.",
    "Retry the message.",
    cause=cause_of_work,
)
_kind(
    "QUEUE_STALE",
    "Queue is not being consumed",
    Role.ADMIN,
    1,
    "Restart the worker.",
    "Look at the broker.",
    cause=cause_of_subject("queue"),
)
_kind(
    "VERIFY_FAILED",
    "An invariant does not hold",
    Role.ADMIN,
    1,
    "Open the verify run and its rows.",
    "Post a compensating entry; never edit a row.",
    cause=cause_by("invariant=failed"),
)
_kind(
    "NEGATIVE_ATTEMPT", "Correction would go below zero", Role.WAREHOUSE, 24,
    "Count the bin.", "Post what is really missing.",
    cause=cause_by("sku", "node"),
)  # fmt: skip
_kind(
    "WORK_LATE", "Work has been waiting for long", Role.OPERATIONS, 1,
    "See why its queue or stream does not move.", "Retry or cancel the first row in it.",
    cause=cause_of_subject("queue"),
)  # fmt: skip
_kind(
    "SLA_RISK", "Order may miss its ship-by time", Role.OPERATIONS, 2,
    "Serve it first: raise its priority and allocate it again.", "Release it for picking.",
    "Tell the customer a new date when it can not leave.",
    cause=cause_by("hold", "sku", "state=stage", "node"),
)  # fmt: skip
_kind(
    "PROMISE_UNUSED", "Promised stock that nobody took up", Role.OPERATIONS, 24,
    "Release the order for picking.", "Take the promise back when it can not be served.",
    cause=cause_by("node"),
)  # fmt: skip
_kind(
    "COUNT_VARIANCE", "A count differed by much", Role.WAREHOUSE, 48,
    "Count again, by another person.", "Look for the move that was not booked.", "Accept it, and say why.",
    cause=cause_by("sku", "node"),
)  # fmt: skip
_kind(
    "PROMISE_AT_RISK", "Promises can not be kept", Role.OPERATIONS, 8,
    "Open the supply's promises: wait, transfer, split or call off.", "Tell the customers before they ask.",
    cause=cause_by("supply"),
)  # fmt: skip
_kind(
    "REFUND_DUE", "Customer has paid more than the order costs now", Role.FINANCE, 24,
    "Pay the difference back through the provider that took the payment.",
    "Record it on the order (Pay back) with the provider's reference; the case closes by itself.",
    "Agreed to keep it for the next order? Say so in the reason.",
)  # fmt: skip
_kind(
    "CHANNEL_DISCONNECTED", "A channel cut its connection", Role.ADMIN, 4,
    "Ask who uninstalled Keel there, and why.", "Install it again, enter its new secrets, and switch the connection on.",
    cause=cause_by("channel"),
)  # fmt: skip
_kind(
    "CHANNEL_REDACT", "A customer wants to be forgotten", Role.ADMIN, 24 * 20,
    "See which orders are theirs and which the law makes us keep.", "Remove what may go; say in the reason what stayed and why.",
    cause=cause_by("channel"),
)  # fmt: skip
_kind(
    "CHANNEL_ORDER_STUCK", "Our order does not follow its channel's", Role.OPERATIONS, 8,
    "Read what is pending on the channel order's page.", "Do by hand what could not be done by itself, or say why not.",
    "When the order itself never came: fetch it from the channel.",
    cause=cause_by("channel"),
)  # fmt: skip
_kind(
    "SYNC_DRIFT", "A channel shows what it did not confirm", Role.OPERATIONS, 8,
    "Ask who changed it there, and why.", "Set the computed quantity again, or settle the case and say why it may stay.",
    cause=cause_by("channel"),
)  # fmt: skip
_kind(
    "SYNC_REFUSED", "A channel does not take a quantity", Role.OPERATIONS, 8,
    "Read what it answers: is the SKU still listed there?", "Correct or end the listing, then set it again.",
    cause=cause_by("channel"),
)  # fmt: skip
_kind(
    "CHANNEL_DOWN", "A channel does not answer", Role.ADMIN, 1,
    "See on the health page since when and what waits.", "Ask the channel's status page; enter new secrets when it refuses ours.",
    "Nothing is lost meanwhile: it catches up by itself.",
    cause=cause_by("channel"),
)  # fmt: skip
_kind(
    "PRODUCT_DUPLICATE", "Two products look like one", Role.OPERATIONS, 24 * 14,
    "Compare the two: GTIN, title, supplier's article.", "Merge them when they are one thing.",
    "Say what tells them apart when they are two.",
    cause=cause_by("by"),
)  # fmt: skip
_kind(
    "HOLD_OVERDUE", "Hold past its clock", Role.OPERATIONS, 4,
    "Open the hold and work its playbook.", "Reassign it to who can decide it, or give it more time with a reason.",
)  # fmt: skip
_kind(
    "DROPSHIP_REFUSED", "Nobody sends it to the customer", Role.PROCUREMENT, 8,
    "Find a supplier who drop-ships it and save his terms, then ask again.",
    "Or let it wait for stock: the units want it again by themselves.", "Or substitute or cancel the units on the order.",
    cause=cause_by("sku=skus"),
)  # fmt: skip
_kind(
    "DROPSHIP_CALL_OFF", "Cancelled by the customer, and the supplier has it", Role.PROCUREMENT, 4,
    "Ask the supplier to stop: he agrees, then cancel the purchase order.",
    "Part of it only: take what is still wanted, then close the purchase order.",
    "Too late: ask for the parcel back; his bill stays disputed until it is settled.",
    cause=cause_by("supplier", "sku=skus"),
)  # fmt: skip
_kind(
    "EDI_REFUSED", "A partner's interchange was refused", Role.OPERATIONS, 4,
    "Read on its page which segment is wrong; the partner was told by TA1, 997 or CONTRL.",
    "A setting of ours? Correct it on the connection, then replay the message.", "Else ask the partner to send it again.",
    cause=cause_by("channel", "reasons"),
)  # fmt: skip
_kind(
    "EDI_NOT_ACCEPTED", "A partner did not accept our document", Role.OPERATIONS, 4,
    "Read on its page what the partner says of it.", "Correct the cause with the partner and agree how he gets the facts.",
    cause=cause_by("channel"),
)  # fmt: skip
_kind(
    "EDI_UNACKNOWLEDGED", "A partner has not acknowledged our document", Role.OPERATIONS, 8,
    "Is the document still in the partner's folder? Then his gateway does not fetch.",
    "Ask the partner whether it arrived.", "He never acknowledges? Set “ack_hours” to 0.",
    cause=cause_by("channel"),
)  # fmt: skip
_kind(
    "EDI_NOT_TOLD", "A partner could not be told of his order", Role.OPERATIONS, 8,
    "Read why in the case; correct the setting of the connection.", "It is told by itself within minutes.",
    cause=cause_by("channel"),
)  # fmt: skip
