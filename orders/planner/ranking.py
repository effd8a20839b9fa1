"""How far is a node from a customer, and what does a parcel from there cost?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

from orders.planner.facts import NodeFacts, Rate, Rule

# Capitals: enough to say which node is nearer to a customer whose address has not been geocoded.
_CENTRES: dict[str, tuple[float, float]] = {
    "AE": (24.5, 54.4), "AT": (48.2, 16.4), "AU": (-33.9, 151.2), "BE": (50.8, 4.4), "BH": (26.2, 50.6), "BR": (-23.5, -46.6),
    "CA": (43.7, -79.4), "CH": (47.4, 8.5), "CY": (35.2, 33.4), "CZ": (50.1, 14.4), "DE": (52.5, 13.4), "DK": (55.7, 12.6),
    "ES": (40.4, -3.7), "FI": (60.2, 24.9), "FR": (48.9, 2.4), "GB": (51.5, -0.1), "GG": (49.5, -2.5), "GR": (38.0, 23.7),
    "HK": (22.3, 114.2), "IE": (53.3, -6.3), "IL": (32.1, 34.8), "IS": (64.1, -21.9), "IT": (41.9, 12.5), "JE": (49.2, -2.1),
    "JP": (35.7, 139.7), "LB": (33.9, 35.5), "LT": (54.7, 25.3), "MT": (35.9, 14.5), "NL": (52.4, 4.9), "NO": (59.9, 10.8),
    "PL": (52.2, 21.0), "PT": (38.7, -9.1), "SA": (24.7, 46.7), "SE": (59.3, 18.1), "SG": (1.4, 103.8), "US": (40.7, -74.0),
    "ZA": (-26.2, 28.0),
}  # fmt: skip
_UNKNOWN_KM = 20_000
Rates = Mapping[tuple[int, str], Rate]


def distance_km(node: NodeFacts, country: str) -> int:
    """This function will return the great-circle distance from a node to a country's centre, whole kilometres.

    0 within the node's own country; 20,000 when the country is not known.
    """
    if node.country == country:
        return 0
    centre = _CENTRES.get(country)
    if centre is None:
        return _UNKNOWN_KM
    lat1, lon1, lat2, lon2 = map(radians, (node.latitude, node.longitude, *centre))
    haversine = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return round(12_742 * asin(sqrt(haversine)))


def estimated_rate(km: int) -> Rate:
    """This function will guess a freight rate where none is on file: 3.00 and 0.20 per 100 km, 0.50 per kg, a day per 500 km."""
    return Rate(300 + km * 20 // 100, 50, 1 + km // 500)


class Candidate(NamedTuple):
    """A node as one order sees it. `parcel` pence that a parcel from there costs before weight: freight, handling, weights."""

    node_id: int
    rank: int
    km: int
    parcel: int
    per_kg: int
    days: int


def candidates_of(nodes: Sequence[NodeFacts], rates: Rates, rule: Rule, country: str) -> list[Candidate]:
    """This function will return the nodes a rule allows for a country, best first by the rule's strategy."""
    found = []
    for node in nodes:
        if rule.nodes and node.node_id not in rule.nodes:
            continue
        km = distance_km(node, country)
        rate = rates.get((node.node_id, country)) or rates.get((node.node_id, "")) or estimated_rate(km)
        parcel = rate.base + node.handling
        if rule.strategy == "WEIGHTED":
            parcel += rule.weight_parcel + km * rule.weight_distance // 100 + rate.days * rule.weight_day
        found.append(Candidate(node.node_id, node.rank, km, parcel, rate.per_kg, rate.days))
    found.sort(key=lambda node: (*_first(node, rule.strategy), node.rank, node.node_id))
    return found


def _first(node: Candidate, strategy: str) -> tuple[int, int]:
    if strategy in ("NEAREST", "FEWEST_SPLITS"):
        return node.km, 0
    if strategy == "FASTEST":
        return node.days, node.km
    if strategy in ("CHEAPEST", "WEIGHTED"):
        return node.parcel, node.km
    return 0, 0


def freight_of(node: Candidate, grams: int) -> int:
    """This function will return what a parcel costs, in thousandths of a penny: linear in its weight, so that sums are exact."""
    return node.parcel * 1_000 + node.per_kg * grams
