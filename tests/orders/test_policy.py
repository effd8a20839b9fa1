"""Answers: how does a policy get into force, what does it decide then, and who may be promised what is kept?"""

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from erp.core.errors import Conflict, IllegalTransition, InvalidInput, PermissionRefused
from erp.core.models import ApprovalPolicy, ApprovalRequest, Job
from erp.core.roles import Role
from erp.core.services.approval import approval_decide
from inventory.models import StockPool, Transfer
from inventory.selectors import atp_query
from inventory.services import PoolDraft, pool_save
from orders.models import AllocationDecision, AllocationPolicy, FreightRate, OrderLine
from orders.services import (
    PolicyDraft,
    RuleDraft,
    freight_rate_save,
    order_allocate_many,
    policy_create,
    policy_draft,
    policy_edit,
    policy_retire,
    policy_submit,
)
from orders.services.substitute_short import order_substitute_short
from tests.cast import NOW, Company, stock_in
from tests.fulfillment.goods import order_in, promised
from tests.orders.desk import Login

pytestmark = pytest.mark.usefixtures("proven")


def rule(**wants: object) -> RuleDraft:
    return RuleDraft(str(wants.pop("name", "Every order")), str(wants.pop("strategy", "NEAREST")), **wants)  # type: ignore[arg-type]


def in_force(company: Company, *rules: RuleDraft) -> AllocationPolicy:
    return policy_create(code="default", name="Test", rules=rules, actor=company.olga, at=NOW)


def nodes_of(order: object) -> list[tuple[str, int]]:
    return list(
        OrderLine.objects.filter(order=order, allocations__state="ACTIVE")
        .order_by("position", "allocations__node__code")
        .values_list("allocations__node__code", "allocations__quantity")
    )


def test_a_draft_waits_for_somebody_else_and_then_takes_the_place_of_the_version_before(
    company: Company,
) -> None:
    ApprovalPolicy.objects.create(kind="orders.policy_activate", threshold=0, role=Role.OPERATIONS)
    draft = policy_draft(
        PolicyDraft("default", "Balance", [rule(strategy="BALANCE")]), actor=company.olga, at=NOW
    )
    assert (draft.version, draft.state) == (2, "DRAFT")
    with pytest.raises(Conflict):
        policy_draft(PolicyDraft("default", "Another", [rule()]), actor=company.olga, at=NOW)
    policy_submit(policy_id=draft.pk, reason="Empty South first", actor=company.olga, at=NOW)
    request = ApprovalRequest.objects.get()
    with pytest.raises(PermissionRefused):
        approval_decide(request_id=request.pk, approve=True, reason="", actor=company.olga, at=NOW)
    assert AllocationPolicy.objects.get(state="ACTIVE").version == 1
    approval_decide(request_id=request.pk, approve=True, reason="Fine", actor=company.ada, at=NOW)
    assert list(AllocationPolicy.objects.order_by("version").values_list("version", "state")) == [
        (1, "RETIRED"), (2, "ACTIVE"),
    ]  # fmt: skip
    company.web.refresh_from_db()
    assert company.web.policy_id == draft.pk
    with pytest.raises(IllegalTransition):
        policy_edit(
            policy_id=draft.pk, draft=PolicyDraft("default", "No", [rule()]), actor=company.olga, at=NOW
        )


def test_a_rejected_draft_is_a_draft_again_and_can_be_put_away(company: Company) -> None:
    ApprovalPolicy.objects.create(kind="orders.policy_activate", threshold=0, role=Role.OPERATIONS)
    draft = policy_draft(PolicyDraft("default", "Balance", [rule()]), actor=company.olga, at=NOW)
    policy_submit(policy_id=draft.pk, reason="Try", actor=company.olga, at=NOW)
    approval_decide(
        request_id=ApprovalRequest.objects.get().pk, approve=False, reason="No", actor=company.ada, at=NOW
    )
    draft.refresh_from_db()
    assert draft.state == "DRAFT"
    policy_retire(policy_id=draft.pk, reason="Not wanted", actor=company.olga, at=NOW)
    assert AllocationPolicy.objects.get(state="ACTIVE").version == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"strategy": "MAGIC"}, "rules[1].strategy"), ({"name": " "}, "rules[1].name"),
        ({"conditions": {"channels": ["nowhere"]}}, "rules[1].channels"), ({"conditions": {"moon": 1}}, "rules[1].conditions"),
        ({"conditions": {"countries": ["Britain"]}}, "rules[1].countries"), ({"nodes": [999_999]}, "rules[1].nodes"),
        ({"conditions": {"min_total": "much"}}, "rules[1].min_total"), ({"split_worth": -1}, "rules[1].split_worth"),
        ({"weight_day": Decimal("NaN")}, "rules[1].weight_day"),
    ],
)  # fmt: skip
def test_a_rule_that_can_not_be_is_refused_by_number_and_field(
    company: Company, change: dict[str, object], field: str
) -> None:
    with pytest.raises((InvalidInput, ArithmeticError)) as caught:
        policy_draft(PolicyDraft("x", "X", [rule(**change), rule()]), actor=company.olga, at=NOW)
    if isinstance(caught.value, InvalidInput):
        assert caught.value.field == field
    assert not AllocationPolicy.objects.filter(code="x").exists()


def test_the_last_rule_must_be_for_every_order(company: Company) -> None:
    with pytest.raises(InvalidInput) as caught:
        policy_draft(
            PolicyDraft("x", "X", [rule(conditions={"countries": ["GB"]})]), actor=company.olga, at=NOW
        )
    assert caught.value.field == "rules[1].conditions"


def test_the_first_rule_that_fits_decides_and_is_named(company: Company) -> None:
    stock_in(company, company.mug, 5)
    stock_in(company, company.mug, 5, node=company.south)
    in_force(
        company,
        rule(
            name="Dear orders", strategy="PRIORITY", conditions={"min_total": "50"}, nodes=[company.south.pk]
        ),
        rule(),
    )
    small, dear = promised(company, (company.mug, 1)), promised(company, (company.mug, 5))
    assert nodes_of(dear) == [("SOUTH", 5)]
    said = AllocationDecision.objects.get(order=dear).explanation
    assert (said["rule"], AllocationDecision.objects.get(order=small).explanation["rule"]) == (
        "Dear orders",
        "Every order",
    )


def test_cheapest_counts_the_freight_that_is_on_file(company: Company) -> None:
    stock_in(company, company.mug, 5)
    stock_in(company, company.mug, 5, node=company.south)
    for node, base in ((company.north, "9.00"), (company.south, "2.00")):
        freight_rate_save(
            node_id=node.pk,
            country="",
            base=Decimal(base),
            per_kg=Decimal(0),
            days=1,
            actor=company.olga,
            at=NOW,
        )
    in_force(company, rule(strategy="CHEAPEST"))
    order = promised(company, (company.mug, 2))
    assert nodes_of(order) == [("SOUTH", 2)]
    assert AllocationDecision.objects.get(order=order).explanation["cost"] == 200


def test_what_a_pool_keeps_only_its_members_get(company: Company) -> None:
    stock_in(company, company.mug, 5)
    pool_save(PoolDraft("web", "Web shop", 3, channel_code="web"), actor=company.olga, at=NOW)
    wholesale = promised(company, (company.mug, 5))
    assert wholesale.lines.get().quantity_allocated == 2
    assert AllocationDecision.objects.get(order=wholesale).explanation["lines"][0][3] == "KEPT"
    atp = {code: atp_query([company.mug.pk], channel_code=code)[0].quantity for code in ("web", "wholesale")}
    assert atp == {"web": 3, "wholesale": 0}
    pool_save(
        PoolDraft("web", "Web shop", 3, channel_code="wholesale"), pool_id=StockPool.objects.get().pk,
        actor=company.olga, at=NOW,
    )  # fmt: skip
    order_allocate_many(order_ids=[wholesale.pk], actor=company.olga, at=NOW)
    assert wholesale.lines.get().quantity_allocated == 5


def test_a_transfer_comes_before_a_backorder(company: Company) -> None:
    stock_in(company, company.mug, 2)
    stock_in(company, company.mug, 5, node=company.south)
    in_force(company, rule(allow_split=False, allow_transfer=True, nodes=[company.north.pk]))
    order = promised(company, (company.mug, 4))
    assert nodes_of(order) == [("NORTH", 2)]
    transfer = Transfer.objects.get()
    assert (transfer.from_node, transfer.to_node, transfer.is_reserved) == (
        company.south,
        company.north,
        True,
    )
    assert list(transfer.lines.values_list("product", "quantity")) == [(company.mug.pk, 2)]
    promise = order.lines.get().promises.get()
    assert (promise.quantity, promise.supply.reference) == (2, transfer.number)


def test_the_dearest_order_is_served_first_where_the_policy_says_so(company: Company) -> None:
    stock_in(company, company.mug, 2)
    policy_create(code="default", name="V", rules=[rule()], sequence="VALUE", actor=company.olga, at=NOW)
    cheap = order_in(company, (company.mug, 2, "1.00"))
    dear = order_in(company, (company.mug, 2, "9.00"))
    order_allocate_many(order_ids=[cheap.pk, dear.pk], actor=company.olga, at=NOW)
    assert (dear.lines.get().quantity_allocated, cheap.lines.get().quantity_allocated) == (2, 0)


def test_what_is_short_is_replaced_by_rule_after_the_allocation(company: Company) -> None:
    from orders.models import Substitution

    stock_in(company, company.lamp, 3)
    Substitution.objects.create(
        product=company.mug,
        substitute=company.lamp,
        needs_agreement=False,
        quantity_product=1,
        quantity_substitute=1,
    )
    in_force(company, rule(allow_substitution=True))
    order = promised(company, (company.mug, 2))
    job = Job.objects.get(kind="orders.order_substitute_short")
    assert order_substitute_short(**job.arguments, actor=company.system, at=NOW) == 1
    assert order_substitute_short(**job.arguments, actor=company.system, at=NOW) == 0
    lines = order.lines.order_by("position").values_list(
        "product", "quantity_cancelled", "quantity_allocated"
    )
    assert list(lines)[-1] == (company.lamp.pk, 0, 2)
    order.refresh_from_db()
    assert (order.needs_allocation, order.total) == (False, Decimal("20.00"))


def fields(**rules: dict[str, str]) -> dict[str, object]:
    blank = {"strategy": "NEAREST", "allow_split": "on", "allow_backorder": "on"}
    return {
        f"rule-{number}-{name}": value
        for number, typed in enumerate(rules.values(), 1)
        for name, value in (blank | typed).items()
    }


def test_the_editor_keeps_what_was_typed_and_names_what_is_wrong(company: Company, as_: Login) -> None:
    olga: Client = as_("olga")
    url = reverse("orders:allocation_policy_create")
    assert olga.get(url).status_code == 200
    head = {"code": "gold", "name": "Gold first", "sequence": "MARGIN", "note": ""}
    bad = olga.post(url, head | fields(a={"name": "Abroad", "countries": "DE, XYZ"}, b={"name": "All"}))
    assert (bad.status_code, AllocationPolicy.objects.filter(code="gold").count()) == (422, 0)
    assert "“XYZ” is no country code" in bad.content.decode() and "DE, XYZ" in bad.content.decode()
    good = olga.post(
        url,
        head | fields(a={"name": "Abroad", "countries": "de at", "max_shipments": "2"}, b={"name": "All"}),
    )
    policy = AllocationPolicy.objects.get(code="gold")
    assert good.url == reverse("orders:allocation_policy_detail", args=[policy.pk])
    first = policy.rules.get(position=1)
    assert (first.conditions, first.max_shipments, policy.sequence) == (
        {"countries": ["DE", "AT"]},
        2,
        "MARGIN",
    )
    page = olga.get(good.url).content.decode()
    assert "Abroad" in page and "at most 2 parcels" in page
    edit = reverse("orders:allocation_policy_edit", args=[policy.pk])
    olga.post(edit, head | fields(a={"name": "All"}))
    assert policy.rules.count() == 1
    assert as_("rita").get(edit).status_code == 403


def test_rates_and_pools_are_kept_by_page(company: Company, as_: Login) -> None:
    olga = as_("olga")
    olga.post(
        reverse("orders:freight_rate_create"),
        {
            "node": company.north.pk,
            "country": "gb",
            "base": "3.20",
            "per_kg": "0.4",
            "days": "1",
            "form_token": "a",
        },
    )
    assert FreightRate.objects.values_list("country", "base").get() == ("GB", Decimal("3.20"))
    response = olga.post(
        reverse("inventory:pool_create"), {"code": "P", "name": "P", "quantity": "3", "form_token": "b"}
    )
    assert (response.status_code, StockPool.objects.count()) == (422, 0)
    olga.post(
        reverse("inventory:pool_create"),
        {"code": "P", "name": "P", "quantity": "3", "tier": "key", "sku": "MUG", "form_token": "c"},
    )
    pool = StockPool.objects.get()
    assert (pool.tier, pool.product) == ("KEY", company.mug)
    for name in ("inventory:pool_list", "orders:freight_rate_list", "orders:rehearsal_list"):
        assert olga.get(reverse(name)).status_code == 200
    assert olga.get(reverse("inventory:pool_edit", args=[pool.pk])).status_code == 200
