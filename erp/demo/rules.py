"""By which rules does the demo company promise, check and price: policies, freight, pools, substitutions, risk?

Chosen so that a year of real trading shows every kind of decision in a credible share, and so that each has a reason a
retailer of gifts would give.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from erp.core.models import User
from erp.demo.catalogue import Item
from inventory.services import PoolDraft, pool_save
from orders.models import CheckPolicy, RiskRule
from orders.services import RuleDraft, SubstitutionDraft, freight_rate_save, policy_create, substitution_save

if TYPE_CHECKING:
    from erp.demo.master import Company

# node → country ("" = any other) → per parcel, per kg, days
FREIGHT = {
    "NORTH": {"GB": ("3.20", "0.35", 1), "IE": ("6.80", "0.90", 3), "": ("12.50", "2.40", 6)},
    "SOUTH": {"GB": ("3.35", "0.35", 1), "IE": ("7.10", "0.90", 3), "": ("11.90", "2.30", 6)},
    "STORE": {"GB": ("4.60", "0.60", 2), "": ("15.00", "3.00", 7)},
    "TPL-NL": {"NL": ("4.10", "0.40", 1), "DE": ("5.20", "0.50", 2), "BE": ("4.90", "0.50", 2), "FR": ("6.10", "0.60", 3),
               "GB": ("9.80", "1.20", 4), "": ("8.90", "1.10", 5)},
}  # fmt: skip
POOLED = 12  # best sellers of which the web shop keeps some
SUBSTITUTES = (
    ("22423", "22720"),
    ("85123A", "21733"),
    ("47566", "47566B"),
    ("20725", "20727"),
    ("22383", "20728"),
)


def policies_found(nodes: dict[str, int], *, actor: User, at: datetime) -> dict[str, int]:
    """This function will put the company's two policies in force and return their ids by code."""
    ours = [nodes["NORTH"], nodes["SOUTH"]]
    default = policy_create(
        code="default", name="Near, few parcels, worth their freight", actor=actor, at=at,
        rules=[
            RuleDraft(
                "Key accounts: cheapest, two parcels at most", "CHEAPEST", {"tiers": ["KEY"]}, max_shipments=2,
                allow_transfer=True, allow_substitution=True,
            ),
            RuleDraft("Large orders: fewest parcels", "FEWEST_SPLITS", {"min_total": "1000"}, split_worth=150),
            RuleDraft(
                "Home: our own warehouses", "NEAREST", {"countries": ["GB"]}, split_worth=100, nodes=ours,
            ),
            RuleDraft("Everybody else: cheapest", "CHEAPEST", split_worth=100),
        ],
    )  # fmt: skip
    few = policy_create(
        code="few-parcels", name="Fewest parcels", strategy="FEWEST_SPLITS", actor=actor, at=at
    )
    return {"default": default.pk, "few-parcels": few.pk}


def rules_found(company: Company, best: list[Item], *, actor: User, at: datetime) -> None:
    """This function will set freight rates, pools, substitutions and the signs of fraud that are looked for."""
    for node, rates in FREIGHT.items():
        for country, (base, per_kg, days) in rates.items():
            freight_rate_save(
                node_id=company.nodes[node].pk, country=country, base=Decimal(base), per_kg=Decimal(per_kg), days=days,
                actor=actor, at=at,
            )  # fmt: skip
    for item in best[:POOLED]:
        pool_save(
            PoolDraft(
                f"WEB-{item.sku}", f"Web shop: {item.sku}", 4, company.nodes["NORTH"].pk, company.products[item.sku], "web-uk"
            ),
            actor=actor, at=at,
        )  # fmt: skip
    for product, substitute in SUBSTITUTES:
        if product in company.products and substitute in company.products:
            draft = SubstitutionDraft(product, substitute, needs_agreement=False)
            substitution_save(draft, actor=actor, at=at)
    for channel in company.channels.values():
        CheckPolicy.objects.create(channel_id=channel, duplicate_hours=2, largest_line=3_000)
    RiskRule.objects.create(
        code="many-orders",
        kind=RiskRule.VELOCITY,
        subject="CUSTOMER",
        window_hours=24,
        normal_orders=5,
        points=60,
    )
    RiskRule.objects.create(
        code="large-web-order",
        kind=RiskRule.FREE_MAIL,
        channel_id=company.channels["web-uk"],
        amount=Decimal(900),
        points=55,
    )
