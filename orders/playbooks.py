"""Which steps on cases about orders can be done at the push of a button?"""

from __future__ import annotations

from erp.core.errors import Conflict, InvalidInput
from erp.core.models import ExceptionCase
from erp.core.pages.parts import ActionField
from erp.core.playbook_registry import REASON, Play, Playbook, Played, register_playbook
from inventory.models import Product
from orders.models import Channel, Order
from orders.services.channel_chase import channel_order_accept, channel_order_retry
from orders.services.channel_stock_send import listing_stock_set_again
from orders.services.drop_ship import drop_ship_ask_again
from orders.services.expedite import Expedited, order_expedite, order_reallocate
from orders.services.listing import sku_map_and_replay
from orders.states import OrderState


def _order_id(case: ExceptionCase) -> int:
    if case.subject_type != "orders.Order" or not case.subject_id.isdigit():
        raise Conflict("the case is not about an order", field="case", remedy="Settle it by hand.")
    return int(case.subject_id)


def _expedite(play: Play) -> Played:
    order_id = _order_id(play.case)
    done = order_expedite(order_id=order_id, actor=play.actor, at=play.at)
    return Played(f"Served first (priority {done.priority}); {_units(done)}{_still_held(order_id)}")


def _still_held(order_id: int) -> str:
    held = Order.objects.filter(pk=order_id, state=OrderState.ON_HOLD).exists()
    return " It is still on hold." if held else ""


def _units(done: Expedited) -> str:
    if not (done.assigned or done.short):
        return "it wants no stock now."
    return f"{done.assigned} units promised now, {done.short} still short."


def _reallocate(play: Play) -> Played:
    done = order_reallocate(
        order_id=_order_id(play.case),
        reason=play.reason or "promise not taken up",
        actor=play.actor,
        at=play.at,
    )
    return Played(f"Decided anew: {_units(done)}")


def _expedite_preview(case: ExceptionCase) -> str:
    return (
        "The order goes before all others for stock and for picking, and is promised what stock there is now."
    )


def _reallocate_preview(case: ExceptionCase) -> str:
    return "What is promised and not taken up goes back to the shelf, and the best node is chosen again."


def _ask_again(play: Play) -> Played:
    units = drop_ship_ask_again(
        order_id=_order_id(play.case), reason=play.reason, actor=play.actor, at=play.at
    )
    return Played(f"Purchasing is asked for {units} units again.")


def _set_again(play: Play) -> Played:
    if play.case.subject_type != "orders.ListingStock" or not play.case.subject_id.isdigit():
        raise Conflict("the case is not about a listing", field="case", remedy="Settle it by hand.")
    listing_stock_set_again(
        listing_stock_ids=[int(play.case.subject_id)], reason=play.reason, actor=play.actor, at=play.at
    )
    return Played("The channel is told the computed quantity again.")


for kind in ("SYNC_DRIFT", "SYNC_REFUSED"):
    register_playbook(
        Playbook(
            kind, "set_again", "Set it again", "orders.channel_sync", "orders.listing_stock_set_again", _set_again,
            lambda case: "The channel is told the computed quantity, whatever it shows now.", (REASON,), icon="rotate-cw",
        )
    )  # fmt: skip
for kind in ("ORDER_LATE", "SLA_RISK"):
    register_playbook(
        Playbook(kind, "expedite", "Serve it first", "orders.allocate", "orders.order_expedite", _expedite,
                 _expedite_preview, icon="zap")
    )  # fmt: skip
for kind in ("RESERVATION_UNFULFILLED", "PROMISE_UNUSED"):
    register_playbook(
        Playbook(kind, "reallocate", "Allocate it again", "orders.allocate", "orders.order_reallocate", _reallocate,
                 _reallocate_preview, (REASON,), icon="route")
    )  # fmt: skip
register_playbook(
    Playbook(
        "DROPSHIP_REFUSED", "ask_again", "Ask suppliers again", "procurement.edit", "orders.drop_ship_ask_again", _ask_again,
        lambda case: "The supplier whose terms allow it now gets a purchase order for what is still short.", (REASON,),
        icon="truck",
    )
)  # fmt: skip


def _channel_order_id(case: ExceptionCase) -> int:
    if case.subject_type != "orders.ChannelOrder" or not case.subject_id.isdigit():
        raise Conflict("the case is not about a channel's order", field="case", remedy="Settle it by hand.")
    return int(case.subject_id)


def _follow(play: Play) -> Played:
    pending = channel_order_retry(channel_order_id=_channel_order_id(play.case), actor=play.actor, at=play.at)
    if pending:
        return Played(f"Still pending: {' · '.join(pending)[:250]}", settles=False)
    return Played("Our order follows its channel's now.")


def _accept(play: Play) -> Played:
    pending = channel_order_accept(
        channel_order_id=_channel_order_id(play.case), reason=play.reason, actor=play.actor, at=play.at
    )
    if pending:
        return Played(f"Still pending: {' · '.join(pending)[:250]}", settles=False)
    return Played("Our order stands as it is.")


register_playbook(
    Playbook(
        "CHANNEL_ORDER_STUCK", "follow", "Try again", "orders.edit", "orders.channel_order_retry", _follow,
        lambda case: "What our order lacks of what its channel says is tried once more.", icon="rotate-cw",
    )
)  # fmt: skip
register_playbook(
    Playbook(
        "CHANNEL_ORDER_STUCK", "accept", "Accept ours", "orders.edit", "orders.channel_order_accept", _accept,
        lambda case: "Our order stays as it is, and the channel's newest version counts as followed. Money is never taken for "
        "granted: a payment that could not be recorded stays pending.",
        (REASON,), icon="check",
    )
)  # fmt: skip


def _map(play: Play) -> Played:
    detail = play.case.detail if isinstance(play.case.detail, dict) else {}
    skus = (detail.get("detail") or {}).get("skus") or []
    if len(skus) != 1:
        raise Conflict(
            f"{len(skus)} SKUs are unknown", field="case", remedy="Map them on the page of unknown SKUs."
        )
    channel = Channel.objects.filter(code=detail.get("channel", "")).first()
    product = Product.objects.filter(sku__iexact=play.inputs.get("sku", "").strip()).first()
    if channel is None or product is None:
        raise InvalidInput("there is no such product", field="sku", remedy="Enter one of our SKUs.")
    done = sku_map_and_replay(
        channel_id=channel.pk,
        channel_sku=str(skus[0]),
        product_id=product.pk,
        reason=play.reason,
        actor=play.actor,
        at=play.at,
    )
    play.case.refresh_from_db()
    told = f"“{skus[0]}” means {product} at {channel} now"
    return Played(
        f"{told}; {done.replay} says what became of what waited." if done.replay else f"{told}.",
        settles=False,
    )


register_playbook(
    Playbook(
        "ORDER_UNKNOWN_SKU", "map", "Map it and replay", "orders.listing_edit", "orders.sku_map_and_replay", _map,
        lambda case: "The SKU means the product that you name from now on, and what waited for it is handled again.",
        (ActionField("sku", "Our SKU"),), icon="link",
    )
)  # fmt: skip
