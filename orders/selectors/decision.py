"""Why did an order's lines go where they went, in words?"""

from __future__ import annotations

from dataclasses import dataclass, field

from inventory.models import Node, StockMove
from orders.models import AllocationDecision, AllocationRule, OrderLine
from orders.planner import Short


@dataclass(frozen=True)
class NodeReason:
    """A candidate as the planner saw it: units of the order it could cover alone, distance, rank; `chosen` units it got."""

    node: str
    covers: int
    wanted: int
    km: int
    rank: int
    chosen: int
    is_first: bool = False
    is_split_refused: bool = False
    is_drop_ship: bool = False

    @property
    def why(self) -> str:
        """The sentence that the page shows for this node."""
        if self.is_drop_ship:
            return "A supplier has sent it to the customer's door: it was bought for this order and passes through no shelf."
        if self.chosen and self.chosen == self.wanted:
            return "Serves the whole order in one parcel, so it was taken first."
        if self.is_split_refused:
            return "Had some, but a parcel of its own would have cost more than its goods are worth sending apart."
        if self.chosen and self.is_first:
            return f"First choice: {self.chosen} of {self.wanted} units."
        if self.chosen:
            return f"Took {self.chosen} of {self.wanted} units: what nodes ahead of it could not serve."
        if not self.covers:
            return "Had none of it to sell."
        return "A node ahead of it served what it could have served."


@dataclass(frozen=True)
class LineReason:
    """What a line got from where, and why the rest was left (`code`: a Short of the planner)."""

    sku: str
    wanted: int
    short: int
    assigned: list[tuple[str, int]] = field(default_factory=list)
    code: str = ""
    drop_shipped: int = 0

    @property
    def why(self) -> str:
        """The sentence that the page shows for this line."""
        if self.drop_shipped:
            rest = self.short - self.drop_shipped
            return f"{self.drop_shipped} asked of a supplier, to the customer's door" + (
                f"; {rest} short." if rest else "."
            )
        if not self.short:
            return "Served in full." if len(self.assigned) == 1 else "Split: no single node had all of it."
        if self.code and self.code != Short.NO_STOCK:
            return f"{self.short} short: {Short(self.code).label}."
        if self.assigned:
            return f"{self.short} short: everything sellable at every node was taken."
        return "Nothing sellable at any node: backordered."


@dataclass(frozen=True)
class DecisionReason:
    """An allocation decision in words and figures."""

    decision: AllocationDecision
    policy: str
    strategy: str
    rule: str
    refused: str
    cost: str
    nodes: list[NodeReason]
    lines: list[LineReason]


def explain_decisions(order_id: int) -> list[DecisionReason]:
    """This function will return every allocation decision of an order, newest first, with its candidates and lines named."""
    decisions = list(
        AllocationDecision.objects.filter(order_id=order_id).select_related("policy").order_by("-pk")
    )
    if not decisions:
        return []
    nodes = dict(Node.objects.values_list("pk", "code"))
    skus = dict(OrderLine.objects.filter(order_id=order_id).values_list("pk", "product__sku"))
    given: dict[int, dict[int, dict[str, int]]] = {}
    # From the journal, not from the allocations: those shrink and are split when units are taken back.
    decided = {decision.stock_sequence: decision.pk for decision in decisions}
    moves = StockMove.objects.filter(event__in=[sequence for sequence in decided if sequence])
    for sequence, line_id, node_id, units in moves.values_list(
        "event", "order_line_id", "to_node", "quantity"
    ):
        line = given.setdefault(decided[sequence], {}).setdefault(line_id or 0, {})
        line[nodes[node_id]] = line.get(nodes[node_id], 0) + units
    return [_reason(decision, nodes, skus, given.get(decision.pk, {})) for decision in decisions]


def _reason(
    decision: AllocationDecision,
    nodes: dict[int, str],
    skus: dict[int, str],
    given: dict[int, dict[str, int]],
) -> DecisionReason:
    said = decision.explanation
    per_node: dict[str, int] = {}
    for assigned in given.values():
        for node, units in assigned.items():
            per_node[node] = per_node.get(node, 0) + units
    taken_back = set(said.get("split_refused", ()))
    drop_shipped = dict(said.get("drop_ships", ()))
    strategies = dict(AllocationRule.STRATEGIES) | {"DROPSHIP": "Drop-ship"}
    return DecisionReason(
        decision,
        said["policy"],
        strategies.get(said["strategy"], said["strategy"]),
        said.get("rule", ""),
        Short(said["refused"]).label if said.get("refused") in Short.values else said.get("refused", ""),
        f"{said['cost'] / 100:.2f}" if "cost" in said else "",
        [
            NodeReason(
                nodes.get(node, "?"), covers, said["wanted"], km, rank, per_node.get(nodes.get(node, "?"), 0),
                place == 0, node in taken_back, said["strategy"] == "DROPSHIP",
            )
            for place, (node, covers, km, rank) in enumerate(said["nodes"])
        ],
        [
            LineReason(skus.get(line, "?"), wanted, short, sorted(given.get(line, {}).items()), why[0] if why else "",
                       drop_shipped.get(line, 0))
            for line, wanted, short, *why in said["lines"]
        ],
    )  # fmt: skip
