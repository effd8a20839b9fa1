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
from orders.services.message_template import (
    ChannelMailDraft,
    TemplateDraft,
    channel_mail_save,
    message_template_retire,
    message_template_save,
)
from orders.services.notice import (
    NoticeDraft,
    notice_resend,
    order_notice_add_many,
    order_write_to_customer,
)
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
from orders.services.subscription import (
    SubscriptionDraft,
    SubscriptionLineDraft,
    subscription_cancel,
    subscription_pause,
    subscription_resume,
    subscription_save,
    subscription_skip,
)
from orders.services.subscription_run import subscription_raise_due, subscription_run_retry

__all__ = [
    "AllocationResult",
    "ChannelDraft",
    "ChannelMailDraft",
    "ChargeCommand",
    "ChargeDraft",
    "CustomerDraft",
    "LineCommand",
    "ListingDraft",
    "NoticeDraft",
    "OrderCommand",
    "PaymentCommand",
    "PaymentDraft",
    "ReceivedOrder",
    "ShipTo",
    "ShippedLine",
    "SubscriptionDraft",
    "SubscriptionLineDraft",
    "TemplateDraft",
    "allocation_close_many",
    "allocation_plan_many",
    "channel_mail_save",
    "channel_save",
    "charge_post_many",
    "customer_create_many",
    "customer_save",
    "hold_open",
    "hold_release",
    "hold_release_many",
    "line_quantities_lower_many",
    "listing_create_many",
    "message_template_retire",
    "message_template_save",
    "notice_resend",
    "order_allocate_many",
    "order_cancel",
    "order_flag_late",
    "order_notice_add_many",
    "order_receive",
    "order_receive_many",
    "order_record_credit_many",
    "order_record_pick_many",
    "order_record_release_many",
    "order_record_return_many",
    "order_record_shipment_many",
    "order_release_allocation",
    "order_write_to_customer",
    "payment_capture_many",
    "payment_refund",
    "payment_refund_many",
    "policy_create",
    "subscription_cancel",
    "subscription_pause",
    "subscription_raise_due",
    "subscription_resume",
    "subscription_run_retry",
    "subscription_save",
    "subscription_skip",
]
