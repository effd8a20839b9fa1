"""Do holds open with their facts, go on by their rules, and obey only their owners; one by one and many at once?"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from erp.core.errors import Conflict, InvalidInput, PermissionRefused
from erp.core.models import ExceptionCase, InboxMessage, Note, StateChange
from fulfillment.services import fulfillment_ship_through_many
from inventory.models import ProductRestriction
from orders.models import (
    CheckPolicy,
    ContractPrice,
    Customer,
    Hold,
    HoldRule,
    Order,
    RiskListEntry,
    RiskRule,
    TaxExpectation,
)
from orders.selectors import credit_position
from orders.services import (
    ChargeCommand,
    LineCommand,
    OrderCommand,
    PaymentCommand,
    PaymentDraft,
    ReceivedOrder,
    ShipTo,
    customer_credit_change,
    hold_escalate,
    hold_extend,
    hold_open,
    hold_reassign,
    hold_reject,
    hold_release_many,
    hold_release_met,
    order_allocate_many,
    order_cancel,
    order_receive_many,
    order_revalidate,
    payment_capture_many,
)
from orders.services.address import order_change_address
from tests.cast import NOW, TODAY, Company, stock_in
from tests.fulfillment.goods import order_in
from tests.orders.desk import Login, to
from tests.orders.evidence import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("proven")]
D = Decimal
HOUR = timedelta(hours=1)
HOME = ShipTo("Pat", "1 High Street", "Leeds", "ls11aa", "GB")


def command(number: int, **changes: Any) -> OrderCommand:
    sound: dict[str, Any] = {
        "channel": "wholesale", "external_id": f"C-{number}", "ordered_at": NOW, "currency": "GBP", "ship_to": HOME,
        "lines": [LineCommand("MUG", 2, D(10))], "body": f"body {number} {changes}", "email": "pat@example.com",
    }  # fmt: skip
    return OrderCommand(**sound | changes)


def receive(company: Company, *commands: OrderCommand) -> list[ReceivedOrder]:
    return order_receive_many(commands, actor=company.system, at=NOW)


def held(company: Company, **changes: Any) -> list[tuple[str, str]]:
    """Receive one order and return (kind, owner) of the holds it waits for."""
    (received,) = receive(company, command(1, **changes))
    assert received.error is None, received.error
    found = Hold.objects.filter(order=received.order_id).order_by("kind")
    state = Order.objects.get(pk=received.order_id).state
    assert state == ("ON_HOLD" if found else "CONFIRMED")
    return list(found.values_list("kind", "owner_role"))


def policy(company: Company, **limits: Any) -> CheckPolicy:
    return CheckPolicy.objects.create(channel=company.wholesale, **limits)


# --- the facts of a batch ---
def test_a_clean_order_goes_straight_through_with_its_postcode_as_it_is_written(company: Company) -> None:
    policy(company)
    assert held(company) == []
    assert Order.objects.get().ship_to_postcode == "LS1 1AA"


def test_a_contract_price_is_kept_within_the_tolerance(company: Company) -> None:
    ContractPrice.objects.create(customer=company.carol, product=company.mug, currency="GBP", price=D(12))
    assert held(company, customer_number="C-CAROL") == [("PRICE", "OPERATIONS")]
    evidence = Hold.objects.get().evidence["lines"]["MUG"]
    assert (evidence["expected"], evidence["source"]) == ("12.0000", "contract price")


def test_half_the_contract_price_is_for_finance_to_release(company: Company) -> None:
    ContractPrice.objects.create(customer=company.carol, product=company.mug, currency="GBP", price=D(20))
    assert held(company, customer_number="C-CAROL") == [("PRICE", "FINANCE")]
    hold = Hold.objects.get()
    refused(
        PermissionRefused, "hold",
        lambda: hold_release_many(hold_ids=[hold.pk], reason="Meant", actor=company.olga, at=NOW),
    )  # fmt: skip
    assert hold_release_many(hold_ids=[hold.pk], reason="Meant", actor=company.fay, at=NOW) == [hold.order_id]


def test_a_discount_above_the_limit_of_the_channel_waits(company: Company) -> None:
    policy(company)
    assert held(company, charges=[ChargeCommand("DISCOUNT", D("-6.01"))]) == [("PRICE", "OPERATIONS")]


@pytest.mark.parametrize(
    ("tax", "expected"), [("4", []), ("0", [("TAX", "FINANCE")]), ("1", [("TAX", "FINANCE")])]
)
def test_the_channels_own_tax_expectation_comes_first(
    company: Company, tax: str, expected: list[Any]
) -> None:
    TaxExpectation.objects.create(country="GB", rate=D("0.05"), valid_from=TODAY)
    TaxExpectation.objects.create(country="GB", rate=D("0.20"), valid_from=TODAY, channel=company.wholesale)
    assert held(company, lines=[LineCommand("MUG", 2, D(10), "", D(tax))]) == expected


def test_restricted_goods_wait_unless_the_buyer_may_have_them(company: Company) -> None:
    ProductRestriction.objects.create(product=company.mug, min_age=18)
    assert held(company) == [("COMPLIANCE", "OPERATIONS")]
    Customer.objects.update(verified_age=18)
    received = receive(
        company, command(2, customer_number="C-CAROL"), command(3, verified_age=21), command(4)
    )
    states = [Order.objects.get(pk=row.order_id).state for row in received]
    assert states == ["CONFIRMED", "CONFIRMED", "ON_HOLD"]


def test_two_orders_of_one_batch_can_not_share_the_same_credit(company: Company) -> None:
    Customer.objects.update(credit_limit=D(30))
    received = receive(company, *(command(n, customer_number="C-CAROL") for n in (1, 2)))
    assert [Order.objects.get(pk=row.order_id).state for row in received] == ["CONFIRMED", "ON_HOLD"]
    again = receive(company, *(command(n, customer_number="C-CAROL") for n in (1, 2)))
    assert [row.order_id for row in again] == [row.order_id for row in received]


def test_an_overdue_invoice_holds_the_next_order(company: Company) -> None:
    early = NOW - timedelta(days=31)
    stock_in(company, company.mug, 9, at=early)
    (first,) = order_receive_many([command(1, customer_number="C-CAROL")], actor=company.system, at=early)
    ids = [first.order_id or 0]
    order_allocate_many(order_ids=ids, actor=company.olga, at=early)
    fulfillment_ship_through_many(order_ids=ids, carrier="DPD", actor=company.pia, at=early)
    (second,) = receive(company, command(2, customer_number="C-CAROL"))
    hold = Hold.objects.get(order=second.order_id)
    assert (hold.kind, hold.evidence["overdue"]) == ("CREDIT", "20.0000")
    assert credit_position(company.carol.pk, at=NOW) == (40, 20, 1, 20)
    Customer.objects.update(payment_days=31)  # due today is not overdue
    assert hold_release_met(actor=company.system, at=NOW) == 1


def test_the_same_order_under_another_id_waits_and_a_different_one_does_not(company: Company) -> None:
    policy(company)
    receive(company, command(1))
    later = NOW + 2 * HOUR
    received = receive(
        company, command(2, ordered_at=later), command(3, ordered_at=later, lines=[LineCommand("MUG", 3, D(10))]),
        command(4, ordered_at=NOW + 25 * HOUR, lines=[LineCommand("MUG", 3, D(10))]),
        command(5, ordered_at=later, ship_to=ShipTo("Pat", "2 High Street", "Leeds", "LS1 1AA", "GB")),
        command(6, ordered_at=later, email="max@example.com"),
        command(7, ordered_at=later, lines=[LineCommand("MUG", 3, D(10))]),
    )  # fmt: skip
    kinds = [list(Hold.objects.filter(order=row.order_id).values_list("kind", flat=True)) for row in received]
    assert kinds == [["DUPLICATE"], [], ["DUPLICATE"], [], [], ["DUPLICATE"]]
    assert Hold.objects.get(order=received[0].order_id).evidence["orders"] == ["C-1"]


def test_velocity_counts_what_is_stored_and_what_came_in_the_same_batch(company: Company) -> None:
    RiskRule.objects.create(
        code="FAST", kind="VELOCITY", subject="EMAIL", window_hours=24, normal_orders=2, points=60
    )
    receive(company, command(1))
    received = receive(
        company, command(2), command(3, email="PAT@example.com"), command(4, ordered_at=NOW + 25 * HOUR),
        command(5, email="other@example.com"),
    )  # fmt: skip
    kinds = [list(Hold.objects.filter(order=row.order_id).values_list("kind", flat=True)) for row in received]
    assert kinds == [[], ["FRAUD"], [], []]
    order = Order.objects.get(external_id="C-3")
    assert order.risk.score == 60
    assert order.risk.fired[0]["rule"] == "FAST"


@pytest.mark.parametrize("subject", ["CARD", "ADDRESS", "CUSTOMER"])
def test_velocity_counts_by_each_subject(company: Company, subject: str) -> None:
    RiskRule.objects.create(
        code="FAST", kind="VELOCITY", subject=subject, window_hours=24, normal_orders=1, points=60
    )
    same = {"card_ref": "tok_1", "customer_number": "C-CAROL"}
    receive(company, command(1, **same))
    (second,) = receive(company, command(2, **same))
    assert list(Hold.objects.filter(order=second.order_id).values_list("kind", flat=True)) == ["FRAUD"]


def test_who_is_denied_waits_and_above_the_limit_is_refused_and_kept_raw(company: Company) -> None:
    policy(company, risk_hold_at=50, risk_reject_at=80, duplicate_hours=0)
    RiskRule.objects.create(code="DENIED", kind="LISTED", points=50)
    RiskRule.objects.create(code="SCORE", kind="PROVIDER", points=100, amount=D(20))
    RiskListEntry.objects.create(verdict="DENY", subject="DOMAIN", value="Example.com", reason="throw-away")
    assert held(company) == [("FRAUD", "CUSTOMER_SERVICE")]
    (bad,) = receive(company, command(2, risk_score=D(40)))
    assert isinstance(bad.error, InvalidInput)
    assert bad.error.field == "risk"
    assert InboxMessage.objects.get(external_id="C-2").state == "DEAD"
    assert not Order.objects.filter(external_id="C-2").exists()
    RiskListEntry.objects.update(valid_to=TODAY - timedelta(days=1))
    (good,) = receive(company, command(3, risk_score=D(19)))
    assert Order.objects.get(pk=good.order_id).state == "CONFIRMED"


def test_a_known_order_is_answered_whatever_the_checks_would_say_today(company: Company) -> None:
    (first,) = receive(company, command(1))
    policy(company, risk_hold_at=1, risk_reject_at=1)
    RiskRule.objects.create(code="ANY", kind="FIRST_ORDER", points=9)
    (again,) = receive(company, command(1))
    assert (again.order_id, again.is_new, again.error) == (first.order_id, False, None)


def test_a_batch_costs_the_same_statements_whatever_its_size(
    company: Company, django_assert_max_num_queries: Any
) -> None:
    policy(company)
    RiskRule.objects.create(code="FAST", kind="VELOCITY", subject="EMAIL", normal_orders=99, points=60)
    RiskRule.objects.create(code="FIRST", kind="FIRST_ORDER", amount=D(10**6), points=60)
    Customer.objects.update(credit_limit=D(10**6))

    def sent(start: int, count: int) -> list[OrderCommand]:
        return [
            command(
                n, customer_number="C-CAROL", email=f"p{n}@example.com", lines=[LineCommand("MUG", n, D(10))]
            )
            for n in range(start, start + count)
        ]

    with django_assert_max_num_queries(40) as few:
        receive(company, *sent(1, 2))
    with django_assert_max_num_queries(len(few)):
        receive(company, *sent(10, 40))


# --- working a hold ---
def waiting(company: Company, kind: str = "TAX") -> Hold:
    order = order_in(company, (company.mug, 2))
    return hold_open(order_id=order.pk, kind=kind, reason="Look", actor=company.system, at=NOW)


@pytest.mark.parametrize(
    ("kind", "owner"), [("TAX", "fay"), ("FRAUD", "cora"), ("PRICE", "olga"), ("DUPLICATE", "cora")]
)
def test_only_the_owners_role_decides(company: Company, kind: str, owner: str) -> None:
    hold = waiting(company, kind)
    outsiders = {"fay", "cora", "olga", "pia", "rita"} - {owner}
    for name in sorted(outsiders):
        actor = getattr(company, name)
        acts = [
            lambda actor=actor: hold_release_many(hold_ids=[hold.pk], reason="Fine", actor=actor, at=NOW),
            lambda actor=actor: hold_reject(hold_id=hold.pk, reason="No", actor=actor, at=NOW),
            lambda actor=actor: hold_reassign(
                hold_id=hold.pk, role="ADMIN", reason="No", actor=actor, at=NOW
            ),
            lambda actor=actor: hold_extend(
                hold_id=hold.pk, until=NOW + 99 * HOUR, reason="x", actor=actor, at=NOW
            ),
        ]
        for act in acts:
            refused(PermissionRefused, "hold", act)
    actor = getattr(company, owner)
    assert hold_release_many(hold_ids=[hold.pk], reason="Fine", actor=actor, at=NOW) == [hold.order_id]


def test_a_rejected_hold_cancels_its_order_and_ends_the_others(company: Company) -> None:
    hold = waiting(company)
    other = hold_open(order_id=hold.order_id, kind="FRAUD", reason="Odd", actor=company.cora, at=NOW)
    refused(
        InvalidInput, "reason", lambda: hold_reject(hold_id=hold.pk, reason=" ", actor=company.fay, at=NOW)
    )
    assert hold_reject(hold_id=hold.pk, reason="No such rate", actor=company.fay, at=NOW) == 2
    assert Order.objects.get(pk=hold.order_id).state == "CANCELLED"
    assert set(Hold.objects.values_list("state", flat=True)) == {"REJECTED"}
    said = "Tax hold rejected: No such rate"
    assert (
        StateChange.objects.filter(document_type="orders.Order", to_state="CANCELLED", reason=said).count()
        == 1
    )
    refused(Conflict, "hold", lambda: hold_reject(hold_id=other.pk, reason="Too", actor=company.cora, at=NOW))


def test_a_hold_is_handed_over_and_given_time_with_a_note_each(company: Company) -> None:
    hold = waiting(company)
    late = NOW + 30 * HOUR
    for role in ("FINANCE", "READ_ONLY", "NOBODY"):
        refused(
            InvalidInput, "role",
            lambda role=role: hold_reassign(hold_id=hold.pk, role=role, reason="x", actor=company.fay, at=NOW),
        )  # fmt: skip
    refused(
        InvalidInput, "until",
        lambda: hold_extend(hold_id=hold.pk, until=hold.due_at, reason="x", actor=company.fay, at=NOW),
    )  # fmt: skip
    hold_extend(hold_id=hold.pk, until=late, reason="Bank is slow", actor=company.fay, at=NOW)
    hold_reassign(hold_id=hold.pk, role="OPERATIONS", reason="Her channel", actor=company.fay, at=NOW)
    hold.refresh_from_db()
    assert (hold.due_at, hold.owner_role) == (late, "OPERATIONS")
    notes = list(Note.objects.filter(document_type="orders.Hold", document_id=hold.pk).order_by("pk"))
    assert ["Bank is slow" in notes[0].body, "Her channel" in notes[1].body] == [True, True]
    hold_release_many(hold_ids=[hold.pk], reason="Fine", actor=company.olga, at=NOW)


def test_a_hold_rule_replaces_the_default_of_its_kind(company: Company) -> None:
    HoldRule.objects.create(
        kind="TAX", owner_role="OPERATIONS", clock_hours=2, escalate_role="ADMIN", escalate_after_hours=1
    )
    hold = waiting(company)
    assert (hold.owner_role, hold.due_at) == ("OPERATIONS", NOW + 2 * HOUR)
    assert held(company, lines=[LineCommand("MUG", 2, D(10), "", D(9))]) == [("TAX", "OPERATIONS")]


def test_what_waits_for_too_long_goes_to_the_next_role_and_has_a_case(company: Company) -> None:
    hold = waiting(company)

    def look(hours: int) -> int:
        return hold_escalate(actor=company.system, at=NOW + hours * HOUR)

    assert look(24) == 0
    assert look(25) == 1
    hold.refresh_from_db()
    case = ExceptionCase.objects.get(kind="HOLD_OVERDUE")
    assert (hold.escalated_at, hold.owner_role, case.subject_id) == (None, "FINANCE", str(hold.pk))
    assert (case.money_at_risk, case.state) == (20, "OPEN")
    assert look(48) == 1
    hold.refresh_from_db()
    assert (hold.escalated_at, hold.owner_role) == (NOW + 48 * HOUR, "OPERATIONS")
    assert (
        Note.objects.filter(document_type="orders.Hold", body__startswith="Escalated from Finance").count()
        == 1
    )
    assert look(49) == 1
    assert Note.objects.filter(document_type="orders.Hold").count() == 1  # once
    hold_release_many(hold_ids=[hold.pk], reason="Fine", actor=company.olga, at=NOW + 50 * HOUR)
    assert look(51) == 0
    case.refresh_from_db()
    assert (case.state, case.resolution) == ("RESOLVED", "orders.hold_escalate")


# --- what ends by itself ---
def test_a_payment_lets_its_order_go_on_when_it_is_paid_in_full(company: Company) -> None:
    assert held(company, channel="web", payment=PaymentCommand("card", "ch_1", D(5))) == [
        ("PAYMENT", "FINANCE")
    ]
    order = Order.objects.get()
    payment_capture_many([PaymentDraft(order.pk, "card", "ch_2", D("14.99"))], actor=company.system, at=NOW)
    order.refresh_from_db()
    assert order.state == "ON_HOLD"
    payment_capture_many([PaymentDraft(order.pk, "card", "ch_3", D("0.01"))], actor=company.system, at=NOW)
    order.refresh_from_db()
    hold = Hold.objects.get()
    assert (order.state, hold.state, hold.close_reason) == ("CONFIRMED", "RELEASED", "The order is paid.")


def test_a_paid_order_stays_when_the_rule_wants_a_person_or_another_hold_is_open(company: Company) -> None:
    HoldRule.objects.create(
        kind="PAYMENT", owner_role="FINANCE", clock_hours=2, escalate_role="ADMIN", escalate_after_hours=1
    )
    held(company, channel="web")
    order = Order.objects.get()
    payment_capture_many([PaymentDraft(order.pk, "card", "ch_1", D(20))], actor=company.system, at=NOW)
    assert hold_release_met(actor=company.system, at=NOW) == 0
    HoldRule.objects.all().delete()
    hold_open(order_id=order.pk, kind="TAX", reason="Look", actor=company.fay, at=NOW)
    assert hold_release_met(actor=company.system, at=NOW) == 1
    order.refresh_from_db()
    assert order.state == "ON_HOLD"


def test_a_corrected_address_lets_the_order_go_on(company: Company) -> None:
    assert held(company, ship_to=ShipTo("Pat", "1 High Street", "Leeds", "LS1", "GB")) == [
        ("ADDRESS", "CUSTOMER_SERVICE")
    ]
    order = Order.objects.get()

    def correct(postcode: str, reason: str = "Pat called") -> Any:
        ship_to = ShipTo("Pat", "3 High Street", "Leeds", postcode, "GB")
        return order_change_address(
            order_id=order.pk, ship_to=ship_to, reason=reason, actor=company.cora, at=NOW
        )

    refused(InvalidInput, "reason", lambda: correct("LS1 1AA", " "))
    correct("LS")
    order.refresh_from_db()
    assert order.state == "ON_HOLD"
    assert correct("ls1 1aa") == []
    order.refresh_from_db()
    assert (order.state, order.ship_to_line1, order.ship_to_postcode) == (
        "CONFIRMED",
        "3 High Street",
        "LS1 1AA",
    )
    order_cancel(order_id=order.pk, reason="Gone", actor=company.cora, at=NOW)
    refused(Conflict, "order", lambda: correct("LS1 1AB"))


def test_a_higher_limit_lets_the_orders_held_for_credit_go_on(company: Company) -> None:
    Customer.objects.update(credit_limit=D(10))
    assert held(company, customer_number="C-CAROL") == [("CREDIT", "FINANCE")]
    customer_credit_change(
        customer_id=company.carol.pk, limit=D(19), payment_days=30, reason="Asked", actor=company.fay, at=NOW
    )
    assert Order.objects.get().state == "ON_HOLD"
    customer_credit_change(
        customer_id=company.carol.pk, limit=D(20), payment_days=30, reason="Good", actor=company.fay, at=NOW
    )
    assert Order.objects.get().state == "CONFIRMED"


def test_a_second_look_opens_what_is_new_and_not_what_a_person_has_settled(company: Company) -> None:
    stock_in(company, company.mug, 9)
    (received,) = receive(company, command(1, customer_number="C-CAROL"))
    order_id = received.order_id or 0
    order_allocate_many(order_ids=[order_id], actor=company.olga, at=NOW)

    def look() -> Any:
        (found,) = order_revalidate([order_id], actor=company.system, at=NOW)
        return found.opened, found.released

    assert look() == ((), ())
    Customer.objects.update(is_blocked=True)
    assert look() == (("FRAUD",), ())
    order = Order.objects.get(pk=order_id)
    assert (order.state, order.checks[0]["check"]) == ("ON_HOLD", "customer")
    assert order.lines.get().quantity_allocated == 0
    assert look() == ((), ())
    Customer.objects.update(is_blocked=False)
    assert look() == ((), ())  # fraud ends by a person only
    Customer.objects.update(is_blocked=True)
    hold = Hold.objects.get()
    hold_release_many(hold_ids=[hold.pk], reason="It is her", actor=company.cora, at=NOW)
    assert look() == ((), ())
    order_cancel(order_id=order_id, reason="Gone", actor=company.cora, at=NOW)
    assert order_revalidate([order_id], actor=company.system, at=NOW) == []


# --- the pages ---
def test_many_are_released_after_a_preview_of_what_goes_on(company: Company, as_: Login) -> None:
    first, second, foreign = waiting(company), waiting(company), waiting(company, "FRAUD")
    hold_open(order_id=second.order_id, kind="CREDIT", reason="Owes", actor=company.fay, at=NOW)
    client, ids = as_("fay"), [first.pk, second.pk, foreign.pk]
    page = client.post(to("hold_list"), {"action": "release", "ids": ids})
    assert page.context["effects"] == [
        "2 open holds on 2 orders. 1 orders worth £20.00 go on to allocation.",
        "1 orders worth £20.00 stay held by another hold.",
        "1 of the chosen rows stay as they are: closed before, or another role's.",
    ]
    run = {"action": "release", "stage": "run", "ids": ",".join(map(str, ids))}
    refused_ = client.post(to("hold_list"), run)
    assert len(refused_.context["failed"]) == 3
    assert not Hold.objects.filter(state="RELEASED").exists()
    done = client.post(to("hold_list"), run | {"reason": "Rate is right"})
    assert [row[2] for row in done.context["done"]] == [
        "Released.",
        "Released; another hold keeps the order.",
    ]
    assert [row[2] for row in done.context["failed"]] == ["It is for Customer service to decide."]
    assert Hold.objects.get(pk=first.pk).close_reason == "Rate is right"


def test_many_are_rejected_after_a_preview(company: Company, as_: Login) -> None:
    first, second = waiting(company), waiting(company, "FRAUD")
    client, ids = as_("fay"), f"{first.pk},{second.pk}"
    page = client.post(to("hold_list"), {"action": "reject", "ids": [first.pk]})
    assert page.context["effects"] == ["1 orders worth £20.00 are cancelled, with every hold on them."]
    done = client.post(
        to("hold_list"), {"action": "reject", "stage": "run", "ids": ids, "reason": "Bad rate"}
    )
    assert ([row[1] for row in done.context["done"]], len(done.context["failed"])) == ([True], 1)
    assert sorted(Order.objects.values_list("state", flat=True)) == ["CANCELLED", "ON_HOLD"]


def test_the_queue_shows_each_owners_work(
    company: Company, as_: Login, django_assert_max_num_queries: Any
) -> None:
    waiting(company)
    waiting(company, "FRAUD")
    client = as_("fay")
    with django_assert_max_num_queries(40) as few:
        page = client.get(to("hold_list") + "?state=OPEN&owner_role=FINANCE")
    summary = page.context["summary"]
    assert summary["tabs"] == [
        ("", "Everybody", 2),
        ("FINANCE", "Finance", 1),
        ("CUSTOMER_SERVICE", "Customer service", 1),
    ]
    assert [(tile["kind"], tile["holds"], tile["money"]) for tile in summary["tiles"]] == [("TAX", 1, 20)]
    for _ in range(5):
        waiting(company)
    with django_assert_max_num_queries(len(few)):
        client.get(to("hold_list") + "?state=OPEN&owner_role=FINANCE")


def test_a_hold_is_worked_on_its_page(company: Company, as_: Login) -> None:
    hold = waiting(company)
    page = as_("fay").get(to("hold_detail", hold.pk))
    assert page.status_code == 200
    assert "Compare the tax with the rate" in page.content.decode()
    assert page.context["primary"].label == "Release"
    assert as_("cora").get(to("hold_detail", hold.pk)).context["primary"] is None
    fay, until = as_("fay"), timezone.now() + timedelta(days=3)
    fay.post(to("hold_extend", hold.pk), {"until": f"{until:%Y-%m-%dT%H:%M}", "reason": "Bank"})
    fay.post(to("hold_extend", hold.pk), {"until": "soon", "reason": "Bank"})
    hold.refresh_from_db()
    assert abs(hold.due_at - until) < timedelta(hours=2)  # in the zone of the page
    fay.post(to("hold_reassign", hold.pk), {"role": "CUSTOMER_SERVICE", "reason": "Hers"})
    assert fay.post(to("hold_check", hold.pk)).status_code == 302
    as_("cora").post(to("hold_release", hold.pk), {"reason": "Fine"})
    hold.refresh_from_db()
    assert (hold.state, hold.closed_by) == ("RELEASED", company.cora)
    other = waiting(company)
    fay.post(to("hold_reject", other.pk), {"reason": "No"})
    assert Order.objects.get(pk=other.order_id).state == "CANCELLED"
    assert as_("rita").post(to("hold_release", hold.pk)).status_code == 403
