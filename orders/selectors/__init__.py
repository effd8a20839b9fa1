"""What do people ask about orders that one row does not answer? Reads only."""

from orders.selectors.credit import CreditPosition, credit_position
from orders.selectors.decision import DecisionReason, LineReason, NodeReason, explain_decisions
from orders.selectors.kit import OrderedItem, ordered_items
from orders.selectors.merge import merge_candidates, merge_groups
from orders.selectors.order import backordered_lines, customer_balance
from orders.selectors.price import AppliedPrice, PriceBook, price_book, prices_for
from orders.selectors.promise import PromiseQuote, promise_record, promises_at_risk, supplies_at_risk
from orders.selectors.substitution import Substitute, substitutes_for

__all__ = [
    "AppliedPrice",
    "CreditPosition",
    "DecisionReason",
    "LineReason",
    "NodeReason",
    "OrderedItem",
    "PriceBook",
    "PromiseQuote",
    "Substitute",
    "backordered_lines",
    "credit_position",
    "customer_balance",
    "explain_decisions",
    "merge_candidates",
    "merge_groups",
    "ordered_items",
    "price_book",
    "prices_for",
    "promise_record",
    "promises_at_risk",
    "substitutes_for",
    "supplies_at_risk",
]
