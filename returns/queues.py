"""Which of the lists of returns are somebody's work?"""

from __future__ import annotations

from erp.core.pages import Queue, register_queue
from erp.core.roles import Role
from returns.models import Refund, Rma
from returns.selectors import lines_to_inspect
from returns.states import RefundState, RmaState

register_queue(
    Queue(
        "returns.expected", "Returns on their way", "returns:rma_list", query="state=AUTHORIZED", icon="undo-2",
        count=lambda user: Rma.objects.filter(state=RmaState.AUTHORIZED).count(), roles=frozenset({Role.WAREHOUSE}),
    )
)  # fmt: skip
register_queue(
    Queue(
        "returns.inspect", "Returned goods to inspect", "returns:inspection_list", icon="search-check",
        count=lambda user: lines_to_inspect().count(), roles=frozenset({Role.WAREHOUSE, Role.OPERATIONS}),
    )
)  # fmt: skip
register_queue(
    Queue(
        "returns.refunds", "Refunds to pay", "returns:refund_list", query="state=APPROVED", icon="banknote",
        count=lambda user: Refund.objects.filter(state=RefundState.APPROVED).count(),
        roles=frozenset({Role.FINANCE, Role.CUSTOMER_SERVICE}),
    )
)  # fmt: skip
