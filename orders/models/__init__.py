"""Which rows does the order side keep?"""

from orders.models.allocation import Allocation, AllocationDecision, AllocationPolicy
from orders.models.channel import Channel, Listing
from orders.models.customer import Customer
from orders.models.order import Hold, Order, OrderCharge, OrderLine
from orders.models.payment import Payment
from orders.models.price_list import ContractPrice, PriceList, PriceListAssignment, PriceListEntry

__all__ = [
    "Allocation",
    "AllocationDecision",
    "AllocationPolicy",
    "Channel",
    "ContractPrice",
    "Customer",
    "Hold",
    "Listing",
    "Order",
    "OrderCharge",
    "OrderLine",
    "Payment",
    "PriceList",
    "PriceListAssignment",
    "PriceListEntry",
]
