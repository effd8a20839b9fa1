"""Which rows does the order side keep?"""

from orders.models.allocation import Allocation, AllocationDecision, AllocationPolicy
from orders.models.channel import Channel, Listing
from orders.models.customer import Customer
from orders.models.notice import ChannelMail, MessageTemplate
from orders.models.order import Hold, Order, OrderCharge, OrderLine
from orders.models.payment import Payment
from orders.models.subscription import Subscription, SubscriptionLine, SubscriptionRun

__all__ = [
    "Allocation",
    "AllocationDecision",
    "AllocationPolicy",
    "Channel",
    "ChannelMail",
    "Customer",
    "Hold",
    "Listing",
    "MessageTemplate",
    "Order",
    "OrderCharge",
    "OrderLine",
    "Payment",
    "Subscription",
    "SubscriptionLine",
    "SubscriptionRun",
]
