"""Who posts credit notes, and who pays back what customers have paid too much?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction

from erp.core.errors import IllegalTransition
from erp.core.models import User
from erp.core.services.state import change_state_many
from erp.core.sql import Statements, array, cents, query, unnest
from ledger.services import journal_entry_post_many
from orders.services import NoticeDraft, PaymentDraft, order_notice_add_many, payment_refund_many
from orders.services.progress import order_record_credit_many
from orders.services.publish import RefundOut, channel_refund_add_many
from returns import postings
from returns.locks import lock_refunds
from returns.models import Refund
from returns.services.rma import rma_close_settled
from returns.states import RefundState as S

_CREDITS = """
SELECT f.id, f.number, f.amount, f.tax_amount, o.id, o.currency, o.channel_id, r.node_id, coalesce(u.segment, ''),
       coalesce((SELECT sum(jl.base_debit) / sum(jl.debit) FROM fulfillment_shipment s
                   JOIN ledger_journalentry e ON e.source_type = 'fulfillment.Shipment' AND e.source_id = s.id
                   JOIN ledger_journalline jl ON jl.entry_id = e.id AND jl.currency = o.currency AND jl.debit > 0
                   JOIN ledger_account a ON a.id = jl.account_id AND a.role = 'RECEIVABLE'
                  WHERE s.order_id = o.id AND o.currency <> %s), 1)
  FROM returns_refund f JOIN returns_rma r ON r.id = f.rma_id JOIN orders_order o ON o.id = f.order_id
  LEFT JOIN orders_customer u ON u.id = o.customer_id
 WHERE f.id = ANY(%s::bigint[]) ORDER BY f.id
"""


def credit_post(refund_ids: Sequence[int], *, actor: User, at: datetime) -> None:
    """This function will post the credit notes of refunds just approved, and lower what their orders owe."""
    if not refund_ids:
        return
    rows = query(_CREDITS, [settings.KEEL_BASE_CURRENCY, array(sorted(refund_ids), "bigint")])
    amounts: dict[int, Decimal] = {}
    for row in rows:
        amounts[row[4]] = amounts.get(row[4], Decimal(0)) + row[2]
    batch = Statements()
    order_record_credit_many(amounts, statements=batch)
    journal_entry_post_many(
        [
            postings.refund_credited(
                refund_id=pk, number=number, currency=currency, rate=Decimal(rate), amount=amount, tax_amount=tax,
                node_id=node, channel_id=channel, customer_segment=segment, posting_date=at.date(),
            )
            for pk, number, amount, tax, _, currency, channel, node, segment, rate in rows
        ],
        actor=actor, statements=batch,
    )  # fmt: skip
    batch.run()


# What we owe the customer of an order: paid and not paid back, less what is invoiced and not credited.
_OWED = """
SELECT f.id, o.id, o.amount_paid - o.amount_refunded - (o.amount_invoiced - o.amount_credited),
       o.amount_paid - o.amount_refunded,
       coalesce((SELECT p.provider FROM orders_payment p WHERE p.order_id = o.id AND NOT p.is_refund
                  ORDER BY p.id DESC LIMIT 1), 'manual')
  FROM returns_refund f JOIN orders_order o ON o.id = f.order_id
 WHERE f.id = ANY(%s::bigint[]) ORDER BY f.id FOR NO KEY UPDATE OF o
"""


@transaction.atomic
def refund_pay_many(refund_ids: Sequence[int], *, actor: User, at: datetime) -> None:
    """This function will settle approved refunds: pay back what the customer has paid too much, and close settled RMAs.

    An order that was not paid yet gets no money back: its credit note has lowered what is owed. IllegalTransition
    unless all are APPROVED.
    """
    refunds = lock_refunds(refund_ids)
    for refund in refunds.values():
        if refund.state != S.APPROVED:
            raise IllegalTransition(
                f"{refund} is {refund.state}",
                field="state",
                remedy="Only an approved refund is paid, and only once.",
            )
    if not refunds:
        return
    owed: dict[int, Decimal] = {}
    paid: dict[int, Decimal] = {}
    providers: dict[int, str] = {}
    for pk, order_id, too_much, held, provider in query(_OWED, [array(sorted(refunds), "bigint")]):
        open_amount = owed.setdefault(order_id, min(max(too_much, Decimal(0)), held))
        paid[pk] = min(refunds[pk].amount, open_amount)
        owed[order_id] -= paid[pk]
        providers[pk] = provider
    payment_refund_many(
        [
            PaymentDraft(refunds[pk].order_id, providers[pk], f"refund:{refunds[pk].number}", amount)
            for pk, amount in paid.items()
            if amount
        ],
        actor=actor,
        at=at,
    )
    channel_refund_add_many(
        [
            RefundOut(
                refunds[pk].order_id, providers[pk], f"refund:{refunds[pk].number}", amount, "goods came back"
            )
            for pk, amount in paid.items()
            if amount
        ]
    )
    batch = Statements()
    source, parameters = unnest(
        {"id": "bigint", "paid": "numeric"}, [(pk, cents(amount)) for pk, amount in sorted(paid.items())]
    )
    batch.demand(
        f"UPDATE returns_refund f SET amount_paid = v.paid FROM {source} WHERE f.id = v.id RETURNING 1",
        parameters,
        len(paid),
        "returns.Refund paid",
    )
    change_state_many(
        Refund, list(refunds), source=S.APPROVED, to=S.PAID, actor=actor, at=at, action="returns.refund_pay",
        fields={"paid_at": at}, statements=batch,
    )  # fmt: skip
    told = [
        NoticeDraft(
            refund.order_id, refund.number,
            {"refund": refund.number, "amount": f"{refund.amount:f}", "amount_paid": f"{paid[pk]:f}"},
        )
        for pk, refund in refunds.items()
    ]  # fmt: skip
    order_notice_add_many("ORDER_REFUNDED", told, at=at, statements=batch)
    batch.run()
    rma_close_settled(
        {refund.rma_id for refund in refunds.values()}, action="returns.refund_pay", actor=actor, at=at
    )


def refund_pay(*, refund_id: int, actor: User, at: datetime) -> Refund:
    """This function will settle one approved refund (see `refund_pay_many`) and return it."""
    refund_pay_many([refund_id], actor=actor, at=at)
    return Refund.objects.get(pk=refund_id)
