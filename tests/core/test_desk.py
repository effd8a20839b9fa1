"""Answers: does the desk rank by clock and money, hand out each case once, escalate once, and group what belongs together?"""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from erp.core.causes import cause_words
from erp.core.desk_selectors import GroupQuestion, case_groups, desk_statistics
from erp.core.errors import IllegalTransition, InvalidInput
from erp.core.models import ExceptionCase, Note, StateChange, User
from erp.core.ranking import ORDER, priority_of
from erp.core.roles import Role
from erp.core.services.exception_case import (
    CaseDraft,
    exception_mirror,
    exception_open_many,
    exception_resolve,
    exception_snooze,
    exception_wake,
    exception_wake_one,
)
from erp.core.services.exception_desk import (
    exception_assign,
    exception_assign_many,
    exception_escalate,
    exception_snooze_many,
    exception_take_next,
)
from erp.core.services.user import system_user
from tests.core.test_pages import person

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def olga() -> User:
    return person("olga", Role.OPERATIONS)


def open_case(
    kind: str = "ORDER_LATE", subject: int = 1, money: int = 0, at: datetime = AT, **detail: Any
) -> int:
    """Open a case about order `subject` and return its id."""
    draft = CaseDraft(kind, "orders.Order", str(subject), f"{kind} {subject}", detail, Decimal(money))
    return exception_open_many([draft], actor=system_user(), at=at)[0]


def ranked() -> list[int]:
    return list(ExceptionCase.objects.order_by(*ORDER).values_list("pk", flat=True))


# --- the rank ---
def test_urgency_doubles_with_the_clock_and_money_counts_in_proportion() -> None:
    at_due = priority_of(AT, Decimal(0), AT)
    assert (at_due.urgency, at_due.weight, at_due.score) == (1.0, Decimal(1), 1.0)
    late = priority_of(AT, Decimal(300), AT + timedelta(hours=48))
    assert (late.urgency, late.weight, late.score) == (4.0, Decimal(4), 16.0)
    assert "48 h past due makes urgency 4" in late.words
    assert priority_of(AT, Decimal(-5), AT - timedelta(hours=24)).score == 0.5


def test_the_stored_rank_sorts_as_the_formula_does_at_any_moment(olga: User) -> None:
    cases = [
        open_case(subject=n, money=money, at=AT + n * HOUR)
        for n, money in enumerate([0, 100, 900, 50_000, 10])
    ]
    for moment in (AT, AT + timedelta(days=3)):
        rows = ExceptionCase.objects.in_bulk(cases)
        by_score = sorted(
            cases, key=lambda pk: -priority_of(rows[pk].due_at, rows[pk].money_at_risk, moment).score
        )
        assert ranked() == by_score
    assert ranked()[0] == cases[3]


def test_of_two_that_weigh_the_same_the_older_comes_first(olga: User) -> None:
    first, second = open_case(subject=1, money=7), open_case(subject=2, money=7)
    assert ranked() == [first, second]


def test_the_first_page_of_many_cases_is_read_from_the_index(olga: User) -> None:
    drafts = [
        CaseDraft("ORDER_LATE", "orders.Order", str(n), f"Order {n}", {}, Decimal(n)) for n in range(3_000)
    ]
    exception_open_many(drafts, actor=system_user(), at=AT)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE core_exceptioncase")
        rows = ExceptionCase.objects.exclude(state="RESOLVED").order_by("state", *ORDER)[:50]
        sql, parameters = rows.query.sql_with_params()
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", parameters)
        plan = json.dumps(cursor.fetchone()[0])
    assert "exception_desk" in plan
    assert '"Sort"' not in plan


# --- queues ---
def test_the_next_case_is_the_most_pressing_of_my_roles_that_nobody_has(olga: User) -> None:
    small, large = open_case(subject=1, money=10), open_case(subject=2, money=10_000)
    other = open_case("INVOICE_MISMATCH", 3, 99_000)
    taken = exception_take_next(roles=olga.roles, actor=olga, at=AT)
    assert taken is not None
    assert (taken.pk, taken.assignee) == (large, olga)
    assert exception_take_next(roles=olga.roles, actor=olga, at=AT).pk == small  # type: ignore[union-attr]
    assert exception_take_next(roles=olga.roles, actor=olga, at=AT) is None
    assert ExceptionCase.objects.get(pk=other).assignee is None
    assert Note.objects.get(document_id=large).body == "Taken by olga."


def test_many_are_assigned_and_put_aside_with_a_reason_and_a_trail(olga: User) -> None:
    ids = [open_case(subject=n) for n in range(4)]
    exception_resolve(case_id=ids[3], resolution="manual", reason="done", actor=olga, at=AT)
    assert exception_assign_many(case_ids=ids, assignee_id=olga.pk, actor=olga, at=AT) == ids[:3]
    assert ExceptionCase.objects.filter(assignee=olga).count() == 3
    assert Note.objects.filter(body="Assigned to olga.").count() == 3
    with pytest.raises(InvalidInput):
        exception_snooze_many(case_ids=ids, until=AT + HOUR, reason=" ", actor=olga, at=AT)
    with pytest.raises(InvalidInput):
        exception_snooze_many(case_ids=ids, until=AT, reason="x", actor=olga, at=AT)
    assert not ExceptionCase.objects.filter(state="SNOOZED").exists()
    until = AT + HOUR
    assert exception_snooze_many(case_ids=ids, until=until, reason="waits", actor=olga, at=AT) == ids[:3]
    changes = StateChange.objects.filter(action="core.exception_snooze")
    assert [change.reason for change in changes] == ["waits"] * 3
    exception_wake_one(case_id=ids[0], actor=olga, at=AT)
    assert exception_wake(at=until, actor=system_user()) == 2
    assert ExceptionCase.objects.filter(state="OPEN").count() == 3


def test_a_settled_case_is_given_to_nobody(olga: User) -> None:
    pk = open_case()
    exception_resolve(case_id=pk, resolution="manual", reason="done", actor=olga, at=AT)
    with pytest.raises(InvalidInput):
        exception_assign(case_id=pk, assignee_id=olga.pk, actor=olga, at=AT)
    with pytest.raises(IllegalTransition):
        exception_wake_one(case_id=pk, actor=olga, at=AT)
    assert ExceptionCase.objects.get(pk=pk).assignee is None


# --- escalation ---
def test_what_nobody_settles_goes_up_the_line_once_and_its_old_owner_is_told(olga: User) -> None:
    pia = person("pia", Role.WAREHOUSE)
    pk = open_case("SHORT_PICK")
    exception_assign(case_id=pk, assignee_id=pia.pk, actor=olga, at=AT)
    due = ExceptionCase.objects.get(pk=pk).due_at
    up = due + timedelta(hours=4)  # as long again as it was allowed to take
    assert exception_escalate(actor=system_user(), at=up - HOUR) == 0
    assert exception_escalate(actor=system_user(), at=up) == 1
    assert exception_escalate(actor=system_user(), at=up + timedelta(days=9)) == 0
    case = ExceptionCase.objects.get(pk=pk)
    assert (case.owner_role, case.escalated_from, case.assignee, case.escalated_at) == (
        "OPERATIONS", "WAREHOUSE", None, up,
    )  # fmt: skip
    note = Note.objects.filter(document_id=pk).latest("pk")
    assert note.body == "Escalated from Warehouse to Operations: past its time, and @pia had it."
    assert [mention.user for mention in note.mentions.all()] == [pia]


def test_what_is_put_aside_or_settled_or_has_nobody_above_does_not_escalate(olga: User) -> None:
    aside, settled, top = open_case(subject=1), open_case(subject=2), open_case("VERIFY_FAILED", 3)
    exception_snooze(case_id=aside, until=AT + timedelta(days=60), reason="x", actor=olga, at=AT)
    exception_resolve(case_id=settled, resolution="manual", reason="x", actor=olga, at=AT)
    assert exception_escalate(actor=system_user(), at=AT + timedelta(days=30)) == 0
    assert not ExceptionCase.objects.filter(pk__in=[aside, settled, top]).exclude(escalated_from="").exists()


# --- causes ---
def test_cases_with_the_same_cause_are_one_group(olga: User) -> None:
    for number in range(3):
        open_case(subject=number, money=100, sku="22423", channel="web")
    open_case(subject=8, money=1_000, hold="FRAUD")
    open_case("RECEIPT_LATE", 9, 5, supplier="ACME")
    groups = case_groups(GroupQuestion(), AT)
    assert [(g.kind, cause_words(g.cause), g.count, g.money) for g in groups] == [
        ("ORDER_LATE", "FRAUD hold", 1, Decimal(1_000)),
        ("ORDER_LATE", "SKU 22423", 3, Decimal(300)),
        ("RECEIPT_LATE", "supplier ACME", 1, Decimal(5)),
    ]
    assert [g.count for g in case_groups(GroupQuestion(by="kind", owner_role="OPERATIONS"), AT)] == [4]


def test_a_mirrored_case_says_what_is_known_now_and_counts_no_second_time(olga: User) -> None:
    system = system_user()

    def look(*drafts: CaseDraft) -> int:
        return exception_mirror(
            kind="ORDER_LATE",
            drafts=drafts,
            resolution="orders.order_flag_late",
            reason="left",
            actor=system,
            at=AT,
        )

    assert look(CaseDraft("ORDER_LATE", "orders.Order", "1", "a", {"sku": "A"}, Decimal(50))) == 1
    assert (
        look(
            CaseDraft(
                "ORDER_LATE", "orders.Order", "1", "b", {"node": "NORTH", "stage": "RELEASED"}, Decimal(40)
            )
        )
        == 1
    )
    case = ExceptionCase.objects.get()
    assert (case.title, case.cause, case.occurrences, case.money_at_risk) == (
        "b",
        "state:RELEASED|node:NORTH",
        1,
        50,
    )
    assert cause_words(case.cause) == "orders that are released at NORTH"
    assert look() == 0
    assert ExceptionCase.objects.get().resolution == "orders.order_flag_late"


# --- pages ---
def test_the_desk_shows_what_is_not_settled_by_queue_and_says_why_a_case_ranks(
    client: Client, olga: User
) -> None:
    pk = open_case(money=1_240, sku="22423")
    done = open_case(subject=2)
    exception_resolve(case_id=done, resolution="manual", reason="x", actor=olga, at=AT)
    client.force_login(olga)
    page = client.get("/exceptions/").content.decode()
    assert "ORDER_LATE 1" in page
    assert "ORDER_LATE 2" not in page
    assert "Nobody" in page and "Operations" in page and "Take the next" in page
    assert "ORDER_LATE 2" in client.get("/exceptions/?state=RESOLVED").content.decode()
    record = client.get(f"/exceptions/{pk}/").content.decode()
    assert "times 13.4 for the money at risk" in record
    assert "SKU 22423" in record
    assert client.post("/exceptions/next/").headers["Location"] == f"/exceptions/{pk}/"
    assert ExceptionCase.objects.get(pk=pk).assignee == olga


def test_a_group_is_acted_on_as_a_whole_after_a_preview(client: Client, olga: User) -> None:
    ids = [open_case(subject=n, sku="22423") for n in range(3)]
    open_case(subject=9, sku="OTHER")
    client.force_login(olga)
    assert (
        "3 cases of “Order past its ship-by time”, all about SKU 22423"
        in client.get("/exceptions/groups/").content.decode()
    )
    url = "/exceptions/?kind=ORDER_LATE&cause=sku%3A22423"
    seen = client.post(url, {"stage": "preview", "all": "1", "action": "assign"}).content.decode()
    assert "3 cases will be given" in seen
    chosen = {"stage": "run", "action": "assign", "ids": ",".join(map(str, ids)), "assignee": olga.pk}
    assert "3 done" in client.post(url, chosen).content.decode()
    assert set(ExceptionCase.objects.filter(assignee=olga).values_list("pk", flat=True)) == set(ids)


@pytest.mark.parametrize("action", ["resolve", "snooze", "assign"])
def test_a_bulk_act_without_what_it_needs_is_refused_and_changes_nothing(
    client: Client, olga: User, action: str
) -> None:
    pk = open_case()
    client.force_login(olga)
    answer = client.post("/exceptions/", {"stage": "run", "action": action, "ids": pk, "assignee": "x"})
    assert "1 refused" in answer.content.decode()
    case = ExceptionCase.objects.get(pk=pk)
    assert (case.state, case.assignee) == ("OPEN", None)


def test_the_statistics_say_how_long_by_whom_and_whether_in_time(client: Client, olga: User) -> None:
    by_hand, late = open_case(subject=1), open_case(subject=2)
    open_case("RECEIPT_LATE", 3, 70)
    exception_resolve(case_id=by_hand, resolution="manual", reason="x", actor=olga, at=AT + HOUR)
    exception_resolve(
        case_id=late, resolution="orders.order_flag_late", reason="x", actor=system_user(), at=AT + 9 * HOUR
    )
    again = open_case(subject=1, at=AT + 2 * HOUR)
    exception_resolve(case_id=again, resolution="manual", reason="x", actor=olga, at=AT + 3 * HOUR)
    found = desk_statistics(weeks=4, at=AT + timedelta(days=2))
    assert found.whole is not None
    assert (found.whole.count, found.whole.by_person, found.whole.reopened) == (3, 2, 1)
    assert (found.whole.median, round(found.whole.kept)) == (3600.0, 67)
    assert [(row.key, row.count) for row in found.owners] == [("OPERATIONS", 3)]
    assert sum(week.opened for week in found.weeks) == 4
    assert [(age.label, age.count, age.money) for age in found.ages if age.count] == [
        ("1–3 days", 1, Decimal(70))
    ]
    assert next((way.resolution, way.by_person, way.count) for way in found.ways) == ("manual", True, 2)
    client.force_login(olga)
    assert client.get("/exceptions/statistics/?weeks=26").status_code == 200


def test_the_pages_of_the_desk_ask_the_same_few_questions_for_few_and_for_many(
    client: Client, olga: User
) -> None:
    client.force_login(olga)
    counts = {}
    for size in (2, 60):
        for number in range(size):
            pk = open_case(subject=number, money=number, sku=str(number % 5))
            if number % 7 == 0:
                exception_assign(case_id=pk, assignee_id=olga.pk, actor=olga, at=AT)
        for url in ("/exceptions/", "/exceptions/groups/", "/exceptions/statistics/"):
            with CaptureQueriesContext(
                connection,
            ) as seen:
                assert client.get(url).status_code == 200
            counts.setdefault(url, []).append(len(seen))
    assert all(few == many for few, many in counts.values()), counts
    assert max(many for _, many in counts.values()) <= 10, counts
