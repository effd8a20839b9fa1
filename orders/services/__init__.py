"""Who does it? The only writers of orders."""

from orders.services.allocation import AllocationResult, order_allocate_many
from orders.services.channel import (
    ChannelDraft,
    ListingDraft,
    channel_save,
    listing_create_many,
    policy_create,
)
from orders.services.customer import CustomerDraft, customer_create_many, customer_save
from orders.services.hold import hold_open, hold_release, hold_release_many
from orders.services.late import order_flag_late
from orders.services.order import (
    ChargeCommand,
    LineCommand,
    OrderCommand,
    PaymentCommand,
    ReceivedOrder,
    ShipTo,
    order_receive,
    order_receive_many,
)
from orders.services.payment import (
    ChargeDraft,
    PaymentDraft,
    charge_post_many,
    payment_capture_many,
    payment_refund,
    payment_refund_many,
)
from orders.services.progress import (
    ShippedLine,
    allocation_plan_many,
    order_record_credit_many,
    order_record_pick_many,
    order_record_release_many,
    order_record_return_many,
    order_record_shipment_many,
)
from orders.services.release import (
    allocation_close_many,
    line_quantities_lower_many,
    order_cancel,
    order_release_allocation,
)
from orders.services.reservation import (
    ReservationDraft,
    ReservationShort,
    reservation_create,
    reservation_expire,
    reservation_extend,
    reservation_release,
)
from orders.services.reservation_hand_over import reservation_hand_over_many, reservation_report_short

__all__ = [
    "AllocationResult",
    "ChannelDraft",
    "ChargeCommand",
    "ChargeDraft",
    "CustomerDraft",
    "LineCommand",
    "ListingDraft",
    "OrderCommand",
    "PaymentCommand",
    "PaymentDraft",
    "ReceivedOrder",
    "ReservationDraft",
    "ReservationShort",
    "ShipTo",
    "ShippedLine",
    "allocation_close_many",
    "allocation_plan_many",
    "channel_save",
    "charge_post_many",
    "customer_create_many",
    "customer_save",
    "hold_open",
    "hold_release",
    "hold_release_many",
    "line_quantities_lower_many",
    "listing_create_many",
    "order_allocate_many",
    "order_cancel",
    "order_flag_late",
    "order_receive",
    "order_receive_many",
    "order_record_credit_many",
    "order_record_pick_many",
    "order_record_release_many",
    "order_record_return_many",
    "order_record_shipment_many",
    "order_release_allocation",
    "payment_capture_many",
    "payment_refund",
    "payment_refund_many",
    "policy_create",
    "reservation_create",
    "reservation_expire",
    "reservation_extend",
    "reservation_hand_over_many",
    "reservation_release",
    "reservation_report_short",
]
