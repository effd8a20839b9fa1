"""Does a substitution send the right units, free the others, and never make the customer pay more?"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from erp.core.errors import Conflict, InvalidInput, NotFound
from erp.core.models import ExceptionCase
from fulfillment.services import fulfillment_release_many
from inventory.models import Product
from orders.models import Order, OrderChange, Substitution
from orders.selectors import substitutes_for
from orders.services import EditOutcome, order_line_substitute
from tests.cast import NOW, TODAY, Company, stock_in
from tests.fulfillment.goods import order_in, promised
from tests.orders.evidence import LATER, D, moves, refused
from tests.orders.test_edit import figures, paid_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("proven")]


def rule(company: Company, **changes: Any) -> Substitution:
    values = {"product": company.mug, "substitute": company.lamp, "needs_agreement": False} | changes
    return Substitution.objects.create(**values)


def replace(
    order: Order,
    company: Company,
    quantity: int,
    by: Product | None = None,
    agreed: str = "",
    reason: str = "None left",
) -> EditOutcome:
    done = order_line_substitute(
        line_id=order.lines.get(position=1).pk, substitute_product_id=(by or company.lamp).pk, quantity=quantity,
        reason=reason, agreed=agreed, actor=company.cora, at=LATER,
    )  # fmt: skip
    order.refresh_from_db()
    return done


def test_a_part_of_a_line_is_replaced_at_its_own_price(company: Company) -> None:
    stock_in(company, company.mug, 5)
    Product.objects.filter(pk=company.lamp.pk).update(list_price=99)
    rule(company, price_rule="KEEP")
    order = promised(company, (company.mug, 5, "3.33", "3.33"))
    done = replace(order, company, 2)
    assert figures(order) == [
        ("MUG", 3, 3, 0, D("3.33"), D("9.99"), D("2.00")), ("LAMP", 2, 0, 0, D("3.33"), D("6.66"), D("1.33")),
    ]  # fmt: skip
    mug, lamp = order.lines.order_by("position")
    assert (lamp.substitute_of, done.units_back, order.total) == (mug, 2, D("19.98"))
    assert moves(order, "orders.order_line_substitute") == [("NORTH", 2, "ALLOCATED", "AVAILABLE")]
    assert OrderChange.objects.get().changes == [
        {"what": "MUG replaced", "old": "2 × MUG", "new": "2 × LAMP"}
    ]


def test_the_lower_price_wins_and_what_was_paid_too_much_is_owed(company: Company) -> None:
    Product.objects.filter(pk=company.lamp.pk).update(list_price=7)
    rule(company)
    order = paid_order(company)  # 4 × 10 + 8 tax
    replace(order, company, 4)
    assert figures(order) == [("MUG", 4, 0, 4, 0, 0, 0), ("LAMP", 4, 0, 0, 7, 28, D("5.60"))]
    assert (order.total, order.state) == (D("33.60"), "CONFIRMED")
    assert ExceptionCase.objects.get(kind="REFUND_DUE").money_at_risk == D("14.40")


@pytest.mark.parametrize(("price", "quantity", "per", "instead", "figure"), [
    ("10.00", 2, 1, 3, ("LAMP", 6, D("3.3333"), D("20.00"))),  # 19.9998
    ("0.50", 1, 1, 300, ("LAMP", 300, D("0.0016"), D("0.48"))),  # 0.0017 would be 0.51: more than it was
    ("1.00", 6, 3, 2, ("LAMP", 4, D("1.5000"), D("6.00"))),
])  # fmt: skip
def test_other_ratios_never_cost_more(
    company: Company, price: str, quantity: int, per: int, instead: int, figure: tuple[Any, ...]
) -> None:
    rule(company, price_rule="KEEP", quantity_product=per, quantity_substitute=instead)
    order = order_in(company, (company.mug, 6, price, "0.60"))
    before = order.total
    replace(order, company, quantity)
    new = order.lines.get(position=2)
    assert (new.product.sku, new.quantity_ordered, new.unit_price, new.line_total) == figure
    assert order.total <= before


def test_what_the_customer_has_to_agree_to_is_asked_and_kept(company: Company) -> None:
    rule(company, needs_agreement=True)
    order = order_in(company, (company.mug, 2))
    refused(InvalidInput, "agreed", lambda: replace(order, company, 1))
    replace(order, company, 1, agreed="Carol by phone, 10:05")
    assert OrderChange.objects.get().changes[1] == {
        "what": "customer agreed",
        "old": "",
        "new": "Carol by phone, 10:05",
    }


def test_a_substitution_that_can_not_be_names_why(company: Company) -> None:
    order = order_in(company, (company.mug, 4))
    refused(InvalidInput, "substitute", lambda: replace(order, company, 1))
    rule(company, quantity_product=2)
    refused(InvalidInput, "quantity", lambda: replace(order, company, 3))
    for units in (0, 5):
        refused(InvalidInput, "quantity", lambda units=units: replace(order, company, units))
    refused(InvalidInput, "reason", lambda: replace(order, company, 2, reason=" "))
    refused(InvalidInput, "substitute", lambda: replace(order, company, 2, by=company.cream))
    missing = {
        "line_id": 10**9,
        "substitute_product_id": 1,
        "quantity": 1,
        "reason": "x",
        "actor": company.cora,
        "at": NOW,
    }
    refused(NotFound, "line", lambda: order_line_substitute(**missing))  # type: ignore[arg-type]


def test_what_is_on_the_floor_is_not_replaced(company: Company) -> None:
    stock_in(company, company.mug, 2)
    rule(company)
    order = promised(company, (company.mug, 2))
    fulfillment_release_many(order_ids=[order.pk], actor=company.olga, at=NOW)
    refused(Conflict, "line", lambda: replace(order, company, 1))


def test_what_its_channel_sends_itself_is_not_replaced_here(company: Company) -> None:
    rule(company)
    order = order_in(company, (company.mug, 2))
    Order.objects.filter(pk=order.pk).update(fulfilled_by_channel=True)
    refused(Conflict, "line", lambda: replace(order, company, 1))


def test_rules_hold_on_their_days_in_their_order_and_both_ways(company: Company) -> None:
    day = timedelta(days=1)
    first = rule(company, priority=1, is_both_ways=True, quantity_product=1, quantity_substitute=2)
    second = rule(company, substitute=company.cream, priority=9, valid_from=TODAY, valid_to=TODAY)
    ids = [company.mug.pk, company.lamp.pk]
    found = substitutes_for(ids, TODAY)
    assert [row.rule_id for row in found[company.mug.pk]] == [second.pk, first.pk]
    (back,) = found[company.lamp.pk]
    assert (back.sku, back.per_product, back.per_substitute, back.units_for(3), back.units_for(4)) == (
        "MUG",
        2,
        1,
        None,
        2,
    )
    for other in (TODAY - day, TODAY + day):
        assert [row.rule_id for row in substitutes_for(ids, other)[company.mug.pk]] == [first.pk]
    Substitution.objects.filter(pk=first.pk).update(is_active=False)
    assert substitutes_for(ids, TODAY + day) == {}
