"""Which products must be ordered today, how many of each, and why? Pure: figures in, decisions out.

A product is ordered when its position has come down to the reorder point: the demand expected over the lead time
plus a safety stock that covers its spread. The order brings the position up to the demand over lead time and review
period plus the safety stock, at least the supplier's minimum and in whole packs. (R, S) with safety stock z·σ·√L:
Silver, Pyke & Thomas, *Inventory and Production Management in Supply Chains*, 4th ed., chapter 6.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from math import ceil, sqrt
from statistics import NormalDist
from typing import Any, NamedTuple

DAYS = Decimal("0.0001")


class Terms(NamedTuple):
    """A replenishment rule: `code` is stored with every decision."""

    code: str = "reorder-point/1"
    service_level: float = 0.95
    window_days: int = 28
    review_days: int = 7


class ReplenishmentInput(NamedTuple):
    """What is known of one product on the day of the run. Quantities in base units.

    Demand: `weighted` is Σ weight·units over the days of the window (the latest day weighs `days`, the oldest 1),
    `total` is Σ units and `squares` Σ units². Supply: `position` = available + in_transit + inbound − backordered.
    """

    product_id: int
    supplier_id: int
    unit_cost: Decimal
    minimum_quantity: int
    pack_size: int
    lead_time_days: int
    days: int
    weighted: int
    total: int
    squares: int
    available: int
    in_transit: int
    inbound: int
    backordered: int

    @property
    def position(self) -> int:
        return self.available + self.in_transit + self.inbound - self.backordered


@dataclass(frozen=True, slots=True)
class Decision:
    """Order `quantity` of a product, and every figure that led there."""

    product_id: int
    supplier_id: int
    unit_cost: Decimal
    daily_velocity: Decimal
    lead_time_days: int
    safety_stock: int
    reorder_point: int
    position: int
    quantity: int
    explanation: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """The decisions, and how many products were looked at."""

    decisions: list[Decision]
    considered: int


@cache
def service_factor(service_level: float) -> float:
    """This function will return z: how many standard deviations of demand the safety stock covers."""
    return NormalDist().inv_cdf(service_level)


def velocity(line: ReplenishmentInput) -> float:
    """This function will return the expected units per day: the mean of the window with weights 1…days, latest most."""
    return line.weighted * 2 / (line.days * (line.days + 1))


def deviation(line: ReplenishmentInput) -> float:
    """This function will return the sample standard deviation of units per day; 0 for a window of one day."""
    if line.days < 2:
        return 0.0
    return sqrt(max(0.0, (line.squares - line.total * line.total / line.days) / (line.days - 1)))


def order_quantity(wanted: int, minimum: int, pack: int) -> int:
    """This function will return the smallest whole number of packs that holds `wanted` and the supplier's minimum."""
    return -(-max(wanted, minimum) // pack) * pack


def plan_replenishment(inputs: Iterable[ReplenishmentInput], terms: Terms) -> Plan:
    """This function will decide which products to order; one that is above its reorder point leaves no decision."""
    factor = service_factor(terms.service_level)
    decisions = []
    considered = 0
    for line in inputs:
        considered += 1
        position = line.position
        daily, spread = velocity(line), deviation(line)
        # rounding first: 2.9999999999999996 and 3.0000000000000004 are the same demand
        safety = ceil(round(factor * spread * sqrt(line.lead_time_days), 6))
        reorder_point = ceil(round(daily * line.lead_time_days, 6)) + safety
        if position > reorder_point:
            continue
        order_up_to = ceil(round(daily * (line.lead_time_days + terms.review_days), 6)) + safety
        if order_up_to > position:
            decisions.append(_decide(line, terms, daily, spread, safety, reorder_point, order_up_to))
    return Plan(decisions, considered)


def _decide(
    line: ReplenishmentInput,
    terms: Terms,
    daily: float,
    spread: float,
    safety: int,
    reorder_point: int,
    order_up_to: int,
) -> Decision:
    wanted = order_up_to - line.position
    return Decision(
        product_id=line.product_id,
        supplier_id=line.supplier_id,
        unit_cost=line.unit_cost,
        daily_velocity=Decimal(daily).quantize(DAYS),
        lead_time_days=line.lead_time_days,
        safety_stock=safety,
        reorder_point=reorder_point,
        position=line.position,
        quantity=order_quantity(wanted, line.minimum_quantity, line.pack_size),
        explanation={
            "days": line.days,
            "demand": line.total,
            "deviation": round(spread, 4),
            "service_level": terms.service_level,
            "service_factor": round(service_factor(terms.service_level), 4),
            "review_days": terms.review_days,
            "order_up_to": order_up_to,
            "wanted": wanted,
            "available": line.available,
            "in_transit": line.in_transit,
            "inbound": line.inbound,
            "backordered": line.backordered,
            "minimum_quantity": line.minimum_quantity,
            "pack_size": line.pack_size,
        },
    )
