"""What does the planner need to know that is no order and no stock: policies, nodes, freight?"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from erp.core.sql import array, query
from orders.planner import EVERYBODY, Conditions, NodeFacts, Policy, Rate, Rule

_RULES = (
    "SELECT p.id, p.code, p.version, p.sequence, r.name, r.strategy, r.allow_split, r.allow_backorder, r.allow_transfer, "
    "r.max_shipments, r.split_worth, r.weight_parcel, r.weight_distance, r.weight_day, r.conditions, "
    "coalesce((SELECT array_agg(n.node_id ORDER BY n.node_id) FROM orders_allocationrule_nodes n "
    "WHERE n.allocationrule_id = r.id), ARRAY[]::bigint[]), r.allow_substitution, r.allow_dropship "
    "FROM orders_allocationpolicy p JOIN orders_allocationrule r ON r.policy_id = p.id "
    "WHERE {which} ORDER BY p.code = 'default' DESC, p.id, r.position"
)


def pence(amount: Any) -> int:
    """This function will return an amount in whole minor units, as the planner counts."""
    return int((Decimal(str(amount)) * 100).to_integral_value())


def policies_in_force() -> dict[int, Policy]:
    """This function will return the policies in force by id, the default one first."""
    return _read("p.state = 'ACTIVE'", [])


def policies_by_id(ids: Sequence[int]) -> dict[int, Policy]:
    """This function will return policies of any state by id: drafts that are rehearsed."""
    return _read("p.id = ANY(%s::bigint[])", [array(ids, "bigint")])


def _read(which: str, parameters: Sequence[Any]) -> dict[int, Policy]:
    found: dict[int, tuple[str, int, str, list[Rule]]] = {}
    for row in query(_RULES.format(which=which), parameters):
        found.setdefault(row[0], (row[1], row[2], row[3], []))[3].append(
            Rule(
                row[4], row[5], row[6], row[7], row[8], row[9], row[10], frozenset(row[15]), pence(row[11]), pence(row[12]),
                pence(row[13]), _conditions(json.loads(row[14])), row[16], row[17],
            )
        )  # fmt: skip
    return {
        pk: Policy(code, version, tuple(rules), sequence)
        for pk, (code, version, sequence, rules) in found.items()
    }


def _conditions(stored: Mapping[str, Any]) -> Conditions:
    if not stored:
        return EVERYBODY
    return Conditions(
        channels=frozenset(stored.get("channels", ())),
        countries=frozenset(stored.get("countries", ())),
        segments=frozenset(stored.get("segments", ())),
        tiers=frozenset(stored.get("tiers", ())),
        min_total=pence(stored.get("min_total", 0)),
        max_total=pence(stored.get("max_total", 0)),
        min_priority=stored.get("min_priority"),
    )


def shipping_nodes() -> list[NodeFacts]:
    """This function will return the active nodes that ship."""
    return [
        NodeFacts(row[0], row[1], row[2], row[3], float(row[4]), float(row[5]), pence(row[6]))
        for row in query(
            "SELECT id, code, country, rank, latitude, longitude, handling_cost FROM inventory_node "
            "WHERE is_active AND can_ship ORDER BY id"
        )
    ]


def channel_nodes(ids: Collection[int]) -> list[NodeFacts]:
    """This function will return those of these nodes, channels' warehouses, that are active; they ship for nobody else."""
    found = query(
        "SELECT id, code, country, rank, latitude, longitude, handling_cost FROM inventory_node "
        "WHERE is_active AND id = ANY(%s::bigint[]) ORDER BY id",
        [array(sorted(ids), "bigint")],
    )
    return [
        NodeFacts(row[0], row[1], row[2], row[3], float(row[4]), float(row[5]), pence(row[6]))
        for row in found
    ]


def freight_rates() -> dict[tuple[int, str], Rate]:
    """This function will return what freight costs: (node, country; "" = any other) → rate."""
    return {
        (row[0], row[1]): Rate(pence(row[2]), pence(row[3]), row[4])
        for row in query("SELECT node_id, country, base, per_kg, days FROM orders_freightrate")
    }
