"""What do people ask about orders that one row does not answer? Reads only."""

from orders.selectors.decision import DecisionReason, LineReason, NodeReason, explain_decisions
from orders.selectors.kit import OrderedItem, ordered_items
from orders.selectors.order import backordered_lines, customer_balance

__all__ = [
    "DecisionReason",
    "LineReason",
    "NodeReason",
    "OrderedItem",
    "backordered_lines",
    "customer_balance",
    "explain_decisions",
    "ordered_items",
]
