"""Which promises can not be kept, and does somebody know?"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils.timezone import localtime

from erp.core.models import User
from erp.core.money import ZERO
from erp.core.services.exception_case import CaseDraft, exception_mirror
from orders.selectors.promise import promises_at_risk, supplies_at_risk


def promise_flag_at_risk(*, actor: User, at: datetime) -> int:
    """This function will keep one case open per document whose promises can not be kept; returns how many there are.

    Money at risk is the value of the promised units in the base currency. It is settled when the promises were kept, renewed
    or called off.
    """
    risks = promises_at_risk(today=localtime(at).date())
    drafts = []
    for supply in supplies_at_risk(risks):
        value = sum(
            (
                risk.value
                for risk in risks
                if (risk.document_type or "", risk.document_id or 0)
                == (supply.document_type, supply.document_id)
                and risk.currency == settings.KEEL_BASE_CURRENCY
            ),
            ZERO,
        )
        subject = (supply.document_type or "orders.Promise", str(supply.document_id))
        drafts.append(
            CaseDraft(
                "PROMISE_AT_RISK", *subject,
                f"{supply.reference}: {supply.promises} promises of {len(supply.orders)} orders can not be kept",
                {"supply": supply.reference, "units": supply.units, "days_late": supply.worst}, value,
            )
        )  # fmt: skip
    return exception_mirror(
        kind="PROMISE_AT_RISK", drafts=drafts, resolution="orders.promise_flag_at_risk",
        reason="Its promises were kept, renewed or called off.", actor=actor, at=at,
    )  # fmt: skip
