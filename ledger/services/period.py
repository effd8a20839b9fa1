"""Who opens, closes and reopens a month?

A close is: run the tie-outs, keep their evidence, snapshot the balances, chain the seal, and let nothing in afterwards.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, datetime

from django.db import IntegrityError, transaction

from erp.core.errors import IllegalTransition, InvalidInput, KeelError, NotFound
from erp.core.locks import AdvisoryLock, advisory_lock
from erp.core.models import ApprovalRequest, User
from erp.core.money import ZERO
from erp.core.services.approval import approval_request, register_approval
from erp.core.services.state import change_state, record_creation
from ledger.models import JournalEntry, Period, PeriodBalance, TieOut
from ledger.seal import Balance, period_balances, seal_of
from ledger.services.journal import NoPeriod
from ledger.services.tie_out import tie_outs_run
from ledger.states import PeriodState


class TieOutsFailed(KeelError):
    """A close that a blocking tie-out forbids; the evidence is kept."""

    code = "tie_outs_failed"


class EarlierPeriodOpen(KeelError):
    """A close out of order: months close one after another."""

    code = "earlier_period_open"


def period_for(day: date) -> Period:
    """This function will return the period that covers `day`; NoPeriod when there is none."""
    period = Period.objects.filter(start_date__lte=day, end_date__gte=day).first()
    if period is None:
        remedy = "Ask finance to create the period of that month."
        raise NoPeriod(
            f"no accounting period covers {day}", field="posting_date", remedy=remedy, date=str(day)
        )
    return period


def period_ensure(day: date, *, actor: User, at: datetime) -> Period:
    """This function will return the period that covers `day`, and create that calendar month when there is none."""
    period = Period.objects.filter(start_date__lte=day, end_date__gte=day).first()
    if period is not None:
        return period
    try:
        with transaction.atomic():
            period = Period.objects.create(
                code=f"{day:%Y-%m}",
                start_date=day.replace(day=1),
                end_date=day.replace(day=monthrange(day.year, day.month)[1]),
            )
            record_creation(Period, [period.pk], actor=actor, at=at, action="ledger.period_ensure")
    except IntegrityError:  # somebody else made it between looking and writing, or a closed month follows
        period = period_for(day)
    return period


@transaction.atomic
def period_create_year(*, year: int, actor: User, at: datetime) -> list[Period]:
    """This function will make sure that the twelve months of `year` exist and return them."""
    return [period_ensure(date(year, month, 1), actor=actor, at=at) for month in range(1, 13)]


def _locked(period_id: int) -> Period:
    advisory_lock(AdvisoryLock.PERIOD_CLOSE)
    period = Period.objects.select_for_update(no_key=True).filter(pk=period_id).first()
    if period is None:
        raise NotFound(f"there is no period #{period_id}", field="period", remedy="Reload the list.")
    return period


@transaction.atomic
def period_begin_close(*, period_id: int, actor: User, at: datetime) -> Period:
    """This function will take a finished month into CLOSING: from now on only the ledger's own rules post into it.

    InvalidInput while the month is not over at `at`; IllegalTransition when it is closing or closed.
    """
    period = _locked(period_id)
    if at.date() <= period.end_date:
        raise InvalidInput(
            f"{period.code} runs until {period.end_date}",
            field="period",
            remedy=f"Begin after {period.end_date}.",
        )
    change_state(period, to=PeriodState.CLOSING, actor=actor, at=at, action="ledger.period_begin_close")
    return period


@transaction.atomic
def period_cancel_close(*, period_id: int, reason: str, actor: User, at: datetime) -> Period:
    """This function will give a CLOSING month back to everybody's postings, with a reason."""
    period = _locked(period_id)
    reason = _reason(reason)
    change_state(
        period, to=PeriodState.OPEN, actor=actor, at=at, action="ledger.period_cancel_close", reason=reason
    )
    return period


@transaction.atomic
def period_check(*, period_id: int, actor: User, at: datetime) -> Sequence[TieOut]:
    """This function will run the tie-outs of a month that is not closed and keep their evidence, without closing it."""
    period = _locked(period_id)
    if period.state == PeriodState.CLOSED:
        raise IllegalTransition(
            f"{period.code} is closed", field="state", remedy="Its evidence is kept below."
        )
    return tie_outs_run(period=period, at=at)


def period_close(*, period_id: int, actor: User, at: datetime) -> Period:
    """This function will close a CLOSING month for good: tie-outs, balances, seal.

    TieOutsFailed when a blocking tie-out does not agree (the evidence stays, the month stays CLOSING),
    EarlierPeriodOpen while an earlier month is not closed, IllegalTransition when it is not CLOSING.
    """
    with transaction.atomic():
        period = _locked(period_id)
        if period.state != PeriodState.CLOSING:
            raise IllegalTransition(
                f"{period.code} is {period.state}, not CLOSING",
                field="state",
                remedy="Begin the close first.",
            )
        _refuse_out_of_order(period)
        failed = [row for row in tie_outs_run(period=period, at=at) if row.is_blocking and not row.is_ok]
        if not failed:
            _seal(period, actor=actor, at=at)
    if failed:
        names = ", ".join(f"{row.title} ({row.actual} instead of {row.expected})" for row in failed)
        raise TieOutsFailed(
            f"{period.code} can not be closed: {names}",
            field="tie_outs",
            remedy="Open the evidence, post what is missing, then close again.",
            codes=[row.code for row in failed],
        )
    return period


def _refuse_out_of_order(period: Period) -> None:
    earlier = Period.objects.filter(start_date__lt=period.start_date).exclude(state=PeriodState.CLOSED)
    first = earlier.order_by("start_date").first()
    if first is not None:
        raise EarlierPeriodOpen(
            f"{first.code} is still {first.state}",
            field="period",
            remedy=f"Close {first.code} before {period.code}.",
        )


def _seal(period: Period, *, actor: User, at: datetime) -> None:
    previous = Period.objects.filter(start_date__lt=period.start_date).order_by("-start_date").first()
    revision = (
        PeriodBalance.objects.filter(period=period)
        .order_by("-revision")
        .values_list("revision", flat=True)
        .first()
    )
    following = (revision or 0) + 1
    balances = period_balances(period.start_date, period.end_date)
    PeriodBalance.objects.bulk_create(_row(period, balance, following) for balance in balances)
    seal = seal_of(previous.seal if previous else "", period.code, balances)
    change_state(
        period, to=PeriodState.CLOSED, actor=actor, at=at, action="ledger.period_close",
        fields={
            "closed_at": at, "closed_by_id": actor.pk, "seal": seal, "stock_sequence": _last_stock_sequence(period),
        },
    )  # fmt: skip


def _row(period: Period, balance: Balance, revision: int) -> PeriodBalance:
    return PeriodBalance(
        period=period, account_id=balance.account_id, currency=balance.currency,
        debit=balance.debit, credit=balance.credit, base_debit=balance.base_debit,
        base_credit=balance.base_credit, revision=revision,
    )  # fmt: skip


def _last_stock_sequence(period: Period) -> int | None:
    return (
        JournalEntry.objects.filter(
            posting_date__range=(period.start_date, period.end_date), stock_sequence__isnull=False
        )
        .order_by("-stock_sequence")
        .values_list("stock_sequence", flat=True)
        .first()
    )


def _reason(reason: str) -> str:
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say in a few words why.")
    return reason.strip()[:250]


@transaction.atomic
def period_reopen(*, period_id: int, reason: str, actor: User, at: datetime) -> ApprovalRequest | None:
    """This function will ask a second person to reopen the latest closed month; None when the policy needs no one.

    InvalidInput without a reason; IllegalTransition when it is not closed or a later month is.
    """
    period = _locked(period_id)
    _refuse_reopen(period)
    request = approval_request(
        kind="ledger.period_reopen",
        document_type="ledger.Period",
        document_id=period.pk,
        title=f"Reopen {period.code}: {_reason(reason)}"[:200],
        amount=ZERO,
        actor=actor,
        at=at,
    )
    if request is None:
        _reopen(period, reason=_reason(reason), actor=actor, at=at)
    return request


def _refuse_reopen(period: Period) -> None:
    if period.state != PeriodState.CLOSED:
        raise IllegalTransition(
            f"{period.code} is {period.state}", field="state", remedy="Only a closed month is reopened."
        )
    later = (
        Period.objects.filter(start_date__gt=period.start_date, state=PeriodState.CLOSED)
        .order_by("-start_date")
        .first()
    )
    if later is not None:
        raise IllegalTransition(
            f"{later.code} is closed after it",
            field="state",
            remedy=f"Reopen {later.code} first: the seals are a chain.",
        )


def _reopen(period: Period, *, reason: str, actor: User, at: datetime) -> None:
    # the old balances and the old seal stay as evidence: revision n of the balances, and the audit row
    change_state(
        period, to=PeriodState.REOPENED, actor=actor, at=at, action="ledger.period_reopen",
        reason=f"{reason} (seal was {period.seal[:16]}…)", fields={"seal": "", "closed_at": None, "closed_by_id": None},
    )  # fmt: skip


def _on_reopen_approved(request: ApprovalRequest, actor: User, at: datetime) -> None:
    period = _locked(request.document_id)
    _refuse_reopen(period)
    _reopen(period, reason=f"{request.title} (approval #{request.pk})", actor=actor, at=at)


def _on_reopen_rejected(request: ApprovalRequest, actor: User, at: datetime) -> None:
    """The month stays closed; the request keeps who refused and why."""


register_approval("ledger.period_reopen", on_approved=_on_reopen_approved, on_rejected=_on_reopen_rejected)
