"""Answers: what do customers, channels and the order desk do to orders, carts and promises, all at the same time?"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from fulfillment.models import FulfillmentOrder
from fulfillment.services import (
    fulfillment_cancel,
    fulfillment_pack_many,
    fulfillment_pick_many,
    fulfillment_release_many,
    fulfillment_ship_through_many,
    shipment_confirm_many,
)
from orders.editing import Edit, LineAdd, LineEdit
from orders.models import Hold, Order, OrderLine, Promise
from orders.services import (
    LineCommand,
    OrderCommand,
    PaymentCommand,
    Rescue,
    ReservationDraft,
    ShipTo,
    hold_open,
    hold_release,
    order_allocate_many,
    order_cancel,
    order_change_address,
    order_edit,
    order_line_substitute,
    order_merge,
    order_receive,
    order_release_allocation,
    order_revalidate,
    order_take_in,
    promise_rescue_many,
    promise_settle,
    reservation_create,
    reservation_expire,
    reservation_extend,
    reservation_release,
)
from orders.services.expedite import order_expedite, order_reallocate
from orders.services.substitute_short import order_substitute_short
from tests.mixed.world import KITS, Turn

HOME = ShipTo("Carol Customer", "1 High Street", "Leeds", "LS1 1AA", "GB")
AWAY = ShipTo("Carol Customer", "2 Low Street", "Leeds", "LS1 1AB", "GB")
REASON = "as the dice say"


def _wishes(turn: Turn) -> list[tuple[str, int]]:
    """One to four products in no order, now and then a kit."""
    dice, world = turn.dice, turn.world
    wishes = [
        (world.skus[product], dice.choice((1, 1, 2, 3, 8)))
        for product in dice.sample(world.products, dice.randint(1, 4))
    ]
    if dice.random() < 0.2:
        wishes.insert(dice.randrange(len(wishes) + 1), (dice.choice(KITS)[0], dice.randint(1, 2)))
    return wishes


def _take_in(turn: Turn, wishes: list[tuple[str, int]], key: str = "") -> None:
    dice, world = turn.dice, turn.world
    is_web = bool(key) or dice.random() < 0.4
    total = sum((Decimal(10 * units) for _, units in wishes), Decimal(0))
    pays = is_web and dice.random() < 0.9
    command = OrderCommand(
        channel="web" if is_web else "wholesale", external_id=f"X-{turn.number}", ordered_at=turn.at, currency="GBP",
        lines=[LineCommand(sku, units, Decimal(10)) for sku, units in wishes], body=f"order {turn.number}",
        customer_number="C-CAROL", email="carol@example.com", ship_to=HOME, ships_complete=dice.random() < 0.15,
        payment=PaymentCommand("card", f"P-{turn.number}", total) if pays else None, reservation_key=key,
        priority=dice.choice((0, 0, 0, 5)),
    )  # fmt: skip
    receive_ = (
        order_take_in if dice.random() < 0.7 else order_receive
    )  # as the API does it, and as a file does
    received = receive_(command, actor=world.company.system, at=turn.at)
    if received.error is not None:
        raise received.error
    if received.order_id is not None:
        world.orders.append(received.order_id)


def receive(turn: Turn) -> None:
    """A channel sends an order; mostly it is promised stock in the same transaction."""
    _take_in(turn, _wishes(turn))


def reserve(turn: Turn) -> None:
    """A shop keeps a cart."""
    draft = ReservationDraft("web", f"C-{turn.number}", _wishes(turn), turn.dice.randint(60, 900), "GB")
    cart, _ = reservation_create(draft, actor=turn.world.company.system, at=turn.at)
    turn.world.carts.append(cart.pk)
    turn.world.keys.append(draft.key)


def order_cart(turn: Turn) -> None:
    """The cart becomes an order; who took the key first has it."""
    keys = turn.world.keys
    if not keys:
        return reserve(turn)
    return _take_in(turn, _wishes(turn), keys[-turn.dice.randint(1, min(8, len(keys)))])


def extend(turn: Turn) -> None:
    """A cart is kept for longer."""
    ask = {"ttl_seconds": turn.dice.randint(60, 900), "actor": turn.world.company.system, "at": turn.at}
    reservation_extend(reservation_id=turn.one(turn.world.carts, 20), **ask)


def let_go(turn: Turn) -> None:
    """A cart is emptied, or those whose time is over are."""
    actor = turn.world.company.system
    if turn.dice.random() < 0.5:
        reservation_expire(actor=actor, at=turn.at)
    else:
        reservation_release(reservation_id=turn.one(turn.world.carts, 20), actor=actor, at=turn.at)


def allocate(turn: Turn) -> None:
    """Orders are promised stock: named ones, a sweep, or a sweep for what has just come."""
    actor, dice = turn.world.company.olga, turn.dice
    if dice.random() < 0.6:
        order_allocate_many(order_ids=turn.some(turn.world.orders, 8), actor=actor, at=turn.at)
    else:
        products = dice.sample(turn.world.products, 3) if dice.random() < 0.5 else None
        order_allocate_many(product_ids=products, limit=40, actor=actor, at=turn.at)


def take_back(turn: Turn) -> None:
    """A promise is taken back, decided anew, or put before the others."""
    act = turn.dice.choice((order_release_allocation, order_reallocate, order_expedite))
    act(order_id=turn.one(turn.world.orders), reason=REASON, actor=turn.world.company.olga, at=turn.at)


def edit(turn: Turn) -> None:
    """A line gets more or fewer units, or a line is added."""
    dice = turn.dice
    order = turn.one(turn.world.orders)
    lines = list(OrderLine.objects.filter(order=order).values_list("pk", flat=True))
    edits = [
        LineEdit(pk, dice.randint(0, 6)) for pk in dice.sample(lines, dice.randint(0, min(2, len(lines))))
    ]
    added = [LineAdd(turn.world.skus[dice.choice(turn.world.products)], dice.randint(1, 3))] * (
        dice.random() < 0.4
    )
    order_edit(
        order_id=order, edit=Edit(edits, added), reason=REASON, actor=turn.world.company.ada, at=turn.at
    )


def cancel(turn: Turn) -> None:
    """A whole order is called off, or units of its lines."""
    order = turn.one(turn.world.orders)
    wanted = None
    if turn.dice.random() < 0.7:
        lines = list(OrderLine.objects.filter(order=order).values_list("pk", "quantity_ordered"))
        wanted = {
            pk: turn.dice.randint(1, units) for pk, units in turn.dice.sample(lines, min(2, len(lines)))
        }
    order_cancel(order_id=order, quantities=wanted, reason=REASON, actor=turn.world.company.cora, at=turn.at)


def hold(turn: Turn) -> None:
    """An order is put on hold, or one that is goes on."""
    actor = turn.world.company.ada
    found = list(Hold.objects.filter(state="OPEN").order_by("-pk").values_list("pk", flat=True)[:20])
    if found and turn.dice.random() < 0.6:
        hold_release(hold_id=turn.dice.choice(found), reason=REASON, actor=actor, at=turn.at)
    else:
        hold_open(order_id=turn.one(turn.world.orders), kind="MANUAL", reason=REASON, actor=actor, at=turn.at)


def substitute(turn: Turn) -> None:
    """Units are replaced: by a person, or by the rules where they are short."""
    company = turn.world.company
    if turn.dice.random() < 0.5:
        order_substitute_short(order_ids=turn.some(turn.world.orders, 5), actor=company.system, at=turn.at)
        return
    rules = {
        turn.world.products[one - 1]: turn.world.products[other - 1]
        for one, other in ((1, 2), (4, 3), (6, 9), (10, 8))
    }
    lines = OrderLine.objects.filter(order__in=turn.world.orders[-120:], product__in=rules, order__state__in=(
        "CONFIRMED", "ALLOCATED")).values_list("pk", "product_id")  # fmt: skip
    if found := list(lines):
        pk, product = turn.dice.choice(found)
        order_line_substitute(
            line_id=pk,
            substitute_product_id=rules[product],
            quantity=1,
            reason=REASON,
            actor=company.cora,
            at=turn.at,
        )


def merge(turn: Turn) -> None:
    """Orders to the same place become one, or one goes to another place."""
    orders, actor = turn.some(turn.world.orders, 4, 30), turn.world.company.cora
    if turn.dice.random() < 0.2:
        ship_to = turn.dice.choice((HOME, AWAY))
        order_change_address(order_id=orders[0], ship_to=ship_to, reason=REASON, actor=actor, at=turn.at)
    elif turn.dice.random() < 0.2:
        order_revalidate(orders, actor=actor, at=turn.at)
    else:
        order_merge(order_ids=orders[1:], target_id=orders[0], reason=REASON, actor=actor, at=turn.at)


def ship(turn: Turn) -> None:
    """Orders leave, in no order."""
    fulfillment_ship_through_many(
        order_ids=turn.some(turn.world.orders, 4), carrier="DHL", actor=turn.world.company.pia, at=turn.at
    )


def floor(turn: Turn) -> None:
    """Orders go to the floor one step at a time, and are called back from it."""
    actor, dice, at = turn.world.company.pia, turn.dice, turn.at
    open_ = FulfillmentOrder.objects.exclude(state__in=("SHIPPED", "CANCELLED", "SHORT")).order_by("-pk")
    found = list(open_.values_list("pk", "state")[:30])
    if not found or dice.random() < 0.4:
        fulfillment_release_many(order_ids=turn.some(turn.world.orders, 4), actor=actor, at=at)
        return
    pk, state = dice.choice(found)
    if dice.random() < 0.3:
        fulfillment_cancel(fulfillment_id=pk, reason=REASON, actor=actor, at=at)
    elif state in ("RELEASED", "PICKING"):
        fulfillment_pick_many(fulfillment_ids=[pk], actor=actor, at=at)
    elif state == "PICKED":
        fulfillment_pack_many(fulfillment_ids=[pk], actor=actor, at=at)
    else:
        shipment_confirm_many(fulfillment_ids=[pk], carrier="DHL", actor=actor, at=at)


def promise(turn: Turn) -> None:
    """Promises are settled, or somebody does something about those at risk."""
    dice, actor = turn.dice, turn.world.company.olga
    if dice.random() < 0.2:
        promise_settle(actor=turn.world.company.system, at=turn.at)
        return
    found = list(
        Promise.objects.filter(state="OPEN", is_covered=False)
        .order_by("-pk")
        .values_list("pk", flat=True)[:40]
    )
    if found:
        chosen = dice.sample(found, min(len(found), dice.randint(1, 8)))
        option = dice.choice(Rescue.values)
        # a day later nearly every promise is at risk
        at = turn.at + timedelta(days=dice.choice((0, 3, 20)))
        promise_rescue_many(promise_ids=chosen, option=option, reason=REASON, actor=actor, at=at)


def pay(turn: Turn) -> None:
    """A customer of an order on a payment hold pays after all."""
    from orders.services import PaymentDraft, payment_capture_many

    found = list(
        Order.objects.filter(pk__in=turn.world.orders[-120:], holds__kind="PAYMENT", holds__state="OPEN")
    )
    if found:
        order = turn.dice.choice(found)
        due = order.total - order.amount_paid + order.amount_refunded
        draft = PaymentDraft(order.pk, "card", f"L-{turn.number}-{turn.dice.random()}", due)
        payment_capture_many([draft], actor=turn.world.company.system, at=turn.at)


OPERATIONS = {
    receive: 16, allocate: 10, take_back: 6, edit: 8, cancel: 6, hold: 5, reserve: 5, order_cart: 4, extend: 2, let_go: 3,
    substitute: 5, merge: 5, ship: 6, floor: 6, promise: 6, pay: 1,
}  # fmt: skip
