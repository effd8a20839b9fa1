"""Do the order side's lists show what is so, act on many at once after a preview, and cost the same however long they are?"""

from __future__ import annotations

import csv
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from erp.core.models import SavedView
from erp.core.services.note import note_add
from inventory.models import Product
from orders.models import Customer, Order
from orders.services import (
    ChargeCommand,
    hold_open,
    order_allocate_many,
    order_cancel,
)
from tests.cast import NOW, Company, assert_proven, stock_in
from tests.factories import (
    AllocationPolicyFactory,
    ChannelFactory,
    CustomerFactory,
    ListingFactory,
    ProductFactory,
)
from tests.fulfillment.goods import order_in, promised
from tests.orders.desk import (
    LISTS,
    Login,
    shown,
    to,
    toasts,
    written,
)

pytestmark = pytest.mark.django_db


# --- the list ---
def test_the_list_filters_searches_and_sorts(company: Company, as_: Login) -> None:
    olga, now = as_("olga"), timezone.now()
    stock_in(company, company.mug, 5)
    early = promised(company, (company.mug, 4, "9.00"), ordered_at=now - timedelta(days=5))
    short = promised(company, (company.lamp, 1, "50.00"), ordered_at=now - timedelta(hours=36))
    held = order_in(company, (company.mug, 1, "8.00"), ordered_at=now)
    hold_open(order_id=held.pk, kind="MANUAL", reason="Call first", actor=company.cora, at=NOW)
    for query, expected in {
        "view=all": [held, short, early],
        "state=ON_HOLD": [held],
        "state=ON_HOLD&state=ALLOCATED": [held, early],
        f"channel={company.wholesale.pk}&state=CONFIRMED": [short],
        f"channel={company.web.pk}": [],
        f"since={now - timedelta(days=3):%Y-%m-%d}": [held, short],
        f"until={now - timedelta(days=4):%Y-%m-%d}": [early],
        "progress=open": [held, short, early],
        "progress=backordered": [short],
        "progress=late": [early],
        "progress=late_shipped": [],
        "age=1": [held],
        "age=3": [short],
        "age=7": [early],
        "age=old": [],
        f"product={company.mug.pk}": [held, early],
        f"customer={company.carol.pk}": [held, short, early],
        f"q={short.number.lower()}": [short],
        f"q={early.external_id}": [early],
        f"q=carol+{held.number}": [held],
        "sort=total": [held, early, short],
        "sort=-total": [short, early, held],
    }.items():
        assert shown(olga.get(f"{to('order_list')}?{query}")) == expected, query
    page = olga.get(to("order_list"), {"state": "SHIPPED"}).content.decode()
    assert "Nothing matches these filters" in page
    for nonsense in f"state=NOPE customer=x product={'9' * 30} since=2026-99-99 q=%00 page=99".split():
        assert olga.get(f"{to('order_list')}?{nonsense}").status_code == 200, nonsense


def test_an_empty_list_says_how_orders_arrive_and_offers_what_the_role_may_do(as_: Login) -> None:
    for name, links in (("cora", 2), ("rita", 0)):  # at the head of the page, and in the empty state
        page = as_(name).get(to("order_list")).content.decode()
        assert "Orders arrive from channels, from a file, or you enter one." in page
        assert page.split("<main")[1].count(f'href="{to("order_create")}"') == links


def test_a_saved_view_opens_the_list_for_its_owner(company: Company, as_: Login) -> None:
    cora = as_("cora")
    held, other = (order_in(company, (company.mug, 1)) for _ in range(2))
    hold_open(order_id=held.pk, kind="MANUAL", reason="Call first", actor=company.cora, at=NOW)
    view = {"list_code": "orders.orders", "name": "My holds", "query": "state=ON_HOLD", "is_default": "1"}
    assert cora.post(reverse("view_save"), view).status_code == 302
    page = cora.get(to("order_list"), follow=True)
    assert page.redirect_chain == [(f"{to('order_list')}?state=ON_HOLD", 302)]
    assert shown(page) == [held]
    assert "My holds" in page.content.decode()
    assert shown(cora.get(to("order_list"), {"view": "all"})) == [other, held]
    assert shown(as_("olga").get(to("order_list"))) == [other, held]
    assert SavedView.objects.get().user == company.cora


def test_the_export_holds_the_filtered_rows_in_the_chosen_columns(company: Company, as_: Login) -> None:
    Customer.objects.filter(pk=company.carol.pk).update(name="=HYPERLINK(A1)")
    one = order_in(
        company, (company.mug, 2, "3.50", "1.40"), charges=(ChargeCommand("DISCOUNT", Decimal(-1)),)
    )
    order_in(company, (company.lamp, 1))
    answer = as_("rita").get(
        f"{to('order_list')}?q={one.number}&cols=number,external_id,state,customer,total&format=csv"
    )
    rows = list(csv.reader(b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()))
    assert rows == [
        ["Number", "State", "External id", "Customer", "Total"],
        [one.number, "Confirmed", one.external_id, "'=HYPERLINK(A1)", "7.4000"],
    ]
    assert as_("rita").get(to("order_list"), {"format": "xlsx"}).content[:2] == b"PK"


def test_backorders_say_what_is_short_and_what_it_is_worth(company: Company, as_: Login) -> None:
    stock_in(company, company.mug, 3)
    order = promised(company, (company.mug, 5, "2.50"), (company.lamp, 1, "20.00"))
    order_in(company, (company.mug, 9))  # nobody has looked for its stock yet, so it is not backordered
    order_cancel(
        order_id=order.pk, quantities={order.lines.get(product=company.lamp).pk: 1}, reason="Too slow",
        actor=company.cora, at=NOW,
    )  # fmt: skip
    (line,) = shown(as_("olga").get(to("backorder_list")))
    assert (line.order, line.product, line.units_open, line.value_open) == (order, company.mug, 2, Decimal(5))


# --- many at once ---
def preview_and_run(
    client: Client, url: str, action: str, rows: list[Any]
) -> tuple[str, list[Any], list[Any]]:
    """Preview an action on the rows, see that nothing happened, run it; returns effect, done and refused."""
    before = written()
    seen = client.post(url, {"action": action, "stage": "preview", "ids": [row.pk for row in rows]})
    assert written() == before
    ids = seen.context["ids"]
    assert ids == ",".join(str(row.pk) for row in rows)
    ran = client.post(url, {"action": action, "stage": "run", "ids": ids, "reason": "Settled"})
    return seen.context["effects"][0], ran.context["done"], ran.context["failed"]


def test_many_orders_are_allocated_and_cancelled_after_a_preview(company: Company, as_: Login) -> None:
    olga, url = as_("olga"), to("order_list")
    stock_in(company, company.mug, 5)
    done, one, two = (order_in(company, (company.mug, 3)) for _ in range(3))
    order_cancel(order_id=done.pk, reason="Changed mind", actor=company.cora, at=NOW)
    effect, good, bad = preview_and_run(olga, url, "allocate", [done, one, two])
    assert effect.startswith("2 of 3 orders want stock and may be allocated")
    assert good == [(done.number, True, "Wants no stock."), (one.number, True, "3 units promised")]
    assert bad == [(two.number, False, "2 units promised, 1 short")]
    effect, good, bad = preview_and_run(olga, url, "cancel", [done, one, two])
    assert effect.startswith("2 of 3 orders can be cancelled whole")
    assert good == [(one.number, True, "3 units cancelled"), (two.number, True, "3 units cancelled")]
    (refused,) = bad
    assert refused == (
        done.number,
        False,
        f"{done} has nothing left to cancel. Open a return for shipped goods.",
    )
    assert set(Order.objects.values_list("state", flat=True)) == {"CANCELLED"}
    none = olga.post(url, {"action": "cancel", "stage": "preview"}, follow=True)
    assert toasts(none) == ["Cancel: select at least one row first."]
    assert_proven()


def test_many_holds_are_released_after_a_preview(company: Company, as_: Login) -> None:
    fay, orders = as_("fay"), [order_in(company, (company.mug, 1)) for _ in range(2)]
    holds = [
        hold_open(order_id=order.pk, kind=kind, reason="Look", actor=company.cora, at=NOW)
        for order, kind in ((orders[0], "CREDIT"), (orders[0], "TAX"), (orders[1], "CREDIT"))
    ]
    fay.post(to("order_release_holds", orders[1].pk), {"reason": "Paid"})
    finances = fay.get(to("hold_list"), {"state": "OPEN", "owner_role": "FINANCE", "kind": "TAX"})
    assert shown(finances) == [holds[1]]
    effect, good, bad = preview_and_run(fay, to("hold_list"), "release", holds)
    assert effect.startswith("2 open holds on 1 orders.")
    assert [row[2] for row in good] == ["Released."] * 2
    assert bad == [(f"{orders[1]} Credit", False, "Was closed before.")]
    assert set(Order.objects.values_list("state", flat=True)) == {"CONFIRMED"}
    assert_proven()


# --- how much a page costs ---
def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)


def fill(company: Company, count: int) -> None:
    """`count` of everything that a list shows."""
    for _ in range(count):
        product = ProductFactory(category=company.goods, unit=company.each)
        stock_in(company, product, 3)
        promised(company, (product, 5))
        held = order_in(company, (product, 1))
        hold_open(order_id=held.pk, kind="MANUAL", reason="Look", actor=company.cora, at=NOW)
        CustomerFactory()
        policy = AllocationPolicyFactory(code=f"policy-{product.pk}")
        ListingFactory(channel=ChannelFactory(policy=policy), product=product)


def test_a_list_costs_the_same_queries_for_3_rows_and_for_60(company: Company, as_: Login) -> None:
    olga, urls = as_("olga"), [to(f"{noun}_list") for noun in LISTS]
    fill(company, 3)
    for url in urls:
        olga.get(url)
    few = {url: queries(olga, url) for url in urls}
    fill(company, 57)
    assert {url: queries(olga, url) for url in urls} == few
    assert max(few.values()) <= 14


def test_a_record_costs_the_same_queries_for_3_lines_and_for_60(company: Company, as_: Login) -> None:
    olga, products = (
        as_("olga"),
        [ProductFactory(category=company.goods, unit=company.each) for _ in range(60)],
    )

    def story(some: list[Product]) -> str:
        """An order with a line, a charge, a decision and a note per product."""
        charges = tuple(ChargeCommand("OTHER_INCOME", Decimal(1)) for _ in some)
        order = order_in(company, *((product, 2) for product in some), charges=charges)
        for product in some:
            stock_in(company, product, 1)
            order_allocate_many(order_ids=[order.pk], actor=company.olga, at=NOW)
            note_add(
                document_type="orders.Order", document_id=order.pk, body="Seen", actor=company.cora, at=NOW
            )
        assert order.decisions.count() == len(some)
        return to("order_detail", order.pk)

    few, many = story(products[:3]), story(products)
    olga.get(few)
    assert queries(olga, few) == queries(olga, many)
    assert queries(olga, many) <= 45  # one timeline of all that happened, from every app
