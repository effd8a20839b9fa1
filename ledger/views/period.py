"""Which pages close a month: the checklist, its evidence, and the acts?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from erp.core.pages import Action, ActionField, Fact, ListPage, Panel, RecordPage, run_action
from erp.core.pages.format import when_html
from erp.core.permissions import actor_of, page
from ledger.filters import PeriodFilter
from ledger.models import Period, PeriodBalance, TieOut
from ledger.selectors import period_counts, tie_outs_latest, trial_balance
from ledger.services import (
    period_begin_close,
    period_cancel_close,
    period_check,
    period_close,
    period_reopen,
)
from ledger.states import PERIOD, PeriodState
from ledger.tables import PeriodTable

S = PeriodState


class PeriodList(ListPage):
    permission, title, list_code = "ledger.view", "Period close", "ledger.periods"
    table_class, filterset_class = PeriodTable, PeriodFilter
    search_fields = ("code__istartswith",)
    default_order = ("-start_date",)
    help_text = (
        "Months close one after another. A closed month never changes; its seal chains it to the one before."
    )
    empty_title, empty_text = "No periods yet", "They are made when something is first posted in a month."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Period]:
        return Period.objects.select_related("closed_by")


class PeriodRecord(RecordPage):
    permission, title, machine = "ledger.view", "Period", PERIOD
    template_name = "ledger/record.html"
    list_page, list_url_name = PeriodList, "ledger:period_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Period:
        return get_object_or_404(Period.objects.select_related("closed_by"), pk=kwargs["pk"])

    def get_facts(self, obj: Period) -> list[Fact]:
        entries, lines = period_counts(obj)
        journal = reverse("ledger:journal_entry_list") + f"?since={obj.start_date}&as_of={obj.end_date}"
        facts = [
            Fact("Days", f"{obj.start_date:%-d %b %Y} – {obj.end_date:%-d %b %Y}"),
            Fact("Entries", f"{entries:,}", journal),
            Fact("Lines", f"{lines:,}"),
        ]
        if obj.closed_at:
            facts.append(Fact("Closed", when_html(obj.closed_at), hint=f"by {obj.closed_by}"))
        return facts

    def get_panels(self, obj: Period) -> list[Panel]:
        checks = tie_outs_latest(obj)
        context = {
            "checks": checks,
            "failed": [check for check in checks if not check.is_ok and check.is_blocking],
            "checked_at": max((check.checked_at for check in checks), default=None),
        }
        balances = PeriodBalance.objects.filter(period=obj).exists()
        totals = trial_balance(since=obj.start_date, as_of=obj.end_date)
        return [
            Panel("Checklist", "ledger/partials/_checklist.html", context, flush=True, anchor="checklist"),
            Panel(
                "Balances",
                "ledger/partials/_balances.html",
                {"figures": totals, "is_kept": balances},
                flush=True,
            ),
            Panel("Seal", "ledger/partials/_seal.html", {"previous": _previous(obj)}, column="side"),
        ]

    def get_actions(self, obj: Period, user: Any) -> list[Action]:
        url: Callable[[str], str] = lambda verb: reverse(f"ledger:period_{verb}", args=[obj.pk])  # noqa: E731
        why = ActionField("reason", "Why", kind="textarea")
        is_over = timezone.localdate() > obj.end_date
        begin = Action(
            "Begin close", url("begin_close"), "ledger.close", primary=True, icon="lock-open",
            confirm="From then on only entries by hand go into this month.",
            disabled_reason="" if is_over else f"The month runs until {obj.end_date:%-d %b}.",
        )  # fmt: skip
        check = Action("Run the checks", url("check"), "ledger.close", icon="list-checks")
        close = Action(
            "Close the month", url("close"), "ledger.close", primary=True, icon="lock",
            confirm="The checks run once more. If they agree, the balances are kept and sealed, and nothing goes in any more.",
            disabled_reason=_earlier(obj),
        )  # fmt: skip
        give_up = Action(
            "Give up the close", url("cancel_close"), "ledger.close", fields=[why], icon="undo-2"
        )
        reopen = Action(
            "Reopen", url("reopen"), "ledger.close", danger=True, fields=[why], icon="rotate-ccw",
            confirm="A second person must approve. The old balances and the old seal are kept as evidence.",
            disabled_reason=_later(obj),
        )  # fmt: skip
        return {
            S.OPEN.value: [begin, check],
            S.REOPENED.value: [begin, check],
            S.CLOSING.value: [close, check, give_up],
            S.CLOSED.value: [reopen],
        }[obj.state]


def _previous(period: Period) -> Period | None:
    return Period.objects.filter(start_date__lt=period.start_date).order_by("-start_date").first()


def _earlier(period: Period) -> str:
    earlier = Period.objects.filter(start_date__lt=period.start_date).exclude(state=S.CLOSED)
    first = earlier.order_by("start_date").first()
    return f"Close {first.code} first." if first else ""


def _later(period: Period) -> str:
    later = (
        Period.objects.filter(start_date__gt=period.start_date, state=S.CLOSED)
        .order_by("-start_date")
        .first()
    )
    return f"Reopen {later.code} first: the seals are a chain." if later else ""


class TieOutRecord(RecordPage):
    """The evidence of one check: the two figures and what they were summed from."""

    permission, title, has_timeline = "ledger.view", "", False
    list_url_name = "ledger:period_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> TieOut:
        return get_object_or_404(TieOut.objects.select_related("period"), pk=kwargs["pk"])

    def get_title(self, obj: TieOut) -> str:
        return obj.title

    def get_crumb(self, obj: TieOut) -> str:
        return obj.title

    def get_breadcrumbs(self, obj: TieOut) -> list[tuple[str, str]]:
        return [(obj.period.code, reverse("ledger:period_detail", args=[obj.period_id]))]

    def get_tags(self, obj: TieOut) -> list[tuple[str, str, str]]:
        if obj.is_ok:
            return [("Agrees", "success", "circle-check")]
        return [("Differs", "danger" if obj.is_blocking else "warning", "circle-alert")]

    def get_facts(self, obj: TieOut) -> list[Fact]:
        return [
            Fact("Expected", f"{obj.expected:,.2f}"),
            Fact("Actual", f"{obj.actual:,.2f}"),
            Fact("Difference", f"{obj.actual - obj.expected:,.2f}"),
            Fact("Checked", when_html(obj.checked_at)),
        ]

    def get_panels(self, obj: TieOut) -> list[Panel]:
        figures = [(label, value) for label, value in obj.evidence.items() if not isinstance(value, list)]
        tables = [(label, value) for label, value in obj.evidence.items() if isinstance(value, list)]
        context = {"figures": figures, "tables": tables}
        return [Panel("Evidence", "ledger/partials/_evidence.html", context)]


def _act(request: HttpRequest, pk: int, call: Callable[..., Any], done: Any, **values: Any) -> HttpResponse:
    return run_action(
        request,
        lambda: call(period_id=pk, actor=actor_of(request), at=timezone.now(), **values),
        done=done,
        url=reverse("ledger:period_detail", args=[pk]),
    )


@page("ledger.close")
@require_POST
def period_begin_close_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will take a month into CLOSING."""
    return _act(request, pk, period_begin_close, "The close has begun. Run the checks next.")


@page("ledger.close")
@require_POST
def period_check_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will run the checks of a month."""

    def said(rows: Any) -> str:
        failed = [row.title for row in rows if not row.is_ok and row.is_blocking]
        return f"To settle: {', '.join(failed)}." if failed else "Every blocking check agrees."

    return _act(request, pk, period_check, said)


@page("ledger.close")
@require_POST
def period_close_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will close a month for good."""
    return _act(request, pk, period_close, lambda period: f"{period.code} is closed and sealed.")


@page("ledger.close")
@require_POST
def period_cancel_close_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will give a closing month back."""
    reason = request.POST.get("reason", "")
    return _act(request, pk, period_cancel_close, "The month takes postings again.", reason=reason)


@page("ledger.close")
@require_POST
def period_reopen_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will ask for a closed month to be reopened."""

    def said(asked: Any) -> str:
        return "Reopening waits for a second person." if asked else "The month is reopened."

    return _act(request, pk, period_reopen, said, reason=request.POST.get("reason", ""))
