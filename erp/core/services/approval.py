"""Who asks for an approval, who decides it, and what happens then?

A guarded service registers what approval sets in motion; PostgreSQL refuses a maker who is also the checker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from erp.core.errors import InvalidInput, NotFound, PermissionRefused
from erp.core.models import ApprovalPolicy, ApprovalRequest, User
from erp.core.services.state import change_state, record_creation
from erp.core.states import ApprovalState

Handler = Callable[[ApprovalRequest, User, datetime], None]


@dataclass(frozen=True)
class ApprovalHandlers:
    on_approved: Handler
    on_rejected: Handler


_HANDLERS: dict[str, ApprovalHandlers] = {}


def register_approval(kind: str, *, on_approved: Handler, on_rejected: Handler) -> None:
    """This function will set what a decision of `kind` (an address) does; it runs in the decision's transaction."""
    _HANDLERS[kind] = ApprovalHandlers(on_approved, on_rejected)


def approval_needed(*, kind: str, amount: Decimal) -> ApprovalPolicy | None:
    """This function will return the policy that makes `amount` (base currency) wait, or None when it may go straight through."""
    policy = ApprovalPolicy.objects.filter(kind=kind, is_active=True).first()
    return policy if policy and abs(amount) >= policy.threshold else None


@transaction.atomic
def approval_request(
    *, kind: str, document_type: str, document_id: int, title: str, amount: Decimal, actor: User, at: datetime
) -> ApprovalRequest | None:
    """This function will open an approval when the policy asks for one; None when the act may go straight through.

    Asking again while one is pending returns the pending one.
    """
    policy = approval_needed(kind=kind, amount=amount)
    if policy is None:
        return None
    request, created = ApprovalRequest.objects.get_or_create(
        kind=kind,
        document_type=document_type,
        document_id=document_id,
        state=ApprovalState.PENDING,
        defaults={
            "title": title,
            "amount": abs(amount),
            "role": policy.role,
            "requested_by": actor,
            "requested_at": at,
        },
    )
    if created:
        record_creation(ApprovalRequest, [request.pk], actor=actor, at=at, action="core.approval_request")
    return request


@transaction.atomic
def approval_decide(
    *, request_id: int, approve: bool, reason: str, actor: User, at: datetime
) -> ApprovalRequest:
    """This function will approve or reject a pending request and run what was waiting for it.

    PermissionRefused for the maker, for someone without the policy's role, and above the decider's limit; a rejection needs a
    reason.
    """
    request = ApprovalRequest.objects.select_for_update().filter(pk=request_id).first()
    if request is None:
        raise NotFound(f"there is no approval #{request_id}", field="request", remedy="Reload the list.")
    if request.requested_by_id == actor.pk:
        raise PermissionRefused("nobody approves their own work", remedy="Ask a colleague.", field="actor")
    if request.role not in actor.roles and not actor.is_superuser and "ADMIN" not in actor.roles:
        raise PermissionRefused(
            f"this needs the role {request.role}", remedy="Ask someone who holds it.", field="actor"
        )
    if not approve and not reason.strip():
        raise InvalidInput("a rejection needs a reason", field="reason", remedy="Say what must change.")
    if approve and request.amount > actor.approval_limit:
        raise PermissionRefused(
            f"{request.amount:.2f} is above your limit of {actor.approval_limit:.2f}",
            field="amount",
            remedy="Ask someone with a higher limit.",
        )
    target = ApprovalState.APPROVED if approve else ApprovalState.REJECTED
    change_state(
        request, to=target, actor=actor, at=at, action="core.approval_decide", reason=reason,
        fields={"decided_by_id": actor.pk, "decided_at": at, "decider_limit": actor.approval_limit, "reason": reason[:300]},
    )  # fmt: skip
    handlers = _HANDLERS[request.kind]
    (handlers.on_approved if approve else handlers.on_rejected)(request, actor, at)
    return request


@transaction.atomic
def approval_withdraw(*, request_id: int, reason: str, actor: User, at: datetime) -> ApprovalRequest:
    """This function will take back a pending request; the document's own service decides what follows."""
    request = ApprovalRequest.objects.select_for_update().get(pk=request_id)
    change_state(
        request,
        to=ApprovalState.WITHDRAWN,
        actor=actor,
        at=at,
        action="core.approval_withdraw",
        reason=reason,
    )
    return request
