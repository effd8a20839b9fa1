"""What do people ask about orders that one row does not answer? Reads only."""

from orders.selectors.credit import CreditPosition, credit_position
from orders.selectors.decision import DecisionReason, LineReason, NodeReason, explain_decisions
from orders.selectors.order import backordered_lines, customer_balance
from orders.selectors.price import AppliedPrice, PriceBook, price_book, prices_for

__all__ = [
    "AppliedPrice",
    "CreditPosition",
    "DecisionReason",
    "LineReason",
    "NodeReason",
    "PriceBook",
    "backordered_lines",
    "credit_position",
    "customer_balance",
    "explain_decisions",
    "price_book",
    "prices_for",
]
