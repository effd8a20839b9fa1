"""Which rows does the order side keep?"""

from orders.models.allocation import Allocation, AllocationDecision
from orders.models.change import CancelReason, OrderChange, PendingEdit, PriceLimit
from orders.models.channel import Channel, Listing
from orders.models.channel_order import ChannelFact, ChannelOrder
from orders.models.channel_out import (
    ChannelBreaker,
    ChannelPublication,
    ChannelSync,
    ChannelTally,
    ListingStock,
)
from orders.models.check import CheckPolicy, TaxExpectation
from orders.models.connection import Connection, ConnectionSecret, RefusalCount, RefusedDelivery
from orders.models.customer import CreditLimitChange, Customer
from orders.models.drop_ship import DropShip
from orders.models.edi import EdiCounter, EdiInterchange, EdiMessage
from orders.models.hold import Hold, HoldRule
from orders.models.kit import OrderKit
from orders.models.notice import ChannelMail, MessageTemplate
from orders.models.order import Order, OrderCharge, OrderLine
from orders.models.payment import Payment
from orders.models.policy import AllocationPolicy, AllocationRule, FreightRate
from orders.models.price_list import ContractPrice, PriceList, PriceListAssignment, PriceListEntry
from orders.models.promise import Promise
from orders.models.rehearsal import Rehearsal, RehearsalOrder, RehearsalTotal
from orders.models.reservation import Reservation, ReservationLine
from orders.models.risk import OrderRisk, RiskListEntry, RiskRule
from orders.models.subscription import Subscription, SubscriptionLine, SubscriptionRun
from orders.models.substitution import Substitution

__all__ = [
    "Allocation",
    "AllocationDecision",
    "AllocationPolicy",
    "AllocationRule",
    "CancelReason",
    "Channel",
    "ChannelBreaker",
    "ChannelFact",
    "ChannelMail",
    "ChannelOrder",
    "ChannelPublication",
    "ChannelSync",
    "ChannelTally",
    "CheckPolicy",
    "Connection",
    "ConnectionSecret",
    "ContractPrice",
    "CreditLimitChange",
    "Customer",
    "DropShip",
    "EdiCounter",
    "EdiInterchange",
    "EdiMessage",
    "FreightRate",
    "Hold",
    "HoldRule",
    "Listing",
    "ListingStock",
    "MessageTemplate",
    "Order",
    "OrderChange",
    "OrderCharge",
    "OrderKit",
    "OrderLine",
    "OrderRisk",
    "Payment",
    "PendingEdit",
    "PriceLimit",
    "PriceList",
    "PriceListAssignment",
    "PriceListEntry",
    "Promise",
    "RefusalCount",
    "RefusedDelivery",
    "Rehearsal",
    "RehearsalOrder",
    "RehearsalTotal",
    "Reservation",
    "ReservationLine",
    "RiskListEntry",
    "RiskRule",
    "Subscription",
    "SubscriptionLine",
    "SubscriptionRun",
    "Substitution",
    "TaxExpectation",
]
