"""What is known of an order when all its messages are laid side by side, in whatever order they came?

Pure. The newest version of each thing counts; equal versions are told apart by their content's hash, so that every order of
arrival gives the same picture. What was once paid or refunded stays so: those are things that happened, and a later snapshot
that does not mention them does not undo them. What a message of its own called off stays so too; a snapshot that
is cancelled is a state of the order, and a newer one that is not says that it was reinstated.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from orders.channels.contract import CANCELLED, FULFILMENT, ORDER, PAYMENT, REFUND
from orders.channels.document import Cancelled, Fulfilled, Paid, Refund, Snapshot, from_json


class Fact(NamedTuple):
    """One thing a channel said; `content` as JSON holds it."""

    kind: str
    ref: str
    version: str
    content_hash: str
    content: Mapping[str, Any]


@dataclass(frozen=True)
class Picture:
    """The order as far as it is known. `snapshot` is None until the order itself has arrived.

    `dearest` is the most that it ever cost there. `is_reinstated`: it was cancelled, and its newest snapshot is newer than that
    and not cancelled.
    """

    snapshot: Snapshot | None
    version: str
    cancelled: Cancelled | None
    payments: tuple[Paid, ...]
    refunds: tuple[Refund, ...]
    fulfilments: tuple[Fulfilled, ...]
    is_reinstated: bool = False
    dearest: Decimal = Decimal(0)

    @property
    def is_only_called_off(self) -> bool:
        """Is all that is known of it that it was cancelled?"""
        return self.cancelled is not None and not (
            self.snapshot or self.payments or self.refunds or self.fulfilments
        )


def fold(facts: Iterable[Fact]) -> Picture:
    """This function will return the one picture that all facts give."""
    ordered = sorted(facts, key=lambda fact: (fact.version, fact.content_hash))
    snapshot, version, cancelled, cancelled_at, called_off = None, "", None, "", None
    dearest = Decimal(0)
    payments: dict[tuple[str, str], Paid] = {}
    refunds: dict[tuple[str, str], Refund] = {}
    fulfilments: dict[str, Fulfilled] = {}
    for fact in ordered:  # a later one takes the place of an earlier one
        if fact.kind == ORDER:
            snapshot, version = from_json(Snapshot, fact.content), fact.version
            dearest = max(dearest, snapshot.computed_total())
            if snapshot.cancelled:
                cancelled, cancelled_at = cancelled or snapshot.cancelled, fact.version
            payments |= {(paid.provider, paid.ref): paid for paid in snapshot.payments}
            refunds |= {(refund.provider, refund.ref): refund for refund in snapshot.refunds}
            fulfilments |= {parcel.ref: parcel for parcel in snapshot.fulfilments}
        elif fact.kind == CANCELLED:
            called_off = called_off or from_json(Cancelled, fact.content)
        elif fact.kind == PAYMENT:
            paid = from_json(Paid, fact.content)
            payments[paid.provider, paid.ref] = paid
        elif fact.kind == REFUND:
            refund = from_json(Refund, fact.content)
            refunds[refund.provider, refund.ref] = refund
        elif fact.kind == FULFILMENT:
            parcel = from_json(Fulfilled, fact.content)
            fulfilments[parcel.ref] = parcel
    is_reinstated = bool(
        snapshot and not snapshot.cancelled and not called_off and "" < cancelled_at < version
    )
    return Picture(
        snapshot, version, None if is_reinstated else called_off or cancelled, tuple(payments[key] for key in sorted(payments)),
        tuple(refunds[key] for key in sorted(refunds)), tuple(fulfilments[key] for key in sorted(fulfilments)), is_reinstated,
        dearest,
    )  # fmt: skip
