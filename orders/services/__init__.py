"""Who does it? The only writers of orders."""

from orders.services.allocation import AllocationResult, order_allocate_many
from orders.services.channel import (
    ChannelDraft,
    ListingDraft,
    channel_save,
    listing_create_many,
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
from orders.services.policy import (
    PolicyDraft,
    RuleDraft,
    freight_rate_save,
    policy_create,
    policy_draft,
    policy_edit,
    policy_retire,
    policy_submit,
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
from orders.services.promise import promise_fit_many, promise_settle
from orders.services.promise_watch import promise_flag_at_risk
from orders.services.rehearsal import rehearsal_run, rehearsal_start
from orders.services.release import (
    allocation_close_many,
    line_quantities_lower_many,
    order_cancel,
    order_release_allocation,
)
from orders.services.rescue import Rescue, RescueResult, promise_rescue_many
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
    "PolicyDraft",
    "ReceivedOrder",
    "Rescue",
    "RescueResult",
    "ReservationDraft",
    "ReservationShort",
    "RuleDraft",
    "ShipTo",
    "ShippedLine",
    "TemplateDraft",
    "allocation_close_many",
    "allocation_plan_many",
    "channel_mail_save",
    "channel_save",
    "charge_post_many",
    "customer_create_many",
    "customer_save",
    "freight_rate_save",
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
    "policy_draft",
    "policy_edit",
    "policy_retire",
    "policy_submit",
    "promise_fit_many",
    "promise_flag_at_risk",
    "promise_rescue_many",
    "promise_settle",
    "rehearsal_run",
    "rehearsal_start",
    "reservation_create",
    "reservation_expire",
    "reservation_extend",
    "reservation_hand_over_many",
    "reservation_release",
    "reservation_report_short",
]
