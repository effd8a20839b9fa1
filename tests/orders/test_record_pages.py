"""Does an order's page tell its story and its reasons, and do its buttons do what they say for whom they may?"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from erp.core.services.note import note_add
from inventory.models import StockEvent
from orders.models import Hold, Order
from orders.selectors import NodeReason
from orders.services import (
    ChargeCommand,
    PaymentDraft,
    hold_open,
    order_cancel,
    payment_capture_many,
)
from tests.cast import NOW, Company, assert_proven, stock_in
from tests.fulfillment.goods import order_in, promised
from tests.orders.desk import (
    LISTS,
    ORDER,
    PEOPLE,
    Login,
    press,
    to,
    written,
)

pytestmark = pytest.mark.django_db


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
    timeline = answer.context["timeline"].entries
    steps = [(entry.title, entry.actor, entry.source) for entry in timeline if entry.kind == "state"]
    assert steps[1:] == [
        ("Allocated → Confirmed", "cora", "orders.order_release_allocation"),
        ("Confirmed → Allocated", "olga", "orders.order_allocate_many"),
        ("Received → Confirmed", "olga", "orders.order_confirm"),
        ("Received", "olga", "orders.order_receive"),
    ]
    assert steps[0][0] == "Confirmed → On hold"
    assert {entry.kind for entry in timeline} == {
        "state", "note", "hold", "payment", "decision", "stock", "posting", "received"
    }  # fmt: skip
    assert ("Note", "cora") in [(entry.title, entry.actor) for entry in timeline]
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
        NodeReason("SOUTH", covers=4, wanted=4, km=0, rank=20, chosen=4, is_first=True),
        NodeReason("NORTH", covers=2, wanted=4, km=0, rank=10, chosen=0),
        NodeReason("STORE", covers=0, wanted=4, km=0, rank=30, chosen=0),
    ]
    (mugs,) = why.lines
    assert (mugs.sku, mugs.wanted, mugs.short, mugs.assigned) == ("MUG", 4, 0, [("SOUTH", 4)])
    for words in (
        "policy default v1", f"journal sequence {StockEvent.objects.latest('pk').pk:,}", "Node rank", "Served in full.",
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
        (
            whole,
            [
                "Nothing was promised: the order ships complete, and not all of it is there.",
                "4 short: the order",
            ],
        ),
        (split, ["First choice: 2 of 4 units.", "Took 1 of 4 units", missing_everywhere]),
    ):
        page = as_("rita").get(to("order_detail", order.pk)).content.decode()
        assert [word for word in words if word not in page] == []


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
    step = next(entry for entry in page.context["timeline"] if entry.kind == "state")
    assert (step.detail, step.actor) == ("Changed mind", "cora")
    assert {action.label: action.disabled_reason for action in page.context["actions"]} == {
        "Release holds": "It is not on hold.", "Put on hold": "It is past that.",
        "Write to customer": "", "Cancel order": "Shipped goods come back by a return.",
        **dict.fromkeys(["Edit", "Change address", "Cancel units"], "It is cancelled."),
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
        to("order_create"): clerks,
        to("customer_create"): clerks, to("customer_edit", company.carol.pk): clerks,
    }  # fmt: skip
    before = written()
    for name in PEOPLE:
        client = as_(name)
        opened = {url for url in pages if client.get(url).status_code == 200}
        assert opened == {url for url, may in pages.items() if name in may}, name
        if name not in clerks:
            assert client.post(to("order_create"), ORDER).status_code == 403
            cancel = {"action": "cancel", "stage": "run", "ids": str(order.pk)}
            assert client.post(to("order_list"), cancel).status_code == 403
    assert written() == before
