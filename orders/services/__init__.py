"""Who does it? The only writers of orders."""

from orders.services.address import order_change_address
from orders.services.allocation import AllocationResult, order_allocate_many
from orders.services.cancel import CancelPreview, order_cancel_preview, order_cancel_units
from orders.services.channel import (
    ChannelDraft,
    ListingDraft,
    channel_save,
    listing_create_many,
    policy_create,
)
from orders.services.customer import CustomerDraft, customer_create_many, customer_save
from orders.services.edit import EditOutcome, EditPreview, order_edit, order_edit_preview
from orders.services.hold import hold_open, hold_release, hold_release_many
from orders.services.late import order_flag_late
from orders.services.merge import order_merge
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
from orders.services.preview import EntryPreview, order_preview
from orders.services.price_override import price_override, price_override_withdraw
from orders.services.progress import (
    ShippedLine,
    allocation_plan_many,
    order_record_credit_many,
    order_record_pick_many,
    order_record_release_many,
    order_record_return_many,
    order_record_shipment_many,
)
from orders.services.recheck import order_revalidate
from orders.services.refund_due import order_pay_back, refund_due_settle
from orders.services.release import (
    allocation_close_many,
    line_quantities_lower_many,
    order_cancel,
    order_release_allocation,
)
from orders.services.substitute import order_line_substitute
from orders.services.substitution import (
    SubstitutionDraft,
    price_limit_save,
    substitution_import,
    substitution_save,
)

__all__ = [
    "AllocationResult",
    "CancelPreview",
    "ChannelDraft",
    "ChargeCommand",
    "ChargeDraft",
    "CustomerDraft",
    "EditOutcome",
    "EditPreview",
    "EntryPreview",
    "LineCommand",
    "ListingDraft",
    "OrderCommand",
    "PaymentCommand",
    "PaymentDraft",
    "ReceivedOrder",
    "ShipTo",
    "ShippedLine",
    "SubstitutionDraft",
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
    "order_cancel_preview",
    "order_cancel_units",
    "order_change_address",
    "order_edit",
    "order_edit_preview",
    "order_flag_late",
    "order_line_substitute",
    "order_merge",
    "order_pay_back",
    "order_preview",
    "order_receive",
    "order_receive_many",
    "order_record_credit_many",
    "order_record_pick_many",
    "order_record_release_many",
    "order_record_return_many",
    "order_record_shipment_many",
    "order_release_allocation",
    "order_revalidate",
    "payment_capture_many",
    "payment_refund",
    "payment_refund_many",
    "policy_create",
    "price_limit_save",
    "price_override",
    "price_override_withdraw",
    "refund_due_settle",
    "substitution_import",
    "substitution_save",
]
