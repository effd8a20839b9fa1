"""What is known around a batch of orders that is checked? Read in a constant number of queries, however many orders."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from erp.core.money import ZERO
from erp.core.sql import Statements, array, query, unnest
from orders.checks.facts import (
    NO_ADDRESS,
    AddressFacts,
    Limits,
    ListedFacts,
    RestrictionFacts,
    RiskRuleFacts,
    TaxFacts,
)
from orders.resolve import ChannelFacts, CustomerFacts, ProductFacts
from orders.selectors.credit import OWED
from orders.selectors.price import PriceBook, price_book

_HOUR = timedelta(hours=1)


class SubjectLine(NamedTuple):
    sku: str
    product: ProductFacts
    quantity: int
    unit_price: Decimal
    total: Decimal
    is_decided: bool = (
        False  # within limits, by approval or by a substitution rule: the price is not asked about again
    )


@dataclass(frozen=True)
class Subject:
    """An order to check: one that is coming in (order_id 0) or one that is stored."""

    channel: ChannelFacts
    external_id: str
    ordered_at: datetime
    currency: str
    lines: Sequence[SubjectLine]
    charges: Sequence[tuple[str, Decimal]] = ()
    tax: Decimal = ZERO
    paid: Decimal = ZERO
    customer: CustomerFacts | None = None
    email: str = ""
    ship_to: AddressFacts = NO_ADDRESS
    bill_to: AddressFacts | None = None
    card_ref: str = ""
    provider_score: Decimal | None = None
    verified_age: int | None = None
    order_id: int = 0

    @property
    def goods(self) -> Decimal:
        """The goods without charges and tax."""
        return sum((line.total for line in self.lines), ZERO)

    @property
    def total(self) -> Decimal:
        """What the buyer owes for all of it."""
        return self.goods + self.tax + sum((amount for _, amount in self.charges), ZERO)

    @property
    def place(self) -> str:
        """The ship-to address as one comparable text."""
        return place_key(self.ship_to.country, self.ship_to.postcode, self.ship_to.line1)

    @property
    def keys(self) -> dict[str, str]:
        """Whose order this is, by each subject that a velocity rule or a list may name."""
        keys = {
            "EMAIL": self.email.lower(), "CUSTOMER": self.customer.number if self.customer else "", "ADDRESS": self.place,
            "CARD": self.card_ref,
        }  # fmt: skip
        return {subject: value for subject, value in keys.items() if value}

    @property
    def listable(self) -> dict[str, str]:
        """What the allow and deny lists may name of it, in lower case."""
        to = self.ship_to
        more = {
            "DOMAIN": self.email.rpartition("@")[2], "COUNTRY": to.country,
            "POSTCODE": f"{to.country} {to.postcode}" if to.postcode else "",
        }  # fmt: skip
        return {subject: value.lower() for subject, value in {**self.keys, **more}.items() if value}


def place_key(country: str, postcode: str, line1: str) -> str:
    """This function will return an address as lists and counts compare it: "gb|ls11aa|1 high street"."""
    if not line1.strip():
        return ""
    return f"{country}|{postcode.replace(' ', '')}|{' '.join(line1.split())}".lower()


class Recent(NamedTuple):
    """An order in one of the windows that are looked back over."""

    channel_id: int
    external_id: str
    ordered_at: datetime
    keys: dict[str, str]
    lines: str


@dataclass
class Ground:
    """All that is known around a batch. `remember` adds an order of the batch, which later ones of it are compared with."""

    limits: dict[int, Limits] = field(default_factory=dict)
    taxes: list[tuple[str, int | None, date, date | None, TaxFacts]] = field(default_factory=list)
    rules: list[tuple[int | None, RiskRuleFacts]] = field(default_factory=list)
    listed: dict[tuple[str, str], ListedFacts] = field(default_factory=dict)
    restrictions: dict[int, RestrictionFacts] = field(default_factory=dict)
    prices: PriceBook = field(default_factory=PriceBook)
    owed: dict[int, tuple[Decimal, Decimal]] = field(default_factory=dict)
    known: set[int] = field(default_factory=set)
    recent: dict[tuple[str, str], list[Recent]] = field(default_factory=dict)
    stored: set[tuple[int, str]] = field(default_factory=set)

    def limits_of(self, subject: Subject) -> Limits:
        return self.limits.get(subject.channel.id, _LIMITS)

    def rules_of(self, subject: Subject) -> list[RiskRuleFacts]:
        return [rule for channel, rule in self.rules if channel in (None, subject.channel.id)]

    def remember(self, subject: Subject) -> None:
        """This function will let the rest of the batch see an order of it, unless it is stored already."""
        if subject.order_id or (subject.channel.id, subject.external_id) in self.stored:
            return
        if subject.customer is not None:
            self.known.add(subject.customer.id)
            used, overdue = self.owed.get(subject.customer.id, (ZERO, ZERO))
            self.owed[subject.customer.id] = (used + subject.total - subject.paid, overdue)
        if self.rules or any(limit.duplicate_hours for limit in self.limits.values()):
            _file(self.recent, _as_recent(subject))


_LIMITS = Limits()


def load_ground(subjects: Sequence[Subject]) -> Ground:
    """This function will read limits, rules, lists, taxes, prices, restrictions, credit and recent orders for a batch.

    Six queries at most; customers with a credit limit stay locked, so that two orders can not share the same room.
    """
    ground = Ground()
    if not subjects:
        return ground
    _load_settings(ground, subjects)
    products = {line.product.id: line.product for subject in subjects for line in subject.lines}
    days = [subject.ordered_at.date() for subject in subjects]
    customers = {subject.customer.id: subject.customer for subject in subjects if subject.customer}
    ground.prices = price_book(
        channel_ids={subject.channel.id for subject in subjects},
        customers={pk: customer.segment for pk, customer in customers.items()},
        products={pk: product.list_price for pk, product in products.items()},
        days=(min(days), max(days)),
    )
    _load_restrictions(ground, products)
    _load_credit(ground, subjects, customers)
    _load_recent(ground, subjects)
    if len(subjects) > 1 and (ground.owed or ground.recent or ground.rules):
        _load_stored(ground, subjects)
    return ground


_SETTINGS = """
SELECT 'limits', to_jsonb(p) FROM orders_checkpolicy p WHERE p.channel_id = ANY(%s::bigint[])
UNION ALL
SELECT 'tax', to_jsonb(t) FROM orders_taxexpectation t
 WHERE t.country = ANY(%s::text[]) AND (t.channel_id IS NULL OR t.channel_id = ANY(%s::bigint[]))
UNION ALL
SELECT 'rule', to_jsonb(r) FROM orders_riskrule r
 WHERE r.is_active AND (r.channel_id IS NULL OR r.channel_id = ANY(%s::bigint[]))
UNION ALL
SELECT 'listed', to_jsonb(e) FROM orders_risklistentry e
 WHERE lower(e.value) = ANY(%s::text[]) AND (e.valid_to IS NULL OR e.valid_to >= %s)
"""


def _load_settings(ground: Ground, subjects: Sequence[Subject]) -> None:
    channels = array({subject.channel.id for subject in subjects}, "bigint")
    countries = array({subject.ship_to.country for subject in subjects}, "text")
    values = array({value for subject in subjects for value in subject.listable.values()}, "text")
    first = min(subject.ordered_at for subject in subjects).date()
    rows = query(_SETTINGS, [channels, countries, channels, channels, values, first])
    for kind, row in ((kind, _json(row)) for kind, row in rows):
        if kind == "limits":
            ground.limits[row["channel_id"]] = Limits(
                _decimal(row["agreed_tolerance"]), _decimal(row["list_tolerance"]), _decimal(row["override_share"]),
                _decimal(row["discount_share"]), row["largest_line"],
                row["duplicate_hours"], row["risk_hold_at"], row["risk_reject_at"],
            )  # fmt: skip
        elif kind == "tax":
            facts = TaxFacts(_decimal(row["rate"]), _decimal(row["tolerance"]), row["allows_less"])
            until = date.fromisoformat(row["valid_to"]) if row["valid_to"] else None
            ground.taxes.append(
                (row["country"], row["channel_id"], date.fromisoformat(row["valid_from"]), until, facts)
            )
        elif kind == "rule":
            rule = RiskRuleFacts(
                row["code"], row["kind"], row["subject"], row["window_hours"], row["normal_orders"], _decimal(row["amount"]),
                row["points"],
            )  # fmt: skip
            ground.rules.append((row["channel_id"], rule))
        else:
            ground.listed[row["subject"], row["value"].lower()] = ListedFacts(
                row["verdict"], row["subject"], row["value"], row["reason"]
            )
    ground.rules.sort(key=lambda rule: rule[1].code)


def _json(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else json.loads(value, parse_float=Decimal)


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value))


def _load_restrictions(ground: Ground, products: Iterable[int]) -> None:
    for product_id, age, hazmat, allowed, forbidden, business in query(
        "SELECT product_id, min_age, hazmat_class, allowed_countries, forbidden_countries, is_business_only "
        "FROM inventory_productrestriction WHERE product_id = ANY(%s::bigint[])",
        [array(products, "bigint")],
    ):
        ground.restrictions[product_id] = RestrictionFacts(
            age, hazmat, frozenset(allowed.split()), frozenset(forbidden.split()), business
        )


def _load_credit(ground: Ground, subjects: Sequence[Subject], customers: dict[int, CustomerFacts]) -> None:
    """What the customers of invoiced orders owe besides the orders that are checked, and the locks on those with a limit."""
    invoiced = {s.customer.id for s in subjects if s.customer and not s.channel.is_prepaid}
    if invoiced:
        batch = Statements()
        limited = [pk for pk in invoiced if customers[pk].credit_limit is not None]
        if limited:
            batch.add(
                "SELECT 1 FROM orders_customer WHERE id = ANY(%s::bigint[]) ORDER BY id FOR NO KEY UPDATE",
                [array(sorted(limited), "bigint")],
            )
        day = max(subject.ordered_at for subject in subjects).date()
        mine = array([s.order_id for s in subjects if s.order_id], "bigint")
        batch.add(OWED, [day, array(sorted(invoiced), "bigint"), mine])
        ground.owed = {row[0]: (row[1], row[2]) for row in batch.run()}


_RECENT = """
SELECT o.channel_id, o.external_id, o.ordered_at, lower(o.email), c.number, o.ship_to_country, o.ship_to_postcode,
       o.ship_to_line1, coalesce(r.card_ref, ''),
       (SELECT string_agg(l.product_id || 'x' || l.units, ' ' ORDER BY l.product_id, l.units) FROM (
            SELECT product_id, quantity_ordered AS units FROM orders_orderline WHERE order_id = o.id AND kit_id IS NULL
            UNION ALL SELECT product_id, quantity FROM orders_orderkit WHERE order_id = o.id) l)
  FROM orders_order o LEFT JOIN orders_customer c ON c.id = o.customer_id LEFT JOIN orders_orderrisk r ON r.order_id = o.id
 WHERE o.id IN (
   SELECT id FROM orders_order WHERE email <> '' AND lower(email) = ANY(%s::text[]) AND ordered_at BETWEEN %s AND %s
   UNION SELECT id FROM orders_order WHERE customer_id = ANY(%s::bigint[]) AND ordered_at BETWEEN %s AND %s
   UNION SELECT id FROM orders_order WHERE ship_to_postcode <> '' AND ship_to_postcode = ANY(%s::text[])
                                      AND ordered_at BETWEEN %s AND %s
   UNION SELECT order_id FROM orders_orderrisk WHERE card_ref <> '' AND card_ref = ANY(%s::text[]))
   AND o.ordered_at BETWEEN %s AND %s AND o.state <> 'CANCELLED' ORDER BY o.id
"""


def _load_recent(ground: Ground, subjects: Sequence[Subject]) -> None:
    """The orders that velocity rules count and duplicates are found among; nothing is read when neither is on."""
    hours = [limits.duplicate_hours for limits in ground.limits.values()]
    hours += [rule.window_hours for _, rule in ground.rules if rule.kind == "VELOCITY"]
    window = max(hours, default=0) * _HOUR
    asks_first = {rule.kind for _, rule in ground.rules} & {"FIRST_ORDER"}
    if asks_first:
        _load_known(ground, subjects)
    if not window:
        return
    span = [
        min(subject.ordered_at for subject in subjects) - window,
        max(subject.ordered_at for subject in subjects) + window,
    ]
    counts = {rule.subject for _, rule in ground.rules if rule.kind == "VELOCITY"}
    places = {s.ship_to.postcode for s in subjects if s.ship_to.postcode} if "ADDRESS" in counts else set()
    for channel, external_id, at, email, number, country, postcode, line1, card, lines in query(
        _RECENT,
        [
            array({s.email.lower() for s in subjects if s.email}, "text"), *span,
            array({s.customer.id for s in subjects if s.customer}, "bigint"), *span, array(places, "text"), *span,
            array({s.card_ref for s in subjects if s.card_ref}, "text"), *span,
        ],
    ):  # fmt: skip
        keys = {
            "EMAIL": email,
            "CUSTOMER": number or "",
            "ADDRESS": place_key(country, postcode, line1),
            "CARD": card,
        }
        _file(
            ground.recent, Recent(channel, external_id, at, {k: v for k, v in keys.items() if v}, lines or "")
        )


def _load_known(ground: Ground, subjects: Sequence[Subject]) -> None:
    ids = array({s.customer.id for s in subjects if s.customer}, "bigint")
    mine = array([s.order_id for s in subjects if s.order_id], "bigint")
    ground.known = {
        row[0]
        for row in query(
            "SELECT c.id FROM unnest(%s::bigint[]) AS c(id) WHERE EXISTS (SELECT 1 FROM orders_order o "
            "WHERE o.customer_id = c.id AND o.state <> 'CANCELLED' AND o.id <> ALL(%s::bigint[]))",
            [ids, mine],
        )
    }


def _load_stored(ground: Ground, subjects: Sequence[Subject]) -> None:
    keys = [(subject.channel.id, subject.external_id) for subject in subjects]
    source, parameters = unnest({"channel_id": "bigint", "external_id": "text"}, keys)
    ground.stored = {
        (row[0], row[1])
        for row in query(
            f"SELECT o.channel_id, o.external_id FROM {source} JOIN orders_order o USING (channel_id, external_id)",
            parameters,
        )
    }


def _as_recent(subject: Subject) -> Recent:
    return Recent(
        subject.channel.id, subject.external_id, subject.ordered_at, subject.keys, fingerprint(subject)
    )


def fingerprint(subject: Subject) -> str:
    """This function will return what was ordered as one comparable text: "7x2 9x1"."""
    pairs = sorted((line.product.id, line.quantity) for line in subject.lines)
    return " ".join(f"{product}x{quantity}" for product, quantity in pairs)


def _file(recent: dict[tuple[str, str], list[Recent]], order: Recent) -> None:
    for key in order.keys.items():
        recent.setdefault(key, []).append(order)
