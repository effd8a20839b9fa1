"""Which rows does the order side keep?"""

from orders.models.allocation import Allocation, AllocationDecision, AllocationPolicy
from orders.models.channel import Channel, Listing
from orders.models.check import CheckPolicy, TaxExpectation
from orders.models.customer import CreditLimitChange, Customer
from orders.models.hold import Hold, HoldRule
from orders.models.order import Order, OrderCharge, OrderLine
from orders.models.payment import Payment
from orders.models.price_list import ContractPrice, PriceList, PriceListAssignment, PriceListEntry
from orders.models.risk import OrderRisk, RiskListEntry, RiskRule

__all__ = [
    "Allocation",
    "AllocationDecision",
    "AllocationPolicy",
    "Channel",
    "CheckPolicy",
    "ContractPrice",
    "CreditLimitChange",
    "Customer",
    "Hold",
    "HoldRule",
    "Listing",
    "Order",
    "OrderCharge",
    "OrderLine",
    "OrderRisk",
    "Payment",
    "PriceList",
    "PriceListAssignment",
    "PriceListEntry",
    "RiskListEntry",
    "RiskRule",
    "TaxExpectation",
]
