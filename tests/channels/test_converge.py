"""Does our order end the same whatever order its channel's messages arrive in, and however often?"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import permutations
from random import Random

import pytest

from orders.channels.contract import CANCELLED, ORDER, ChannelEvent
from orders.channels.document import Cancelled, Line, from_json, to_json
from orders.models import ChannelFact, ChannelOrder, Order
from orders.services import order_allocate_many
from orders.services.channel_message import channel_facts_add
from orders.services.converge import channel_order_converge
from tests.cast import NOW, Company, stock_in
from tests.channels.lives import Life, life, outcome, snapshot

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("proven")]


def hear(company: Company, events: list[ChannelEvent]) -> list[str]:
    """Let Keel hear events one by one, each as a message of its own."""
    pending: list[str] = []
    for event in events:
        (pk,) = channel_facts_add("web", [event], message_id=None, at=NOW)
        pending = channel_order_converge(channel_order_id=pk, actor=company.system, at=NOW)
    return pending


def settled(company: Company, story: Life, events: list[ChannelEvent]) -> dict:
    hear(company, events)
    ids = list(Order.objects.filter(external_id=story.external_id).values_list("pk", flat=True))
    order_allocate_many(order_ids=ids, actor=company.system, at=NOW)
    return outcome(story.external_id)


@pytest.fixture
def shop(company: Company) -> Company:
    stock_in(company, company.mug, 5_000)
    stock_in(company, company.lamp, 5_000)
    return company


def test_every_order_of_arrival_ends_the_same(shop: Company) -> None:
    """The life with the most events, in orders of arrival drawn from all there are."""
    story = max((life(number, 1) for number in range(20)), key=lambda one: len(one.events))
    every = list(permutations(story.events))
    found = []
    for number, events in enumerate(Random(1).sample(every, 12)):
        name = f"{story.external_id}-{number}"
        again = [_renamed(event, story.external_id, name) for event in events]
        end = settled(shop, Life(name, again), again)
        found.append(end)
    assert all(end == found[0] for end in found), next(end for end in found if end != found[0])


def _renamed(event: ChannelEvent, old: str, new: str) -> ChannelEvent:
    content = from_json(type(event.content), _words(to_json(event.content), old, new))
    return replace(event, order=new, content=content)


def _words(value: object, old: str, new: str) -> object:
    if isinstance(value, dict):
        return {key: _words(item, old, new) for key, item in value.items()}
    if isinstance(value, list):
        return [_words(item, old, new) for item in value]
    return value.replace(old, new) if isinstance(value, str) else value


def test_many_lives_repeated_and_shuffled_end_as_they_were_lived(shop: Company) -> None:
    for number in range(8):
        straight, mixed = life(number, 2), life(number, 3)
        mixed = Life(
            mixed.external_id, [_renamed(e, straight.external_id, mixed.external_id) for e in straight.events]
        )
        end = settled(shop, straight, list(straight.events))
        shuffled = [event for event in mixed.events for _ in range(3)]
        Random(number).shuffle(shuffled)
        assert settled(shop, mixed, shuffled) == end, number
        assert end["pending"] == []


def test_what_comes_before_the_order_waits_for_it(shop: Company) -> None:
    cancelled = ChannelEvent(CANCELLED, "C-1", "", "2", Cancelled("fraud"))
    assert hear(shop, [cancelled]) == ["The order itself has not arrived."]
    row = ChannelOrder.objects.get()
    assert (row.pending_since, Order.objects.count()) == (NOW, 0)
    order = ChannelEvent(ORDER, "C-1", "", "1", snapshot("C-1", [Line("a", "MUG", 2, Decimal(10))]))
    assert hear(shop, [order]) == []
    row.refresh_from_db()
    assert (Order.objects.get().state, row.pending_since) == ("CANCELLED", None)


def test_an_older_version_after_a_newer_one_changes_nothing(shop: Company) -> None:
    old, new = (snapshot("C-1", [Line("a", "MUG", units, Decimal(10))]) for units in (3, 2))
    hear(shop, [ChannelEvent(ORDER, "C-1", "", "2", new), ChannelEvent(ORDER, "C-1", "", "1", old)])
    assert outcome("C-1")["lines"] == [("MUG", "10.0000", 2)]
    assert ChannelFact.objects.count() == 2


def test_a_line_that_was_added_there_is_added_here(shop: Company) -> None:
    first = snapshot("C-1", [Line("a", "MUG", 1, Decimal(10))])
    second = snapshot("C-1", [*first.lines, Line("b", "LAMP", 2, Decimal(20))])
    third = snapshot("C-1", [first.lines[0], replace(second.lines[1], removed=1)])
    hear(shop, [ChannelEvent(ORDER, "C-1", "", str(n), say) for n, say in enumerate((first, second, third))])
    assert outcome("C-1")["lines"] == [("LAMP", "20.0000", 1), ("MUG", "10.0000", 1)]
    assert ChannelOrder.objects.get().line_map == {"a": 1, "b": 2}


def test_a_line_that_is_no_longer_named_is_taken_off(shop: Company) -> None:
    first = snapshot("C-1", [Line("a", "MUG", 1, Decimal(10)), Line("b", "LAMP", 2, Decimal(20))])
    second = snapshot("C-1", first.lines[:1])
    hear(shop, [ChannelEvent(ORDER, "C-1", "", str(n), say) for n, say in enumerate((first, second))])
    assert outcome("C-1")["lines"] == [("MUG", "10.0000", 1)]


def test_two_snapshots_of_one_version_end_the_same_whichever_came_first(shop: Company) -> None:
    ends = []
    for name, units in (("C-1", (3, 2)), ("C-2", (2, 3))):
        said = [snapshot(name, [Line("a", "MUG", count, Decimal(10))]) for count in units]
        hear(shop, [ChannelEvent(ORDER, name, "", "1", one) for one in said])
        ends.append(
            ChannelFact.objects.filter(channel_order__external_id=name).order_by("content_hash").last()
        )
    for name, end in zip(("C-1", "C-2"), ends, strict=True):
        assert end is not None
        assert outcome(name)["lines"][0][2] == end.content["lines"][0]["quantity"]


def test_an_address_that_no_order_can_have_is_pending(shop: Company) -> None:
    said = replace(snapshot("C-1", [Line("a", "MUG", 1, Decimal(10))]), email="not an address")
    (why,) = hear(shop, [ChannelEvent(ORDER, "C-1", "", "1", said)])
    assert "email" in why
    assert Order.objects.count() == 0


def test_an_order_that_can_not_be_taken_in_is_pending_with_its_reason(shop: Company) -> None:
    strange = snapshot("C-1", [Line("a", "NOBODY-KNOWS", 1, Decimal(10))])
    (said,) = hear(shop, [ChannelEvent(ORDER, "C-1", "", "1", strange)])
    assert "unknown SKU" in said
    assert Order.objects.count() == 0


def test_a_test_order_is_not_taken_in(shop: Company) -> None:
    trial = replace(snapshot("C-1", [Line("a", "MUG", 1, Decimal(10))]), is_test=True)
    assert hear(shop, [ChannelEvent(ORDER, "C-1", "", "1", trial)]) == []
    assert Order.objects.count() == 0
