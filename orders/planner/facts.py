"""What does the planner know, and what does it answer with?

Money is in whole minor units (pence) of the base currency, weight in grams, so that comparing plans is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple


class DemandLine(NamedTuple):
    """`wanted` units of a product for one order line; `value` pence and `grams` per unit.

    Lines with the same `kit_id` are the components of one kit: `per_kit` units of each make one kit.
    """

    line_id: int
    product_id: int
    wanted: int
    value: int = 0
    grams: int = 0
    kit_id: int | None = None
    per_kit: int = 1


class Demand(NamedTuple):
    """One order's lines. Demands are planned in the order they come in: the caller sorts by priority.

    `total` pence is what the whole order is worth; `max_shipments` is the customer's own limit (0 = none). `only_node`: the
    channel's own warehouse, which sends it; no rule decides then, and no other node serves it.
    """

    order_id: int
    country: str
    ships_complete: bool
    lines: Sequence[DemandLine]
    channel: str = ""
    segment: str = ""
    tier: str = ""
    priority: int = 0
    total: int = 0
    max_shipments: int = 0
    only_node: int | None = None


@dataclass(frozen=True)
class NodeFacts:
    """What the planner knows about a node. Coordinates in degrees; `handling` pence per parcel."""

    node_id: int
    code: str
    country: str
    rank: int
    latitude: float
    longitude: float
    handling: int = 0


class Rate(NamedTuple):
    """Freight from a node to a country: pence per parcel and per kilogram, and the days it takes."""

    base: int
    per_kg: int
    days: int


@dataclass(frozen=True)
class Conditions:
    """Which orders a rule is for. Empty means any; amounts in pence."""

    channels: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()
    tiers: frozenset[str] = frozenset()
    min_total: int = 0
    max_total: int = 0
    min_priority: int | None = None

    def match(self, demand: Demand) -> bool:
        """This function will tell whether the rule is for this order."""
        return (
            (not self.channels or demand.channel in self.channels)
            and (not self.countries or demand.country in self.countries)
            and (not self.segments or demand.segment in self.segments)
            and (not self.tiers or demand.tier in self.tiers)
            and demand.total >= self.min_total
            and (not self.max_total or demand.total <= self.max_total)
            and (self.min_priority is None or demand.priority >= self.min_priority)
        )


EVERYBODY = Conditions()


@dataclass(frozen=True)
class Rule:
    """How the nodes of an order are chosen.

    `max_shipments` 0 = no limit. `split_worth`: a further parcel must carry goods of at least so many percent of its freight, or
    its units wait. `nodes` empty = any. The weights (pence) make WEIGHTED: per further parcel, per 100 km, per day on the way.
    """

    name: str
    strategy: str
    allow_split: bool = True
    allow_backorder: bool = True
    allow_transfer: bool = False
    max_shipments: int = 0
    split_worth: int = 0
    nodes: frozenset[int] = frozenset()
    weight_parcel: int = 0
    weight_distance: int = 0
    weight_day: int = 0
    conditions: Conditions = EVERYBODY
    allow_substitution: bool = False
    allow_dropship: bool = False


@dataclass(frozen=True)
class Policy:
    """A version of an allocation policy: the first rule whose conditions hold decides."""

    code: str
    version: int
    rules: tuple[Rule, ...]
    sequence: str = "SHIP_BY"

    def rule_for(self, demand: Demand) -> Rule:
        """This function will return the rule for an order; a policy's last rule is for everybody."""
        for rule in self.rules:
            if rule.conditions is EVERYBODY or rule.conditions.match(demand):
                return rule
        return self.rules[-1]


class Withheld(NamedTuple):
    """Units per (product, node) that some orders may not touch; None = every product, every node.

    A buffer keeps them from everybody (or from `channel` only); a pool keeps them from all who are not its members.
    """

    product_id: int | None
    node_id: int | None
    quantity: int
    channel: str = ""
    members: Conditions | None = None

    def holds_from(self, demand: Demand) -> bool:
        """This function will tell whether this order may not touch the units."""
        if self.members is not None:
            return not self.members.match(demand)
        return not self.channel or self.channel == demand.channel


class Assignment(NamedTuple):
    order_id: int
    line_id: int
    product_id: int
    node_id: int
    quantity: int


class TransferProposal(NamedTuple):
    """Units that a sister node should send to `to_node_id`, because the order's rule lets nothing else reach it."""

    order_id: int
    line_id: int
    product_id: int
    from_node_id: int
    to_node_id: int
    quantity: int


@dataclass(frozen=True)
class Plan:
    """What was assigned, what stays short per line, what should be moved first, and the explanation to store per order.

    `short` counts the units that a transfer will bring as well: they are not promised from a shelf yet.
    """

    assignments: list[Assignment] = field(default_factory=list)
    short: dict[int, int] = field(default_factory=dict)
    transfers: list[TransferProposal] = field(default_factory=list)
    explanations: dict[int, dict[str, object]] = field(default_factory=dict)


Supply = dict[tuple[int, int], int]
