"""Which rows do returns keep?"""

from returns.models.refund import Refund
from returns.models.rma import Rma, RmaLine

__all__ = ["Refund", "Rma", "RmaLine"]
