"""Which rows does the order side keep?"""

from orders.models.allocation import Allocation, AllocationDecision, AllocationPolicy
from orders.models.channel import Channel, Listing
from orders.models.customer import Customer
from orders.models.kit import OrderKit
from orders.models.order import Hold, Order, OrderCharge, OrderLine
from orders.models.payment import Payment
from orders.models.reservation import Reservation, ReservationLine

__all__ = [
    "Allocation",
    "AllocationDecision",
    "AllocationPolicy",
    "Channel",
    "Customer",
    "Hold",
    "Listing",
    "Order",
    "OrderCharge",
    "OrderKit",
    "OrderLine",
    "Payment",
    "Reservation",
    "ReservationLine",
]
