"""Which fields has an order, a reservation and a subscription in the REST API?

Amounts are text: no client reads them as floats.
"""

from __future__ import annotations

from typing import Annotated, Literal

from ninja import Field

from erp.core.api_schemas import Asked, Page, Said

Amount = Annotated[
    str, Field(pattern=r"^[+-]?\d{1,9}(\.\d{1,4})?$", description="Digits with a decimal point.")
]
Positive = Annotated[str, Field(pattern=r"^\d{1,9}(\.\d{1,4})?$", description="Digits with a decimal point.")]
Units = Annotated[int, Field(ge=1, le=1_000_000)]
Line80 = Annotated[str, Field(min_length=1, max_length=80)]
Moment = Annotated[str, Field(max_length=40, json_schema_extra={"format": "date-time"})]
Day = Annotated[str, Field(json_schema_extra={"format": "date"})]


class AddressIn(Asked):
    """Where it goes, or who pays."""

    name: str = Field("", max_length=120)
    line1: str = Field("", max_length=160)
    city: str = Field("", max_length=80)
    postcode: str = Field("", max_length=20)
    country: str = Field("", pattern="^([A-Za-z]{2})?$", description="ISO 3166: two letters.")


class LineIn(Asked):
    """What is ordered: a SKU, a GTIN or what the channel calls it."""

    sku: Line80
    quantity: Units
    unit_price: Positive
    description: str = Field("", max_length=200)
    tax_amount: Positive = "0"


class ChargeIn(Asked):
    """An amount that is no product: shipping, a discount (negative), a fee."""

    kind: Literal["SHIPPING_REVENUE", "DISCOUNT", "OTHER_INCOME", "CHANNEL_FEE", "BANK_CHARGE", "SAMPLES"]
    amount: Amount
    description: str = Field("", max_length=200)


class PaymentIn(Asked):
    """What the channel has collected already."""

    provider: str = Field(min_length=1, max_length=40)
    provider_ref: str = Field(
        min_length=1, max_length=120, description="The provider's own number: counted once."
    )
    amount: Positive


class OrderIn(Asked):
    """An order of a channel."""

    channel: str = Field(min_length=1, max_length=40)
    external_id: Line80 = Field(description="The channel's own number: the same one again is the same order.")
    ordered_at: Moment
    currency: str = Field(pattern="^[A-Za-z]{3}$", description="ISO 4217.")
    lines: list[LineIn] = Field(min_length=1, max_length=5_000)
    charges: list[ChargeIn] = Field(default_factory=list)
    customer_number: str = Field("", max_length=40)
    email: str = Field("", max_length=254)
    ship_to: AddressIn | None = None
    bill_to: AddressIn | None = None
    payment: PaymentIn | None = None
    priority: int = Field(0, ge=-100, le=100, description="Higher is served first.")
    ships_complete: bool = Field(False, description="Nothing leaves until everything can.")
    reservation_key: str = Field("", max_length=80, description="The cart whose units it gets first.")
    card_ref: str = Field("", max_length=120)
    risk_score: Positive | None = Field(None, description="0 (safe) to 100 (fraud).")
    verified_age: int | None = Field(None, ge=0, le=120)


class LineOut(Said):
    """A line of an order and how far it is; `kit` is the position of the kit that it is a part of."""

    position: int
    sku: str
    quantity_ordered: int
    quantity_allocated: int
    quantity_shipped: int
    quantity_cancelled: int
    unit_price: str
    line_total: str
    kit: int | None


class ComponentOut(Said):
    """A part of a kit."""

    sku: str
    quantity: int


class KitOut(Said):
    """A kit as it was ordered; `lines[].kit` names its position."""

    position: int
    sku: str
    channel_sku: str
    quantity: int
    quantity_shippable: int
    quantity_shipped: int
    quantity_cancelled: int
    unit_price: str
    line_total: str
    components: list[ComponentOut]


class HoldOut(Said):
    """Why an order does not go on."""

    id: int
    kind: str
    reason: str
    state: str


class OrderHead(Said):
    """An order in a list."""

    id: int
    number: str
    channel: str
    external_id: str
    state: str
    currency: str
    ordered_at: str
    ship_by: str
    total: str
    customer: str | None


class OrderOut(OrderHead):
    """An order with its lines, kits and holds."""

    lines: list[LineOut]
    kits: list[KitOut]
    holds: list[HoldOut]


class OrderPage(Page):
    """Orders, oldest first."""

    orders: list[OrderHead]


class LineChange(Asked):
    """What a line becomes; what is left out stays. `quantity` 0 takes the line off."""

    position: int = Field(ge=1, le=100_000)
    quantity: int | None = Field(None, ge=0, le=1_000_000)
    unit_price: Positive | None = None


class LineNew(Asked):
    """A new line; without a price the one that applies to the customer."""

    sku: Line80
    quantity: Units
    unit_price: Positive | None = None


class OrderChangeIn(Asked):
    """One change of an order, made whole or not at all."""

    reason: str = Field(min_length=1, max_length=300)
    lines: list[LineChange] = Field(default_factory=list, max_length=1_000)
    add: list[LineNew] = Field(default_factory=list, max_length=1_000)
    priority: int | None = Field(None, ge=-100, le=100)
    ships_complete: bool | None = None
    email: str | None = Field(None, max_length=254)
    warehouse_note: str | None = Field(None, max_length=500)


class HoldIn(Asked):
    """Why the order shall wait."""

    kind: Literal["MANUAL", "FRAUD", "ADDRESS", "COMPLIANCE", "DUPLICATE"] = "MANUAL"
    reason: str = Field(min_length=1, max_length=300)


class CartLine(Asked):
    """What a cart holds."""

    sku: Line80
    quantity: Units


class ReservationIn(Asked):
    """A cart whose units are to be kept."""

    channel: str = Field(min_length=1, max_length=40)
    key: Line80 = Field(description="The cart's own number: the same one again is the same reservation.")
    lines: list[CartLine] = Field(min_length=1)
    ttl_seconds: int = Field(ge=60, le=3_600)
    country: str = Field("", pattern="^([A-Za-z]{2})?$")


class Longer(Asked):
    """How long from now."""

    ttl_seconds: int = Field(ge=60, le=3_600)


class CartLineOut(Said):
    """What was wanted."""

    sku: str
    quantity: int


class KeptOut(Said):
    """What is kept, and where."""

    sku: str
    node: str
    quantity: int


class ReservationOut(Said):
    """A cart's reservation."""

    channel: str
    key: str
    state: str
    expires_at: str
    created_at: str
    order: str | None
    lines: list[CartLineOut]
    kept: list[KeptOut]


class SubscriptionLineIn(Asked):
    """What is sent each time; without a price the one that applies then."""

    sku: Line80
    quantity: Units
    unit_price: Positive | None = None


class SubscriptionIn(Asked):
    """A standing order."""

    customer_number: str = Field(min_length=1, max_length=40)
    channel: str = Field(min_length=1, max_length=40)
    lines: list[SubscriptionLineIn] = Field(min_length=1)
    start_date: Day
    interval_count: int = Field(1, ge=1)
    interval_unit: Literal["DAY", "WEEK", "MONTH"] = "MONTH"
    end_date: Day | None = None
    due_hour: int = Field(6, ge=0, le=23)
    price_rule: str = Field("LIST", max_length=5)
    payment_kind: str = Field("INVOICE", max_length=7)
    payment_reference: str = Field("", max_length=120)


class SubscriptionLineOut(Said):
    """A line of a standing order."""

    sku: str
    quantity: int
    unit_price: str | None


class SubscriptionHead(Said):
    """A standing order in a list."""

    id: int
    number: str
    state: str
    customer_number: str
    channel: str
    interval_count: int
    interval_unit: str
    start_date: str
    end_date: str | None
    next_date: str | None
    due_hour: int
    price_rule: str
    payment_kind: str
    payment_reference: str
    lines: list[SubscriptionLineOut]


class RunOut(Said):
    """A date that was dealt with."""

    due_date: str
    outcome: str
    order: str | None
    detail: str


class SubscriptionOut(SubscriptionHead):
    """A standing order with the dates to come and those dealt with."""

    upcoming: list[str]
    dates: list[RunOut]


class SubscriptionPage(Page):
    """Standing orders, oldest first."""

    subscriptions: list[SubscriptionHead]
