"""Answers: is a count that differs by much told once, and a small one never?"""

from decimal import Decimal

import pytest

from erp.core.models import ExceptionCase
from erp.core.services.exception_case import exception_resolve
from inventory.services import AdjustmentDraft, AdjustmentLineDraft, adjustment_record_many
from inventory.services.count_variance import count_variance_flag
from tests.cast import NOW, Company, stock_in

pytestmark = pytest.mark.django_db


def counted(company: Company, delta: int, reason: str = "COUNT") -> None:
    """Book a count of mugs that differs by `delta`."""
    line = AdjustmentLineDraft(company.mug.pk, delta, "AVAILABLE", company.bins[0].pk, None, Decimal(4))
    adjustment_record_many(
        drafts=[AdjustmentDraft(company.north.pk, reason, [line])], actor=company.pia, at=NOW
    )


def test_a_large_difference_is_told_once_and_a_small_or_other_one_never(company: Company) -> None:
    stock_in(company, company.mug, 500)
    counted(company, -62)
    counted(company, -63, "LOST")
    assert count_variance_flag(actor=company.system, at=NOW) == 0
    counted(company, -63)
    assert count_variance_flag(actor=company.system, at=NOW) == 1
    case = ExceptionCase.objects.get()
    assert (case.money_at_risk, case.cause, case.detail["units"]) == (Decimal(252), "sku:MUG|node:NORTH", 63)
    exception_resolve(
        case_id=case.pk, resolution="manual", reason="Counted again", actor=company.olga, at=NOW
    )
    assert count_variance_flag(actor=company.system, at=NOW) == 0
    assert ExceptionCase.objects.count() == 1
