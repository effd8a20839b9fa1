"""Who does it? The only writers of orders."""

from orders.services.address import order_change_address
from orders.services.allocation import AllocationResult, order_allocate_many
from orders.services.cancel import CancelPreview, order_cancel_preview, order_cancel_units
from orders.services.channel import ChannelDraft, ListingDraft, channel_save, listing_create_many
from orders.services.command import ChargeCommand, LineCommand, OrderCommand, PaymentCommand, ShipTo
from orders.services.credit import customer_credit_change
from orders.services.customer import CustomerDraft, customer_create_many, customer_save
from orders.services.edit import EditOutcome, EditPreview, order_edit, order_edit_preview
from orders.services.hold import (
    hold_extend,
    hold_open,
    hold_reassign,
    hold_reject,
    hold_release,
    hold_release_many,
    hold_release_paid,
)
from orders.services.hold_clock import hold_escalate
from orders.services.intake import order_take_in
from orders.services.late import order_flag_late
from orders.services.merge import order_merge
from orders.services.message_template import (
    ChannelMailDraft,
    TemplateDraft,
    channel_mail_save,
    message_template_retire,
    message_template_save,
)
from orders.services.notice import NoticeDraft, notice_resend, order_notice_add_many, order_write_to_customer
from orders.services.order import ReceivedOrder, order_receive, order_receive_many
from orders.services.pay_back import order_pay_back
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
from orders.services.preview import EntryPreview, order_preview
from orders.services.price_list import (
    EntryDraft,
    PriceListDraft,
    contract_price_delete,
    contract_price_save,
    price_entry_delete,
    price_entry_save,
    price_list_assign,
    price_list_save,
    price_list_unassign,
)
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
from orders.services.promise import promise_fit_many, promise_settle
from orders.services.promise_watch import promise_flag_at_risk
from orders.services.refund_due import refund_due_settle
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
from orders.services.revalidate import Revalidated, hold_release_met, order_revalidate
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
from orders.services.substitute import order_line_substitute
from orders.services.substitution import (
    SubstitutionDraft,
    price_limit_save,
    substitution_save,
)

__all__ = [
    "AllocationResult",
    "CancelPreview",
    "ChannelDraft",
    "ChannelMailDraft",
    "ChargeCommand",
    "ChargeDraft",
    "CustomerDraft",
    "EditOutcome",
    "EditPreview",
    "EntryDraft",
    "EntryPreview",
    "LineCommand",
    "ListingDraft",
    "NoticeDraft",
    "OrderCommand",
    "PaymentCommand",
    "PaymentDraft",
    "PolicyDraft",
    "PriceListDraft",
    "ReceivedOrder",
    "Rescue",
    "RescueResult",
    "ReservationDraft",
    "ReservationShort",
    "Revalidated",
    "RuleDraft",
    "ShipTo",
    "ShippedLine",
    "SubscriptionDraft",
    "SubscriptionLineDraft",
    "SubstitutionDraft",
    "TemplateDraft",
    "allocation_close_many",
    "allocation_plan_many",
    "channel_mail_save",
    "channel_save",
    "charge_post_many",
    "contract_price_delete",
    "contract_price_save",
    "customer_create_many",
    "customer_credit_change",
    "customer_save",
    "freight_rate_save",
    "hold_escalate",
    "hold_extend",
    "hold_open",
    "hold_reassign",
    "hold_reject",
    "hold_release",
    "hold_release_many",
    "hold_release_met",
    "hold_release_paid",
    "line_quantities_lower_many",
    "listing_create_many",
    "message_template_retire",
    "message_template_save",
    "notice_resend",
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
    "order_notice_add_many",
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
    "order_take_in",
    "order_write_to_customer",
    "payment_capture_many",
    "payment_refund",
    "payment_refund_many",
    "policy_create",
    "policy_draft",
    "policy_edit",
    "policy_retire",
    "policy_submit",
    "price_entry_delete",
    "price_entry_save",
    "price_limit_save",
    "price_list_assign",
    "price_list_save",
    "price_list_unassign",
    "price_override",
    "price_override_withdraw",
    "promise_fit_many",
    "promise_flag_at_risk",
    "promise_rescue_many",
    "promise_settle",
    "refund_due_settle",
    "rehearsal_run",
    "rehearsal_start",
    "reservation_create",
    "reservation_expire",
    "reservation_extend",
    "reservation_hand_over_many",
    "reservation_release",
    "reservation_report_short",
    "subscription_cancel",
    "subscription_pause",
    "subscription_raise_due",
    "subscription_resume",
    "subscription_run_retry",
    "subscription_save",
    "subscription_skip",
    "substitution_save",
]
