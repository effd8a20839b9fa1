"""Do the order side's pages show what is so, do what their buttons say, and say what they refuse?"""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from erp.core.models import ExceptionCase, IdempotencyKey, InboxMessage, SavedView, StateChange
from erp.core.services.note import note_add
from inventory.models import Product, StockEvent
from orders.channels.csv_feed import COLUMNS
from orders.models import Allocation, Customer, Hold, Order
from orders.selectors import NodeReason
from orders.services import (
    ChargeCommand,
    PaymentDraft,
    hold_open,
    order_allocate_many,
    order_cancel,
    payment_capture_many,
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

pytestmark = pytest.mark.django_db
LISTS = ["order", "backorder", "hold", "customer", "channel", "listing", "allocation_policy"]
Login = Callable[[str], Client]
PEOPLE = ["olga", "cora", "fay", "ada", "pia", "ben", "rita", "otto"]
ORDER = {
    "channel": "wholesale", "external_id": "M-1", "customer_number": "C-CAROL", "currency": "GBP",
    "email": "pat@example.com", "ship_to_name": "Pat Price", "ship_to_line1": "1 High Street", "ship_to_city": "Leeds",
    "ship_to_postcode": "LS1 1AA", "ship_to_country": "gb", "shipping": "4.50", "sku": ["", "mug", "LAMP"],
    "quantity": ["", "2", "1"], "unit_price": ["", "3.50", "12"], "form_token": "t1",
}  # fmt: skip


@pytest.fixture
def as_(company: Company) -> Login:
    """Return a client that is logged in as the named member of the cast."""

    def log_in(name: str) -> Client:
        client = Client()
        client.force_login(getattr(company, name))
        return client

    return log_in


def to(name: str, *args: Any) -> str:
    return reverse(f"orders:{name}", args=args)


def shown(response: Any) -> list[Any]:
    """The records of a list page, in its order."""
    return [row.record for row in response.context["page_obj"].object_list]


def toasts(response: Any) -> list[str]:
    """What the page said after it was redirected to."""
    return [str(message) for message in response.context["messages"]]


def press(client: Client, verb: str, order: Order, reason: str = "Because") -> str:
    """Press a button of the order's record, load the order again, and return what the page then says."""
    (said,) = toasts(client.post(to(verb, order.pk), {"reason": reason}, follow=True))
    order.refresh_from_db()
    return said


def written() -> tuple[int, ...]:
    """How many rows there are that an order leaves behind."""
    tables = (Order, InboxMessage, ExceptionCase, Allocation, StockEvent, StateChange, IdempotencyKey, Hold)
    return tuple(model.objects.count() for model in tables)


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


# --- the record ---
def test_the_record_shows_lines_money_address_holds_and_its_story(company: Company, as_: Login) -> None:
    stock_in(company, company.mug, 9)
    charges = (ChargeCommand("SHIPPING_REVENUE", Decimal("4.50"), "Express"),)
    order = promised(company, (company.mug, 4, "10.00", "8.00"), charges=charges)
    payment_capture_many([PaymentDraft(order.pk, "card", "ch_17", Decimal(30))], actor=company.fay, at=NOW)
    hold_open(order_id=order.pk, kind="ADDRESS", reason="No house number", actor=company.cora, at=NOW)
    note_add(
        document_type="orders.Order", document_id=order.pk, body="Rang twice", actor=company.cora, at=NOW
    )
    answer = as_("rita").get(to("order_detail", order.pk))
    page = answer.content.decode()
    for words in (
        "On hold", "Next step: Customer service", "£52.50", "£30.00", "Blue mug", "Shipping · Express", "£8.00",
        "Carol Customer", "1 High Street", "carol@example.com", order.external_id, "may ship in parts", "ch_17",
        "No house number", "Rang twice",
    ):  # fmt: skip
        assert words in page, words
    assert [(entry.title, entry.actor, entry.source) for entry in answer.context["timeline"]][1:] == [
        ("Allocated → Confirmed", "cora", "orders.order_release_allocation"),
        ("Confirmed → Allocated", "olga", "orders.order_allocate_many"),
        ("Received → Confirmed", "olga", "orders.order_confirm"),
        ("Received", "olga", "orders.order_receive"),
        ("Note", "cora", ""),
    ]
    assert answer.context["timeline"][0].title == "Confirmed → On hold"
    assert [action.label for action in answer.context["actions"]] == []  # rita reads
    assert as_("rita").get(to("order_detail", 10**9)).status_code == 404


def test_the_record_walks_the_list_it_was_opened_from(company: Company, as_: Login) -> None:
    first, second, third = (order_in(company, (company.mug, number)) for number in (1, 2, 3))
    answer = as_("olga").get(f"{to('order_detail', second.pk)}?from=sort%3Dtotal&at=1")
    assert answer.context["previous"].startswith(to("order_detail", first.pk))
    assert answer.context["next"].startswith(to("order_detail", third.pk))


def test_why_this_node_names_candidates_scores_and_reasons(company: Company, as_: Login) -> None:
    stock_in(company, company.mug, 2)
    stock_in(company, company.mug, 5, node=company.south)
    order = promised(company, (company.mug, 4))
    line = order.lines.get()

    def decision() -> Any:
        answer = as_("rita").get(to("order_detail", order.pk))
        return answer.content.decode(), answer.context["main_panels"][1].context["decisions"][0]

    page, why = decision()
    assert why.nodes == [
        NodeReason("SOUTH", covers=4, wanted=4, km=0, rank=20, chosen=4),
        NodeReason("NORTH", covers=2, wanted=4, km=0, rank=10, chosen=0),
        NodeReason("STORE", covers=0, wanted=4, km=0, rank=30, chosen=0),
    ]
    (mugs,) = why.lines
    assert (mugs.sku, mugs.wanted, mugs.short, mugs.assigned) == ("MUG", 4, 0, [("SOUTH", 4)])
    for words in (
        "policy default v1", f"journal sequence {StockEvent.objects.latest('pk').pk}", "Node rank", "Served in full.",
        "Serves the whole order in one parcel, so it was taken first.", "Had none of it to sell.",
        "A node ahead of it served what it could have served.",
    ):  # fmt: skip
        assert words in page, words
    later = NOW + timedelta(hours=1)
    order_cancel(order_id=order.pk, quantities={line.pk: 3}, reason="Too many", actor=company.cora, at=later)
    assert decision()[1].nodes == why.nodes  # what was decided stays decided, whatever becomes of it


def test_why_says_so_when_the_order_was_split_or_refused_or_not_looked_at(
    company: Company, as_: Login
) -> None:
    stock_in(company, company.mug, 2)
    stock_in(company, company.mug, 1, node=company.south)
    new, whole = order_in(company, (company.mug, 1)), promised(company, (company.mug, 4), ships_complete=True)
    split = promised(company, (company.mug, 4))
    missing_everywhere = "1 short: everything sellable at every node was taken."
    for order, words in (
        (new, ["Not decided yet"]),
        (whole, ["Nothing was promised: ships complete.", "Nothing sellable at any node: backordered."]),
        (split, ["Took 2 of 4 units", "Took 1 of 4 units", missing_everywhere]),
    ):
        page = as_("rita").get(to("order_detail", order.pk)).content.decode()
        assert [word for word in words if word not in page] == []


# --- a manual order ---
def test_a_manual_order_is_checked_promised_and_stored_once(company: Company, as_: Login) -> None:
    cora = as_("cora")
    stock_in(company, company.mug, 5)
    assert cora.get(to("order_create")).status_code == 200
    answer = cora.post(to("order_create"), ORDER)
    order = Order.objects.get()
    assert answer["Location"] == to("order_detail", order.pk)
    assert (order.state, order.customer, order.created_by) == ("ALLOCATED", company.carol, company.cora)
    assert (order.goods_total, order.charges_total, order.total) == (19, Decimal("4.50"), Decimal("23.50"))
    assert (order.ship_to_country, order.email, order.needs_allocation) == ("GB", "pat@example.com", True)
    assert list(
        order.lines.order_by("position").values_list("product__sku", "quantity_ordered", "quantity_allocated")
    ) == [("MUG", 2, 2), ("LAMP", 1, 0)]
    assert cora.post(to("order_create"), ORDER)["Location"] == answer["Location"]  # sent twice, acted once
    assert Order.objects.count() == 1
    assert InboxMessage.objects.get().result == f"orders.Order:{order.pk}"
    assert_proven()


def test_a_manual_order_of_a_prepaid_channel_waits_for_its_payment(company: Company, as_: Login) -> None:
    stock_in(company, company.mug, 5)
    as_("olga").post(to("order_create"), ORDER | {"channel": "web", "customer_number": ""})
    order = Order.objects.get()
    assert (order.state, order.customer, order.lines.first().quantity_allocated) == ("ON_HOLD", None, 0)
    hold = order.holds.get()
    assert (hold.kind, hold.owner_role, hold.reason) == ("PAYMENT", "FINANCE", "0 of 23.50 paid")
    assert_proven()


@pytest.mark.parametrize(("field", "value", "words"), [
    ("channel", "", "required"), ("channel", "nowhere", "valid choice"), ("external_id", "", "required"),
    ("external_id", "a\nb", "control character"), ("external_id", "x" * 81, "at most 80"),
    ("external_id", "TAKEN", "received before with other content"), ("currency", "EUR", "trades in GBP"),
    ("currency", "XXQ", "valid choice"), ("customer_number", "C-NOBODY", "no customer with that number"),
    ("email", "pat@home", "valid email"), ("ship_to_name", "", "required"), ("ship_to_line1", "\x00", "ull character"),
    ("ship_to_city", "a\tb", "control character"), ("ship_to_postcode", "x" * 21, "at most 20"),
    ("ship_to_country", "G1", "no country code"), ("ship_to_country", "GBR", "at most 2"),
    ("shipping", "-1", "greater than or equal to 0"), ("shipping", "1.005", "2 decimal places"),
    ("shipping", "NaN", "number"), ("shipping", "9999999999", "larger than any order"),
])  # fmt: skip
def test_a_refused_field_says_so_at_the_field_and_nothing_is_written(
    company: Company, as_: Login, field: str, value: str, words: str
) -> None:
    cora = as_("cora")
    cora.post(to("order_create"), ORDER | {"external_id": "TAKEN", "form_token": "t0"})
    before = written()
    answer = cora.post(to("order_create"), ORDER | {field: value})
    assert answer.status_code == 422
    errors = answer.context["form"].errors
    assert list(errors) == [field] and words in str(errors[field])
    assert f'id="error_1_id_{field}"' in answer.content.decode()
    assert written() == before
    assert_proven("i17", "i18")


@pytest.mark.parametrize(("column", "value", "words"), [
    ("sku", "NOPE", "unknown SKU “NOPE” (line 1)"), ("sku", "", "lines[1].sku is missing"),
    ("sku", "x" * 81, "lines[1].sku has 81 characters"), ("quantity", "six", "lines[1].quantity must be a whole number"),
    ("quantity", "0", "lines[1].quantity is “0”"), ("quantity", "-2", "lines[1].quantity is “-2”"),
    ("quantity", "9999999", "it must be 1 to 1000000"), ("unit_price", "", "lines[1].unit_price must be a plain number"),
    ("unit_price", "-1", "lines[1].unit_price is negative"), ("unit_price", "1,000", "no thousands separator"),
    ("unit_price", "NaN", "lines[1].unit_price must be a plain number"), ("unit_price", "1.00001", "more than 4 decimals"),
])  # fmt: skip
def test_a_refused_line_is_named_with_what_was_typed_and_nothing_is_written(
    as_: Login, column: str, value: str, words: str
) -> None:
    before = written()
    answer = as_("cora").post(to("order_create"), ORDER | {column: ["", value, "1"]})
    assert answer.status_code == 422
    (errors,) = answer.context["form"].errors.values()
    assert words in errors[0]
    assert answer.context["rows"][0][column] == value
    assert len(answer.context["rows"]) == 4
    assert written() == before


def test_an_order_without_lines_is_refused(as_: Login) -> None:
    answer = as_("cora").post(
        to("order_create"), ORDER | {"sku": ["", " "], "quantity": ["", ""], "unit_price": ""}
    )
    assert answer.status_code == 422
    assert "Send at least one line." in answer.content.decode()
    assert not Order.objects.exists()


# --- a file of orders ---
HEAD = "external_id,ordered_at,currency,ship_to_name,ship_to_line1,ship_to_city,ship_to_country,sku,quantity,unit_price"
ROW = "{},2026-03-02T10:00:00+00:00,GBP,Pat,1 High Street,Leeds,GB,{},{},{}"
FILE = [
    HEAD, ROW.format("F-1", "MUG", 2, "3.50"), ROW.format("F-2", "MUG", -2, "3.50"), ROW.format("F-1", "LAMP", 1, "12"),
    ROW.format("F-3", "NOPE", 1, "1"), ROW.format("F-4", "MUG", 1, "1,5"), ROW.format("F-5", "MUG", 9, "3.50"),
    ROW.format("F-6", "MUG", 1, "3.50"), ROW.format("F-6", "MUG", "two", "3.50"),
]  # fmt: skip


def upload(client: Client, content: bytes, channel: str = "wholesale") -> Any:
    return client.post(
        to("order_import"), {"channel": channel, "file": SimpleUploadedFile("feed.csv", content)}
    )


def test_a_file_brings_its_good_orders_in_and_names_the_rows_of_its_bad_ones(
    company: Company, as_: Login
) -> None:
    cora = as_("cora")
    stock_in(company, company.mug, 5)
    answer = upload(cora, "\n".join(FILE).encode())
    assert [(row, error.field) for row, error in answer.context["result"].errors] == [
        (3, "row 3: quantity"), (5, "lines[1].sku"), (6, "row 6"), (8, "row 9: quantity"),
    ]  # fmt: skip
    page = answer.content.decode()
    for words in ("row 6 has 11 values for 10 columns", "quotes.", "unknown SKU “NOPE” (line 1)"):
        assert words in page
    assert "2 orders created, 4 refused." in toasts(answer)
    orders = Order.objects.order_by("external_id")
    assert [(order.external_id, order.state, order.lines.count()) for order in orders] == [
        ("F-1", "ALLOCATED", 2), ("F-5", "ALLOCATED", 1),
    ]  # fmt: skip
    dead = InboxMessage.objects.filter(state="DEAD")
    assert sorted(dead.values_list("external_id", flat=True)) == ["F-2:3", "F-3", "F-4:6", "F-6:8"]
    cases = ExceptionCase.objects.filter(subject_type="core.InboxMessage").values("subject_id").distinct()
    assert cases.count() == 4
    again = upload(cora, "\n".join(FILE).encode())
    assert (again.context["result"].created, len(again.context["result"].repeated)) == ([], 2)
    assert (Order.objects.count(), InboxMessage.objects.count()) == (2, 6)
    assert_proven()


@pytest.mark.parametrize(("content", "words", "kept"), [
    (b"", "The submitted file is empty.", []), (b"\xff\xfe", "the file is not UTF-8", ["DEAD"]),
    (b"a,b\n1,2\n", "columns missing", ["DEAD"]), (f"{HEAD},colour\n".encode(), "columns unknown", ["DEAD"]),
    (f"{HEAD}\n".encode(), "the file has no rows", ["DEAD"]), (b"a\x00", "NUL bytes", ["DEAD"]),
    (f'{HEAD}\n"{FILE[1]}'.encode(), "row 2: unexpected end of data", ["DEAD"]),
])  # fmt: skip
def test_a_file_that_can_not_be_read_is_refused_whole_and_kept(
    as_: Login, content: bytes, words: str, kept: list[str]
) -> None:
    answer = upload(as_("cora"), content)
    (errors,) = answer.context["form"].errors.values()
    assert words in errors[0]
    assert answer.context["result"] is None
    assert not Order.objects.exists()
    assert list(InboxMessage.objects.values_list("state", flat=True)) == kept


def test_the_template_has_every_column_and_its_example_row_is_sound(company: Company, as_: Login) -> None:
    ProductFactory(sku="85123A", category=company.goods, unit=company.each)
    template = as_("cora").get(to("order_import_template"))
    assert "attachment" in template["Content-Disposition"]
    assert next(csv.reader(template.content.decode().splitlines())) == list(COLUMNS)
    assert upload(as_("cora"), template.content).context["result"].errors == []
    assert Order.objects.get().total == Decimal("22.20")


# --- holds, cancellations and promises by button ---
def test_a_hold_is_opened_and_released_with_a_reason(company: Company, as_: Login) -> None:
    cora = as_("cora")
    stock_in(company, company.mug, 5)
    order = promised(company, (company.mug, 4))
    said = press(cora, "order_hold", order, "  ")
    assert said == "a hold needs a reason. Say what must happen before the order may go on."
    assert (order.state, Hold.objects.count()) == ("ALLOCATED", 0)
    assert press(cora, "order_hold", order, "Call first") == "Order on hold."
    assert (order.state, order.lines.get().quantity_allocated) == ("ON_HOLD", 0)
    said = press(cora, "order_hold", order, "Again")
    assert said == f"{order} has an open MANUAL hold. Release that one first."
    said = press(cora, "order_release_holds", order, "")
    assert said == "a release needs a reason. Say what settled it."
    assert (order.state, Hold.objects.get().state) == ("ON_HOLD", "OPEN")
    assert cora.get(to("order_detail", order.pk)).context["primary"].label == "Release holds"
    assert press(cora, "order_release_holds", order, "Called") == "Holds released."
    hold = Hold.objects.get()
    assert (order.state, hold.state, hold.closed_by) == ("CONFIRMED", "RELEASED", company.cora)
    assert "Call first — Called" in cora.get(to("order_detail", order.pk)).content.decode()
    assert press(cora, "order_release_holds", order) == "No hold was open."
    assert_proven()


def test_an_order_is_cancelled_with_a_reason_and_only_once(company: Company, as_: Login) -> None:
    cora = as_("cora")
    stock_in(company, company.mug, 5)
    order = promised(company, (company.mug, 4))
    said = press(cora, "order_cancel", order, "")
    assert said == "a cancellation needs a reason. Say why in a few words."
    assert order.state == "ALLOCATED"
    assert press(cora, "order_cancel", order, "Changed mind") == "Order cancelled."
    assert order.state == "CANCELLED"
    page = cora.get(to("order_detail", order.pk))
    assert "4 cancelled" in page.content.decode()
    assert (page.context["timeline"][0].detail, page.context["timeline"][0].actor) == ("Changed mind", "cora")
    assert {action.label: action.disabled_reason for action in page.context["actions"]} == {
        "Release holds": "It is not on hold.", "Put on hold": "It is past that.",
        "Cancel order": "Shipped goods come back by a return.",
    }  # fmt: skip
    said = press(cora, "order_cancel", order)
    assert said == f"{order} has nothing left to cancel. Open a return for shipped goods."
    assert_proven()


def test_a_promise_is_made_and_taken_back_by_button(company: Company, as_: Login) -> None:
    olga = as_("olga")
    stock_in(company, company.mug, 5)
    order = order_in(company, (company.mug, 4))
    assert press(olga, "order_allocate", order) == "Allocated what there is."
    assert (order.state, order.lines.get().quantity_allocated) == ("ALLOCATED", 4)
    assert press(olga, "order_unallocate", order, "For Carol") == "The stock is sellable again."
    assert (order.state, order.lines.get().quantity_allocated) == ("CONFIRMED", 0)
    assert order.needs_allocation is True
    assert press(olga, "order_unallocate", order) == "Nothing of it was promised."
    assert olga.get(to("order_unallocate", order.pk)).status_code == 405
    assert_proven()


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
    ran = client.post(url, {"action": action, "stage": "run", "ids": ids})
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
    assert bad == [(f"{orders[1]} CREDIT", False, "Was closed before.")]
    assert set(Order.objects.values_list("state", flat=True)) == {"CONFIRMED"}
    assert_proven()


# --- customers, channels, listings, policies ---
def test_a_customer_is_created_changed_and_kept_with_its_history(company: Company, as_: Login) -> None:
    cora = as_("cora")
    form = {"number": "C-9", "name": "Nina", "email": "nina@example.com", "segment": "BUSINESS", "credit_limit": "10",
            "line1": "2 Low Road", "city": "York", "postcode": "YO1", "country": "GB"}  # fmt: skip
    for field, value in (
        ("number", ""), ("number", "C-CAROL"), ("name", " "), ("email", "nina@"), ("segment", "GOVERNMENT"),
        ("credit_limit", "-1"), ("country", "gb"), ("country", "G1"),
    ):  # fmt: skip
        answer = cora.post(to("customer_create"), form | {field: value})
        assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert Customer.objects.count() == 1
    cora.post(to("customer_create"), form)
    nina = Customer.objects.get(number="C-9")
    edit = to("customer_edit", nina.pk)
    assert cora.get(edit).context["form"].initial["name"] == "Nina"
    saved = cora.post(edit, form | {"is_blocked": "on", "credit_limit": ""})
    assert saved["Location"] == to("customer_detail", nina.pk)
    nina.refresh_from_db()
    assert (nina.is_blocked, nina.credit_limit, nina.segment) == (True, None, "BUSINESS")
    assert [row.history_user for row in nina.history.all()] == [company.cora] * 2
    assert "blocked" in cora.get(to("customer_detail", nina.pk)).content.decode()
    cora.post(to("order_create"), ORDER | {"customer_number": "C-9"})
    assert Order.objects.get(customer=nina).holds.get().reason == "the customer is blocked"


def test_records_of_customers_channels_and_policies_tell_what_hangs_on_them(
    company: Company, as_: Login
) -> None:
    rita = as_("rita")
    order = order_in(company, (company.mug, 2, "10.00"))
    payment_capture_many([PaymentDraft(order.pk, "bank", "bt_1", Decimal(5))], actor=company.fay, at=NOW)
    ListingFactory(channel=company.wholesale, product=company.mug, channel_sku="W-MUG")
    for name, pk, words in (
        ("customer_detail", company.carol.pk, [order.number, "£20.00", "£5.00", "−£5.00", "none set", "LS1 1AA"]),
        ("channel_detail", company.wholesale.pk, [order.number, "on invoice", "48 h", "default v1", "<dd>1</dd>"]),
        ("allocation_policy_detail", company.policy.pk, ["Node rank", "web, wholesale", "allowed"]),
    ):  # fmt: skip
        page = rita.get(to(name, pk)).content.decode()
        assert [word for word in words if word not in page] == [], name
        assert rita.get(to(name, 10**9)).status_code == 404


def test_the_other_lists_filter_and_search(company: Company, as_: Login) -> None:
    rita = as_("rita")
    blocked = CustomerFactory(name="Bad Payer", is_blocked=True, segment="BUSINESS", country="FR")
    old = AllocationPolicyFactory(version=2, is_active=False)
    off = ListingFactory(channel=company.web, product=company.lamp, channel_sku="LIGHT", is_active=False)
    on = ListingFactory(channel=company.wholesale, product=company.mug)
    for name, query, expected in (
        ("customer", "q=payer", [blocked]), ("customer", "is_blocked=true", [blocked]),
        ("customer", "country=fr", [blocked]), ("customer", "segment=CONSUMER", [company.carol]),
        ("channel", "kind=B2B", [company.wholesale]), ("channel", "q=web", [company.web]),
        ("listing", "q=lamp", [off]), ("listing", "q=light", [off]), ("listing", "is_active=true", [on]),
        ("listing", f"channel={company.wholesale.pk}", [on]), ("allocation_policy", "is_active=false", [old]),
    ):  # fmt: skip
        assert shown(rita.get(f"{to(f'{name}_list')}?{query}")) == expected, (name, query)
    for noun in LISTS:
        assert rita.get(to(f"{noun}_list"), {"format": "csv"}).status_code == 200


# --- who may not ---
@pytest.mark.parametrize(("verb", "may"), [
    ("order_allocate", {"olga", "ada"}), ("order_unallocate", {"olga", "ada"}), ("order_cancel", {"olga", "cora", "ada"}),
    ("order_hold", {"olga", "cora", "ada"}), ("order_release_holds", {"olga", "cora", "fay", "ada"}),
])  # fmt: skip
def test_an_act_is_refused_to_roles_that_do_not_hold_it(
    company: Company, as_: Login, verb: str, may: set[str]
) -> None:
    stock_in(company, company.mug, 5)
    order = promised(company, (company.mug, 2))
    before = written()
    for name in set(PEOPLE) - may:
        assert as_(name).post(to(verb, order.pk), {"reason": "Because"}).status_code == 403, name
    assert written() == before
    assert Order.objects.get().state == "ALLOCATED"
    for name in sorted(may):
        assert as_(name).post(to(verb, order.pk), {"reason": "Because"}).status_code == 302, name


def test_pages_open_for_the_roles_that_may_see_them(company: Company, as_: Login) -> None:
    order = order_in(company, (company.mug, 2))
    clerks = {"olga", "cora", "ada"}
    everyone = set(PEOPLE) - {"otto"}
    pages = {to(f"{noun}_list"): everyone for noun in LISTS} | {
        to("order_detail", order.pk): everyone, to("customer_detail", company.carol.pk): everyone,
        to("order_create"): clerks, to("order_import"): clerks, to("order_import_template"): clerks,
        to("customer_create"): clerks, to("customer_edit", company.carol.pk): clerks,
    }  # fmt: skip
    before = written()
    for name in PEOPLE:
        client = as_(name)
        opened = {url for url in pages if client.get(url).status_code == 200}
        assert opened == {url for url, may in pages.items() if name in may}, name
        if name not in clerks:
            assert client.post(to("order_create"), ORDER).status_code == 403
            assert upload(client, "\n".join(FILE).encode()).status_code == 403
            cancel = {"action": "cancel", "stage": "run", "ids": str(order.pk)}
            assert client.post(to("order_list"), cancel).status_code == 403
    assert written() == before


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
    assert queries(olga, many) <= 22
