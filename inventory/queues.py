"""Which of the stock side's lists are somebody's work?"""

from __future__ import annotations

from django.utils import timezone

from erp.core.pages import Queue, register_queue
from erp.core.roles import Role
from inventory.models import Adjustment, Transfer
from inventory.states import AdjustmentState, TransferState

register_queue(
    Queue(
        "inventory.transfers_in", "Transfers on their way", "inventory:transfer_list", query="state=IN_TRANSIT",
        icon="truck",
        count=lambda user: Transfer.objects.filter(state=TransferState.IN_TRANSIT).count(),
        overdue=lambda user: Transfer.objects.filter(
            state=TransferState.IN_TRANSIT, expected_date__lt=timezone.now().date()
        ).count(),
        roles=frozenset({Role.WAREHOUSE, Role.OPERATIONS}),
    )
)  # fmt: skip
register_queue(
    Queue(
        "inventory.transfers_out", "Transfers to ship", "inventory:transfer_list", query="state=DRAFT", icon="package",
        count=lambda user: Transfer.objects.filter(state=TransferState.DRAFT).count(),
        roles=frozenset({Role.WAREHOUSE}),
    )
)  # fmt: skip
register_queue(
    Queue(
        "inventory.adjustments", "Adjustments waiting for approval", "inventory:adjustment_list",
        query="state=PENDING_APPROVAL", icon="scale",
        count=lambda user: Adjustment.objects.filter(state=AdjustmentState.PENDING_APPROVAL).count(),
        roles=frozenset({Role.OPERATIONS}),
    )
)  # fmt: skip
