"""Does a test that commits leave an empty database behind, although the journals refuse to be emptied?"""

import pytest

from inventory.models import StockEvent
from tests.cast import company_create, stock_in


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_journals_are_empty_after_a_test_that_commits(turn: int) -> None:
    company = company_create()
    stock_in(company, company.mug, turn)
    assert StockEvent.objects.count() == 1
