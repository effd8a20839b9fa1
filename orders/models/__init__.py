"""Which rows does the order side keep?"""

from orders.models.allocation import Allocation, AllocationDecision, AllocationPolicy
from orders.models.change import CancelReason, OrderChange, PendingEdit, PriceLimit
from orders.models.channel import Channel, Listing
from orders.models.customer import Customer
from orders.models.order import Hold, Order, OrderCharge, OrderLine
from orders.models.payment import Payment
from orders.models.substitution import Substitution

__all__ = [
    "Allocation",
    "AllocationDecision",
    "AllocationPolicy",
    "CancelReason",
    "Channel",
    "Customer",
    "Hold",
    "Listing",
    "Order",
    "OrderChange",
    "OrderCharge",
    "OrderLine",
    "Payment",
    "PendingEdit",
    "PriceLimit",
    "Substitution",
]
