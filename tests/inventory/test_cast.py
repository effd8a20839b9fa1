"""Is the cast complete, and may each of them do what their role says?"""

from inventory.models import BinStock, StockLevel
from tests.cast import Company, stock_in


def test_company_is_ready_to_trade(company: Company) -> None:
    assert company.pia.may("fulfillment.pick")
    assert not company.pia.may("ledger.post")
    assert company.ada.may("core.admin")
    assert not company.otto.may("core.view")


def test_stock_in_fills_the_first_bin(company: Company) -> None:
    stock_in(company, company.mug, 5)
    assert StockLevel.objects.get(product=company.mug, node=company.north, status="AVAILABLE").quantity == 5
    assert BinStock.objects.get(location=company.bins[0]).quantity == 5
