"""Answers: do the generic pages keep their promises: closed by default, state in the address, refusals say why?"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, RequestFactory
from django.urls import reverse

from erp.core.models import ApprovalRequest, ExceptionCase, IdempotencyKey, Note, SavedView, User
from erp.core.pages.exports import safe_cell
from erp.core.pages.format import money_text, sparkline_svg
from erp.core.permissions import page
from erp.core.roles import Role
from erp.core.services.exception_case import exception_open
from erp.core.services.form_token import form_submit_once
from erp.core.services.role import role_grant, role_sync

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def person(name: str, *roles: Role, limit: int = 0) -> User:
    role_sync()
    user = User.objects.create_user(name, password="a long enough secret", approval_limit=limit)
    role_grant(user=user, roles=list(roles))
    return user


@pytest.fixture
def olga() -> User:
    return person("olga", Role.OPERATIONS, limit=1000)


@pytest.fixture
def olgas(client: Client, olga: User) -> Client:
    client.force_login(olga)
    return client


def case(olga: User, title: str = "Order 17 is late", number: int = 17, money: int = 40) -> ExceptionCase:
    pk = exception_open(
        kind="ORDER_LATE",
        subject_type="orders.Order",
        subject_id=number,
        title=title,
        money_at_risk=Decimal(money),
        actor=olga,
        at=AT,
    )
    return ExceptionCase.objects.get(pk=pk)


def approval(maker: User, amount: int = 500) -> ApprovalRequest:
    return ApprovalRequest.objects.create(
        kind="tests.spend",
        document_type="core.ExceptionCase",
        document_id=1,
        title="Spend it",
        amount=amount,
        role=Role.OPERATIONS,
        requested_by=maker,
        requested_at=AT,
    )


# --- who may come in ---
def test_an_anonymous_visitor_is_sent_to_the_login_and_back(client: Client) -> None:
    answer = client.get("/exceptions/?state=OPEN")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/?next=%2Fexceptions%2F%3Fstate%3DOPEN")


def test_an_expired_session_tells_htmx_to_leave_the_page(client: Client) -> None:
    answer = client.get(
        "/search/?q=x", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/exceptions/"}
    )
    assert answer.status_code == 204
    assert answer["HX-Redirect"].startswith("/login/?next=%2Fexceptions%2F")


def test_a_role_without_the_permission_is_refused_in_words(client: Client) -> None:
    client.force_login(person("otto", Role.READ_ONLY))
    mine = reverse("exception_case_resolve", args=[1])
    answer = client.post(mine, {"reason": "x"})
    assert answer.status_code == 403
    assert "core.exception_resolve" in answer.content.decode()


def test_an_unknown_permission_is_refused_when_the_view_is_written() -> None:
    with pytest.raises(ImproperlyConfigured):
        page("orders.fly")


def test_the_admin_site_is_for_administrators_only(client: Client) -> None:
    client.force_login(person("olga", Role.OPERATIONS))
    assert client.get("/admin/").status_code == 403


@pytest.mark.parametrize("role", list(Role))
def test_every_role_can_open_its_home(client: Client, role: Role) -> None:
    client.force_login(person("ruth", role))
    assert client.get("/").status_code == 200


def test_login_ignores_an_address_on_another_host(client: Client) -> None:
    person("olga", Role.OPERATIONS)
    answer = client.post(
        "/login/", {"username": "olga", "password": "a long enough secret", "next": "https://evil.example/"}
    )
    assert answer["Location"] == "/"


# --- lists ---
def test_an_empty_list_says_what_would_be_there(olgas: Client) -> None:
    assert "Nothing needs a person" in olgas.get("/exceptions/").content.decode()


def test_filter_search_and_chips_follow_the_query_string(olgas: Client, olga: User) -> None:
    case(olga)
    case(olga, "Order 18 is late", 18)
    text = olgas.get("/exceptions/?q=18&state=OPEN").content.decode()
    assert "Order 18 is late" in text
    assert "Order 17 is late" not in text
    assert 'href="?q=18"' in text  # the chip that takes the state away
    assert "Nothing matches these filters" in olgas.get("/exceptions/?state=RESOLVED").content.decode()


def test_htmx_gets_the_results_only(olgas: Client, olga: User) -> None:
    case(olga)
    text = olgas.get(
        "/exceptions/", headers={"HX-Request": "true", "HX-Target": "list-results"}
    ).content.decode()
    assert "Order 17 is late" in text
    assert "<html" not in text


def test_columns_and_sort_come_from_the_address(olgas: Client, olga: User) -> None:
    case(olga, "Cheap", 1, money=1)
    case(olga, "Dear", 2, money=900)
    text = olgas.get("/exceptions/?cols=title,money_at_risk&sort=-money_at_risk").content.decode()
    assert text.index("Dear") < text.index("Cheap")
    assert 'data-label="Due"' not in text
    assert olgas.get("/exceptions/?sort=password&cols=nonsense&page=99").status_code == 200


def test_an_export_holds_the_filtered_rows_and_no_formula(olgas: Client, olga: User) -> None:
    case(olga, "=cmd|' /C calc'!A0", 1)
    case(olga, "Harmless", 2)
    answer = olgas.get("/exceptions/?q=calc&cols=title&format=csv")
    assert (
        b"".join(answer.streaming_content).decode("utf-8-sig") == "What happened\r\n'=cmd|' /C calc'!A0\r\n"
    )
    sheet = olgas.get("/exceptions/?format=xlsx")
    assert sheet.content[:2] == b"PK"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_a_spreadsheet_would_run_is_quoted(text: str) -> None:
    assert safe_cell(text) == f"'{text}"
    assert safe_cell(-1) == -1


def test_a_bulk_action_is_previewed_then_run_with_an_outcome_per_row(olgas: Client, olga: User) -> None:
    rows = [case(olga, f"Case {number}", number) for number in range(3)]
    seen = olgas.post(
        "/exceptions/?q=Case", {"action": "resolve", "stage": "preview", "all": "1"}
    ).content.decode()
    assert "3 cases will be closed" in seen
    assert ExceptionCase.objects.filter(state="OPEN").count() == 3  # a preview changes nothing
    ids = ",".join(str(row.pk) for row in rows[:2])
    done = olgas.post(
        "/exceptions/?q=Case", {"action": "resolve", "stage": "run", "ids": ids, "reason": "all called"}
    ).content.decode()
    assert "2 done" in done
    again = olgas.post(
        "/exceptions/?q=Case", {"action": "resolve", "stage": "run", "ids": ids, "reason": "all called"}
    ).content.decode()
    assert "2 refused" in again
    assert list(ExceptionCase.objects.filter(state="OPEN").values_list("pk", flat=True)) == [rows[2].pk]


def test_a_saved_default_view_opens_the_list_and_is_its_owners(
    olgas: Client, olga: User, client: Client
) -> None:
    form = {"list_code": "core.exception_cases", "name": "Mine", "query": "state=OPEN", "is_default": "1"}
    olgas.post("/views/", form)
    assert olgas.get("/exceptions/")["Location"] == "/exceptions/?state=OPEN"
    assert olgas.get("/exceptions/?view=all").status_code == 200
    other = Client()
    other.force_login(person("otto", Role.READ_ONLY))
    other.post(f"/views/{SavedView.objects.get().pk}/delete/")
    assert SavedView.objects.count() == 1


def test_a_list_costs_the_same_queries_for_two_rows_as_for_forty(
    olgas: Client, olga: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(40):
        case(olga, f"Case {number}", number)
    with django_assert_max_num_queries(14):
        olgas.get("/exceptions/")


# --- records ---
def test_a_record_shows_state_next_action_and_timeline(olgas: Client, olga: User) -> None:
    row = case(olga)
    text = olgas.get(f"/exceptions/{row.pk}/").content.decode()
    assert "k-badge--warning" in text
    assert "Expedite the pick." in text
    assert "core.exception_open_many" in text
    olgas.post(f"/exceptions/{row.pk}/resolve/", {"reason": "Customer took it in person"})
    after = olgas.get(f"/exceptions/{row.pk}/").content.decode()
    assert "This case is resolved." in after  # why Resolve is now disabled
    assert "Customer took it in person" in after


def test_a_refusal_is_shown_with_its_remedy_and_changes_nothing(olgas: Client, olga: User) -> None:
    row = case(olga)
    text = olgas.post(f"/exceptions/{row.pk}/resolve/", {"reason": " "}, follow=True).content.decode()
    assert "Say in a few words why." in text
    row.refresh_from_db()
    assert row.state == "OPEN"


@pytest.mark.parametrize("until", ["", "soon", "2026-13-45T99:99", "1999-01-01T00:00"])
def test_a_bad_snooze_time_is_refused(olgas: Client, olga: User, until: str) -> None:
    row = case(olga)
    assert olgas.post(f"/exceptions/{row.pk}/snooze/", {"reason": "later", "until": until}).status_code == 302
    row.refresh_from_db()
    assert row.state == "OPEN"


def test_previous_and_next_walk_the_filtered_list(olgas: Client, olga: User) -> None:
    rows = [case(olga, f"Case {number}", number, money=number) for number in range(3)]
    text = olgas.get(f"/exceptions/{rows[1].pk}/?from=sort%3Dmoney_at_risk&at=1").content.decode()
    assert f'href="/exceptions/{rows[0].pk}/?from=sort%3Dmoney_at_risk&amp;at=0"' in text
    assert f'href="/exceptions/{rows[2].pk}/?from=sort%3Dmoney_at_risk&amp;at=2"' in text
    assert "2 in the list" in text


def test_nobody_sees_an_enabled_approve_on_their_own_request(olgas: Client, olga: User) -> None:
    row = approval(olga)
    assert "Nobody approves their own work." in olgas.get(f"/approvals/{row.pk}/").content.decode()
    olgas.post(f"/approvals/{row.pk}/decide/", {"verdict": "approve"})
    row.refresh_from_db()
    assert row.state == "PENDING"


def test_an_approval_above_the_limit_says_so(olgas: Client) -> None:
    row = approval(person("max", Role.OPERATIONS), amount=5000)
    assert "Above your limit of £1,000.00." in olgas.get(f"/approvals/{row.pk}/").content.decode()


def test_a_note_lands_on_the_timeline_and_only_on_a_page_one_may_open(olgas: Client, olga: User) -> None:
    row = case(olga)
    olgas.post(
        "/notes/",
        {"document_type": "core.ExceptionCase", "document_id": row.pk, "body": "Called the carrier"},
    )
    assert "Called the carrier" in olgas.get(f"/exceptions/{row.pk}/").content.decode()
    assert (
        olgas.post("/notes/", {"document_type": "core.Nonsense", "document_id": 1, "body": "x"}).status_code
        == 400
    )
    assert Note.objects.filter(body="x").count() == 0


# --- forms ---
def test_a_form_sent_twice_acts_once(olga: User) -> None:
    calls: list[int] = []

    def act() -> str:
        calls.append(1)
        return "/there/"

    assert form_submit_once(token="t", act=act, actor=olga, at=AT) == ("/there/", True)
    assert form_submit_once(token="t", act=act, actor=olga, at=AT) == ("/there/", False)
    assert len(calls) == 1


def test_a_refused_form_leaves_its_token_free(olga: User) -> None:
    def refuse() -> str:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        form_submit_once(token="t", act=refuse, actor=olga, at=AT)
    assert IdempotencyKey.objects.count() == 0


def test_the_profile_keeps_theme_and_time_zone(olgas: Client, olga: User) -> None:
    olgas.post("/profile/", {"theme": "dark", "time_zone": "America/New_York", "form_token": "t"})
    olga.refresh_from_db()
    assert (olga.theme, olga.time_zone) == ("dark", "America/New_York")
    assert 'data-bs-theme="dark"' in olgas.get("/profile/").content.decode()
    bad = olgas.post("/profile/", {"theme": "pink", "time_zone": "Mars/Base"})
    assert bad.status_code == 422


# --- search ---
def test_search_finds_pages_and_survives_what_scanners_send(olgas: Client) -> None:
    found = olgas.get("/search/", {"q": "excep"}, headers={"HX-Request": "true"}).content.decode()
    assert 'href="/exceptions/"' in found
    for text in ("\x1d]C10112345", "%_\\", "'; DROP", "x" * 5000, "\x00"):
        assert olgas.get("/search/", {"q": text, "go": "1"}).status_code == 200


# --- formats ---
@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (Decimal("-1234.5"), "GBP", "−£1,234.50"),
        (Decimal("1234.5"), "JPY", "JP¥1,234"),
        (Decimal("1.2345"), "KWD", "KWD\N{NO-BREAK SPACE}1.234"),
        (None, "GBP", "–"),
    ],
)
def test_money_is_written_with_its_own_decimals(amount: Decimal | None, currency: str, text: str) -> None:
    assert money_text(amount, currency) == text


def test_a_sparkline_names_itself_and_needs_two_points() -> None:
    assert 'aria-label="Orders per day"' in sparkline_svg([1, 2, 3], "Orders per day")
    assert sparkline_svg([1], "x") == ""


def test_pages_send_a_strict_policy_and_hold_nothing_inline(olgas: Client) -> None:
    answer = olgas.get("/")
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    text = answer.content.decode()
    assert "<style" not in text
    assert " style=" not in text
    assert " onclick=" not in text


def test_times_are_read_in_the_users_zone(client: Client) -> None:
    user = person("nina", Role.OPERATIONS)
    User.objects.filter(pk=user.pk).update(time_zone="Asia/Tokyo")
    row = case(user)
    ExceptionCase.objects.filter(pk=row.pk).update(opened_at=AT - timedelta(days=400))
    client.force_login(user)
    assert "18:00" in client.get(f"/exceptions/{row.pk}/").content.decode()


def test_faults_are_pages_of_ours(olgas: Client, rf: RequestFactory) -> None:
    missing = olgas.get("/no-such-page/")
    assert missing.status_code == 404
    assert "There is nothing at this address" in missing.content.decode()
