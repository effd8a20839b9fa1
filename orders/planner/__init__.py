"""Which node serves which order line, and why?

Pure: demand, supply and policy in, assignments with their reasons out. No clock, no database, no randomness; the same input
always gives the same plan. Never assigns more than there is, never touches what is kept for somebody else, keeps the
components of a kit together, and says why every unassigned unit was left.
"""

from orders.planner.facts import (
    EVERYBODY,
    Assignment,
    Conditions,
    Demand,
    DemandLine,
    NodeFacts,
    Plan,
    Policy,
    Rate,
    Rule,
    Supply,
    TransferProposal,
    Withheld,
)
from orders.planner.fill import Short
from orders.planner.plan import plan_allocation
from orders.planner.ranking import distance_km, estimated_rate, freight_of

__all__ = [
    "EVERYBODY",
    "Assignment",
    "Conditions",
    "Demand",
    "DemandLine",
    "NodeFacts",
    "Plan",
    "Policy",
    "Rate",
    "Rule",
    "Short",
    "Supply",
    "TransferProposal",
    "Withheld",
    "distance_km",
    "estimated_rate",
    "freight_of",
    "plan_allocation",
]
