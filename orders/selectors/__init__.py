"""What do people ask about orders that one row does not answer? Reads only."""

from orders.selectors.decision import DecisionReason, LineReason, NodeReason, explain_decisions
from orders.selectors.merge import merge_candidates, merge_groups
from orders.selectors.order import backordered_lines, customer_balance
from orders.selectors.substitution import Substitute, substitutes_for

__all__ = [
    "DecisionReason",
    "LineReason",
    "NodeReason",
    "Substitute",
    "backordered_lines",
    "customer_balance",
    "explain_decisions",
    "merge_candidates",
    "merge_groups",
    "substitutes_for",
]
