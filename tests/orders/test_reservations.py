"""Is a cart's stock kept whole, for a while, and given to its order or back?"""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from erp.core.errors import Conflict, IllegalTransition, InvalidInput
from erp.core.models import ExceptionCase, InboxMessage, Note, StateChange
from erp.core.services.api_key import api_key_create
from inventory.models import StockEvent, StockLevel
from orders.models import Allocation, Order, OrderLine, Reservation, ReservationLine
from orders.services import (
    AllocationResult,
    LineCommand,
    OrderCommand,
    ReservationDraft,
    ReservationShort,
    ShipTo,
    order_allocate_many,
    order_cancel,
    order_receive_many,
    reservation_create,
    reservation_expire,
    reservation_extend,
    reservation_hand_over_many,
    reservation_release,
    reservation_report_short,
)
from tests.cast import NOW, Company, stock_in
from tests.factories import ListingFactory
from tests.inventory.test_kit import kit_of
from tests.orders.desk import Login, shown, to

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def reserve(
    company: Company, *lines: tuple[str, int], key: str = "cart-1", ttl: int = 600, at: Any = NOW
) -> Reservation:
    """A reservation for the wholesale channel."""
    draft = ReservationDraft("wholesale", key, lines, ttl, "GB")
    return reservation_create(draft, actor=company.olga, at=at)[0]


def levels(sku: str = "MUG") -> dict[str, int]:
    """Units per status over all nodes, empty ones left out."""
    found: dict[str, int] = {}
    for status, units in StockLevel.objects.filter(product__sku=sku, quantity__gt=0).values_list(
        "status", "quantity"
    ):
        found[status] = found.get(status, 0) + units
    return found


def ordered(
    company: Company, units: int, *, cart: str = "cart-1", sku: str = "mug", number: int = 1
) -> Order:
    """An order that names a cart."""
    command = OrderCommand(
        "wholesale", f"R-{number}", NOW, "GBP", [LineCommand(sku, units, Decimal("2.50"))], f"order {number}",
        ship_to=ShipTo("Pat", "1 High Street", "Leeds", "LS1 1AA", "GB"), reservation_key=cart,
    )  # fmt: skip
    (received,) = order_receive_many([command], actor=company.olga, at=NOW)
    assert received.error is None, received.error
    return Order.objects.get(pk=received.order_id)


def allocate(company: Company, *orders: Order, at: Any = NOW) -> tuple[list[int], list[AllocationResult]]:
    """What the allocator does: hand the carts over first, plan their orders first, and tell of those that are short."""
    ids = [order.pk for order in orders]
    with transaction.atomic():
        first = reservation_hand_over_many(ids, actor=company.olga, at=at)
        results = order_allocate_many(order_ids=first, actor=company.olga, at=at) if first else []
        rest = [pk for pk in ids if pk not in first]
        results += order_allocate_many(order_ids=rest, actor=company.olga, at=at) if rest else []
        reservation_report_short(first, actor=company.olga, at=at)
    return first, results


# --- made, extended, released, expired ---
def test_a_cart_is_kept_whole_and_nobody_else_gets_it(company: Company, proven: None) -> None:
    stock_in(company, company.mug, 3)
    stock_in(company, company.mug, 4, node=company.south)
    made = reserve(company, ("mug", 5))
    assert (made.state, made.expires_at) == ("ACTIVE", NOW + 10 * MINUTE)
    kept = made.lines.order_by("pk").values_list("product__sku", "node__code", "quantity")
    assert list(kept) == [("MUG", "NORTH", 3), ("MUG", "SOUTH", 2)]
    assert levels() == {"RESERVED": 5, "AVAILABLE": 2}
    other = ordered(company, 4, cart="")
    assert allocate(company, other) == ([], [(other.pk, 2, 2)])
    event = StockEvent.objects.get(action="orders.reservation_create")
    assert (event.source_type, event.source_id, event.actor) == ("orders.Reservation", made.pk, company.olga)


def test_a_kit_keeps_its_components_and_a_listing_means_what_it_means(company: Company, proven: None) -> None:
    stock_in(company, company.mug, 9)
    stock_in(company, company.lamp, 4)
    kit = kit_of(company, (company.mug, 2), (company.lamp, 1))
    ListingFactory(channel=company.wholesale, product=kit, channel_sku="W-TEA")
    made = reserve(company, ("w-tea", 3), ("MUG", 2))
    assert sorted(made.lines.values_list("product__sku", "quantity")) == [("LAMP", 3), ("MUG", 8)]
    assert made.wanted == [["w-tea", 3], ["MUG", 2]]


def test_all_or_nothing_and_the_short_are_named(company: Company, proven: None) -> None:
    stock_in(company, company.mug, 3)
    stock_in(company, company.lamp, 9)
    kit = kit_of(company, (company.mug, 2))
    with pytest.raises(ReservationShort) as refused:
        reserve(company, ("lamp", 2), (kit.sku, 1), ("mug", 2))
    assert refused.value.detail == {"shortages": [{"sku": "MUG", "wanted": 4, "available": 3}]}
    assert "MUG (4 wanted, 3 available)" in refused.value.message
    assert (Reservation.objects.count(), levels(), levels("LAMP")) == (0, {"AVAILABLE": 3}, {"AVAILABLE": 9})
    assert reserve(company, ("lamp", 2)).state == "ACTIVE"  # the key is free again


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"ttl": 59}, "ttl_seconds"), ({"ttl": 3_601}, "ttl_seconds"), ({"lines": []}, "lines"),
        ({"lines": [("mug", 1)] * 201}, "lines"), ({"lines": [("mug", 0)]}, "lines[1].quantity"),
        ({"lines": [("mug", 1), ("NOPE", 1)]}, "lines[2].sku"),
    ],
)  # fmt: skip
def test_what_makes_no_reservation_is_refused(company: Company, changes: dict[str, Any], field: str) -> None:
    stock_in(company, company.mug, 300)
    lines = changes.get("lines", [("mug", 1)])
    with pytest.raises(InvalidInput) as refused:
        reserve(company, *lines, ttl=changes.get("ttl", 600))
    assert refused.value.field == field
    assert (Reservation.objects.count(), levels()) == (0, {"AVAILABLE": 300})


def test_a_repeat_is_the_same_reservation_and_other_lines_are_a_conflict(
    company: Company, proven: None
) -> None:
    stock_in(company, company.mug, 9)
    first = reserve(company, ("mug", 2))
    draft = ReservationDraft("wholesale", "cart-1", [("mug", 2)], 900, "GB")
    again, is_new = reservation_create(draft, actor=company.olga, at=NOW + MINUTE)
    assert (again, is_new, again.expires_at) == (first, False, first.expires_at)
    with pytest.raises(Conflict, match="reserves something else"):
        reserve(company, ("mug", 3))
    assert levels() == {"RESERVED": 2, "AVAILABLE": 7}


def test_it_can_be_extended_while_it_lasts_and_a_note_says_so(company: Company, proven: None) -> None:
    stock_in(company, company.mug, 9)
    made = reserve(company, ("mug", 2), ttl=60)
    extended = reservation_extend(reservation_id=made.pk, ttl_seconds=3_600, actor=company.cora, at=NOW)
    assert extended.expires_at == NOW + 60 * MINUTE
    assert Note.objects.get(document_type="orders.Reservation").author == company.cora
    late = NOW + timedelta(hours=5, minutes=30)
    Reservation.objects.filter(pk=made.pk).update(expires_at=late + MINUTE)
    with pytest.raises(InvalidInput, match="6 hours at most"):
        reservation_extend(reservation_id=made.pk, ttl_seconds=3_600, actor=company.cora, at=late)
    with pytest.raises(Conflict, match="is over"):
        reservation_extend(reservation_id=made.pk, ttl_seconds=60, actor=company.cora, at=late + MINUTE)
    made.refresh_from_db()
    assert made.expires_at == late + MINUTE


def test_released_and_expired_units_come_back_once(company: Company, proven: None) -> None:
    stock_in(company, company.mug, 9)
    one, two = reserve(company, ("mug", 2), key="one"), reserve(company, ("mug", 3), key="two", ttl=60)
    assert reservation_expire(actor=company.system, at=NOW + MINUTE - timedelta(microseconds=1)) == {
        "expired": 0
    }
    assert reservation_expire(actor=company.system, at=NOW + MINUTE) == {"expired": 1}
    assert levels() == {"RESERVED": 2, "AVAILABLE": 7}
    reservation_release(reservation_id=one.pk, reason="Cart emptied", actor=company.cora, at=NOW)
    for done in (one, two):
        with pytest.raises(IllegalTransition):
            reservation_release(reservation_id=done.pk, actor=company.cora, at=NOW)
    assert levels() == {"AVAILABLE": 9}
    said = StateChange.objects.filter(document_type="orders.Reservation").order_by("id")
    assert [(row.document_id, row.action, row.to_state, row.actor.username, row.reason) for row in said] == [
        (one.pk, "orders.reservation_create", "ACTIVE", "olga", ""),
        (two.pk, "orders.reservation_create", "ACTIVE", "olga", ""),
        (two.pk, "orders.reservation_expire", "EXPIRED", company.system.username, "its time is over"),
        (one.pk, "orders.reservation_release", "RELEASED", "cora", "Cart emptied"),
    ]  # fmt: skip


def test_the_sweeper_gives_many_back_with_as_many_statements_as_one(
    company: Company, django_assert_num_queries: Any
) -> None:
    stock_in(company, company.mug, 60)
    for count in (1, 25):
        for number in range(count):
            reserve(company, ("mug", 1), key=f"{count}-{number}", ttl=60)
        with django_assert_num_queries(7):
            assert reservation_expire(actor=company.system, at=NOW + MINUTE) == {"expired": count}
    assert levels() == {"AVAILABLE": 60}


# --- ordered ---
def test_the_order_of_a_cart_gets_what_was_kept_before_others(company: Company, proven: None) -> None:
    stock_in(company, company.mug, 5)
    made = reserve(company, ("mug", 4))
    eager = ordered(company, 5, cart="", number=1)
    mine = ordered(company, 4, number=2)
    assert mine.reservation_key == "cart-1"
    first, results = allocate(company, eager, mine)
    assert (first, results) == ([mine.pk], [(mine.pk, 4, 0), (eager.pk, 1, 4)])
    made.refresh_from_db()
    assert (made.state, made.order) == ("CONSUMED", mine)
    assert levels() == {"ALLOCATED": 5}
    assert not ExceptionCase.objects.filter(kind="RESERVATION_UNFULFILLED").exists()
    assert allocate(company, mine)[0] == []  # once


def test_an_expired_cart_is_just_not_there(company: Company, proven: None) -> None:
    stock_in(company, company.mug, 5)
    reserve(company, ("mug", 4), ttl=60)
    reservation_expire(actor=company.system, at=NOW + MINUTE)
    order = ordered(company, 4)
    assert allocate(company, order) == ([], [(order.pk, 4, 0)])
    assert not ExceptionCase.objects.exists()
    ghost = ordered(company, 1, cart="no-such-cart", number=2)
    assert allocate(company, ghost) == ([], [(ghost.pk, 1, 0)])


def test_an_order_that_wants_more_than_its_cart_is_on_the_desk(company: Company, proven: None) -> None:
    stock_in(company, company.mug, 4)
    reserve(company, ("mug", 4))
    order = ordered(company, 6)
    assert allocate(company, order)[1] == [(order.pk, 4, 2)]
    case = ExceptionCase.objects.get()
    assert (case.kind, case.subject_type, case.subject_id, case.money_at_risk) == (
        "RESERVATION_UNFULFILLED", "orders.Order", str(order.pk), Decimal("5.00")
    )  # fmt: skip
    assert case.detail == {"reservation": "cart-1", "units_short": 2}
    order_cancel(order_id=order.pk, reason="Changed mind", actor=company.cora, at=NOW)
    assert levels() == {"AVAILABLE": 4}


def test_two_orders_of_one_cart_and_a_cart_of_another_channel(company: Company, proven: None) -> None:
    stock_in(company, company.mug, 4)
    reserve(company, ("mug", 4))
    draft = ReservationDraft("web", "cart-2", [("mug", 1)], 60)
    with pytest.raises(ReservationShort):
        reservation_create(draft, actor=company.olga, at=NOW)
    first, second = ordered(company, 2, number=1), ordered(company, 2, number=2)
    assert allocate(company, first, second) == ([first.pk], [(first.pk, 2, 0), (second.pk, 2, 0)])
    assert sum(Allocation.objects.values_list("quantity", flat=True)) == 4
    stock_in(company, company.mug, 1)
    reservation_create(draft, actor=company.olga, at=NOW)
    stranger = ordered(company, 1, cart="cart-2", number=3)  # of wholesale, the cart is the web shop's
    assert allocate(company, stranger) == ([], [(stranger.pk, 0, 1)])


def test_handing_over_costs_one_query_when_no_order_names_a_cart(
    company: Company, django_assert_num_queries: Any
) -> None:
    orders = [ordered(company, 1, cart="", number=number) for number in range(5)]
    with django_assert_num_queries(3):  # with the savepoint and its release
        assert reservation_hand_over_many([order.pk for order in orders], actor=company.olga, at=NOW) == []


# --- the API ---
class Shop:
    """A program with a key."""

    def __init__(self, client: Client, company: Company, channel: str = "") -> None:
        made = api_key_create(
            name=f"shop {channel}", user=company.cora, channel_code=channel, actor=company.ada, at=NOW
        )
        self.client, self.head = client, {"Authorization": f"Bearer {made[1]}"}

    def __call__(self, method: str, path: str = "", content: Any = None, key: str = "") -> Any:
        head = self.head | ({"Idempotency-Key": key} if key else {})
        return self.client.generic(
            method, f"/api/v1/reservations{path}", json.dumps(content) if content is not None else "",
            content_type="application/json", headers=head,
        )  # fmt: skip


CART = {
    "channel": "web",
    "key": "c 1/b",
    "lines": [{"sku": "mug", "quantity": 2}],
    "ttl_seconds": 600,
    "country": "GB",
}


def test_a_cart_over_the_api_from_beginning_to_end(client: Client, company: Company, proven: None) -> None:
    stock_in(company, company.mug, 3)
    shop = Shop(client, company)
    made = shop("POST", content=CART, key="k1")
    assert made.status_code == 201, made.content
    said = made.json()
    assert (said["state"], said["order"], said["lines"]) == ("ACTIVE", None, [{"sku": "mug", "quantity": 2}])
    assert said["kept"] == [{"sku": "MUG", "node": "NORTH", "quantity": 2}]
    repeat = shop("POST", content=CART, key="k1")
    assert (repeat.status_code, repeat["Idempotency-Replayed"]) == (201, "true")
    assert shop("POST", content=CART).status_code == 200
    assert shop("POST", content=CART | {"lines": [{"sku": "mug", "quantity": 1}]}).status_code == 409
    short = shop("POST", content=CART | {"key": "c2"})
    assert (short.status_code, short.json()["code"]) == (409, "reservation_short")
    assert short.json()["detail"]["shortages"] == [{"sku": "MUG", "wanted": 2, "available": 1}]
    assert shop("GET", "/web/c%201/b").json() == said
    later = shop("PATCH", "/web/c%201/b", {"ttl_seconds": 1200})
    assert (later.status_code, later.json()["expires_at"] > said["expires_at"]) == (200, True)
    assert shop("DELETE", "/web/c%201/b", key="k2").json()["state"] == "RELEASED"
    assert shop("DELETE", "/web/c%201/b", key="k2").status_code == 200  # the first answer again
    assert shop("DELETE", "/web/c%201/b").status_code == 409
    assert shop("PATCH", "/web/c%201/b", {"ttl_seconds": 600}).status_code == 409
    assert ReservationLine.objects.count() == 1


def test_the_api_refuses_by_field_channel_and_role(client: Client, company: Company) -> None:
    stock_in(company, company.mug, 3)
    shop = Shop(client, company)
    for changes, field in (
        ({"ttl_seconds": 30}, "ttl_seconds"), ({"ttl_seconds": "soon"}, "ttl_seconds"), ({"lines": {}}, "lines"),
        ({"lines": [1]}, "lines[1]"), ({"lines": [{"sku": "mug", "units": 1}]}, "units"), ({"key": ""}, "key"),
        ({"channel": "nowhere"}, "channel"), ({"country": "England"}, "country"), ({"tll": 1}, "tll"),
    ):  # fmt: skip
        answer = shop("POST", content=CART | changes)
        assert (answer.status_code, answer.json()["field"]) == (422, field), changes
    assert shop("GET", "/web/nope").status_code == 404
    assert shop("POST", content=[]).status_code == 422
    other = Shop(client, company, "wholesale")
    assert other("POST", content=CART).status_code == 403
    assert other("DELETE", "/web/c%201/b").status_code == 403
    assert (Reservation.objects.count(), levels()) == (0, {"AVAILABLE": 3})
    assert (ExceptionCase.objects.count(), InboxMessage.objects.count()) == (0, 0)  # no work for the desk


def test_an_order_over_the_api_names_its_cart(client: Client, company: Company) -> None:
    stock_in(company, company.mug, 3)
    shop = Shop(client, company)
    shop("POST", content=CART | {"channel": "wholesale"})
    order = {
        "channel": "wholesale", "external_id": "O-1", "ordered_at": "2026-03-02T08:00:00Z", "currency": "GBP",
        "lines": [{"sku": "MUG", "quantity": 2, "unit_price": "3.50"}], "reservation_key": "c 1/b",
        "ship_to": {"name": "Pat", "line1": "1 High Street", "city": "Leeds", "postcode": "LS1 1AA", "country": "GB"},
    }  # fmt: skip
    answer = client.post(
        "/api/v1/orders", json.dumps(order), content_type="application/json", headers=shop.head
    )
    assert answer.status_code == 201, answer.content
    assert Order.objects.get().reservation_key == "c 1/b"
    assert OrderLine.objects.get().quantity_ordered == 2


# --- the pages ---
def test_the_list_and_the_record_show_carts_and_let_one_go(
    company: Company, as_: Login, django_assert_max_num_queries: Any
) -> None:
    stock_in(company, company.mug, 60)
    assert "No reservations" in as_("rita").get(to("reservation_list")).content.decode()
    made = reserve(company, ("mug", 2), key="cart-77")
    for number in range(12):
        reserve(company, ("mug", 1), key=f"other-{number}")
    cora = as_("cora")
    with django_assert_max_num_queries(14):
        assert len(shown(cora.get(to("reservation_list")))) == 13
    found = shown(cora.get(to("reservation_list"), {"q": "cart-7", "state": "ACTIVE"}))
    assert [(row.key, row.units) for row in found] == [("cart-77", 2)]
    assert shown(cora.get(to("reservation_list"), {"state": "EXPIRED"})) == []
    assert cora.get(to("reservation_list"), {"format": "csv"}).status_code == 200
    page = cora.get(to("reservation_detail", made.pk)).content.decode()
    for words in ("Cart cart-77", "NORTH", "Blue mug", "Asked for", "Release"):
        assert words in page, words
    assert as_("pia").post(to("reservation_release", made.pk), {"reason": "x"}).status_code == 403
    done = cora.post(
        to("reservation_release", made.pk), {"reason": "Rang: not wanted"}, follow=True
    ).content.decode()
    assert "sellable again" in done
    assert "Rang: not wanted" in done
    assert Reservation.objects.get(pk=made.pk).state == "RELEASED"


def test_an_order_links_to_its_cart(company: Company, as_: Login) -> None:
    stock_in(company, company.mug, 5)
    made = reserve(company, ("mug", 4))
    order = ordered(company, 4)
    allocate(company, order)
    page = as_("rita").get(reverse("orders:order_detail", args=[order.pk])).content.decode()
    assert to("reservation_detail", made.pk) in page
