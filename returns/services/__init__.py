"""Who does it? The only writers of returns and refunds."""

from returns.services.credit import refund_pay, refund_pay_many
from returns.services.inspection import (
    Inspection,
    rma_dispose,
    rma_dispose_many,
    rma_inspect,
    rma_inspect_many,
    rma_put_away,
)
from returns.services.process import return_process_many
from returns.services.receipt import ArrivedLine, rma_receive, rma_receive_many
from returns.services.refund import (
    OverRefund,
    RefundDraft,
    refund_approve,
    refund_reject,
    refund_request,
    refund_request_many,
)
from returns.services.rma import (
    OverReturn,
    ReturnLine,
    RmaDraft,
    rma_authorize,
    rma_authorize_many,
    rma_cancel,
    rma_close,
)

__all__ = [
    "ArrivedLine",
    "Inspection",
    "OverRefund",
    "OverReturn",
    "RefundDraft",
    "ReturnLine",
    "RmaDraft",
    "refund_approve",
    "refund_pay",
    "refund_pay_many",
    "refund_reject",
    "refund_request",
    "refund_request_many",
    "return_process_many",
    "rma_authorize",
    "rma_authorize_many",
    "rma_cancel",
    "rma_close",
    "rma_dispose",
    "rma_dispose_many",
    "rma_inspect",
    "rma_inspect_many",
    "rma_put_away",
    "rma_receive",
    "rma_receive_many",
]
