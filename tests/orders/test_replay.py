"""Answers: does one see what a replay would change before it is kept, is nothing kept until then, and then exactly that?"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from erp.core.errors import IllegalTransition, InvalidInput
from erp.core.models import ExceptionCase, InboxMessage, Job, OutboxMessage, Replay, ReplayItem
from erp.core.services import replay as replay_module
from erp.core.services.replay import (
    AT_ONCE,
    replay_commit,
    replay_counts,
    replay_create,
    replay_rehearse,
    replay_run,
    replay_start,
)
from inventory.models import StockEvent
from ledger.models import JournalEntry
from orders.models import Channel, ChannelFact, Connection, Order, Payment
from tests import factories as make
from tests.cast import NOW, Company, assert_proven, stock_in
from tests.orders.channel_case import arrive, channel_order, said, snapshot, spoken

__all__ = ["spoken"]
pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def start(company: Company, *messages: InboxMessage) -> Replay:
    return replay_start(
        message_ids=[m.pk for m in messages], selection="by hand", actor=company.olga, at=LATER
    )


def only(replay: Replay) -> ReplayItem:
    return ReplayItem.objects.get(replay=replay)


def told(item: ReplayItem) -> dict[str, dict[str, tuple[str, str]]]:
    """Group → what → (old, new), of all effects of a group together."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for effect in item.effects:
        own = found.setdefault(effect["group"], {})
        own |= {change["what"]: (change["old"], change["new"]) for change in effect["changes"]}
    return found


@pytest.fixture
def refused(company: Company, spoken: Connection) -> InboxMessage:
    """An order of a SKU that nobody has mapped, whose cause is gone now. Nothing has to be paid before it is promised."""
    Channel.objects.update(is_prepaid=False)
    stock_in(company, company.mug, 10)
    (message,) = arrive([said("ORDER", "W-1", snapshot(sku="mug-blue"))])
    assert channel_order().pending and not Order.objects.exists()
    make.ListingFactory(channel=company.web, channel_sku="mug-blue", product=company.mug)
    return message


def counts() -> tuple[int, ...]:
    models: tuple[Any, ...] = (Order, Payment, StockEvent, JournalEntry, OutboxMessage, ChannelFact)
    return tuple(model.objects.count() for model in models)


def test_a_rehearsal_tells_all_and_keeps_nothing(company: Company, refused: InboxMessage) -> None:
    before = counts()
    item = only(start(company, refused))
    words = told(item)
    assert words["Orders"]["state"] == ("", "Allocated")
    assert words["Orders"]["line 1, MUG"] == ("", "2 × 10.00 (2 promised)")
    assert words["Orders"]["payment card PAY-W-1"] == ("", "£20.00")
    assert words["What the channel says"]["pending"][1] == ""
    assert "unknown SKU" in words["What the channel says"]["pending"][0]
    assert any("Available at NORTH → Allocated" in new for _, new in words["Stock"].values())
    assert sum(1 for what in words["Books"] if what.startswith("Dr")) == 1
    assert words["Exception cases"]["state"] == ("Open", "Resolved")
    assert item.would_become.startswith("orders.ChannelOrder:")
    assert counts() == before
    assert ExceptionCase.objects.get().state == "OPEN"


def test_what_was_shown_is_what_is_kept(company: Company, refused: InboxMessage) -> None:
    replay = start(company, refused)
    replay_commit(replay_id=replay.pk, reason="mapped it", actor=company.olga, at=LATER)
    item, order = only(replay), Order.objects.get()
    assert (order.state, order.amount_paid) == ("ALLOCATED", Decimal("20.00"))
    assert item.became == f"orders.ChannelOrder:{channel_order().pk}" and not item.error
    replay.refresh_from_db()
    assert (replay.committed_by, replay.reason) == (company.olga, "mapped it")
    assert channel_order().pending == []
    assert_proven()


def test_a_message_that_was_handled_changes_nothing_when_it_is_handled_again(
    company: Company, spoken: Connection
) -> None:
    stock_in(company, company.mug, 10)
    (message,) = arrive([said("ORDER", "W-1", snapshot())])
    before = counts()
    replay = start(company, message)
    assert (only(replay).effects, only(replay).would_fail) == ([], "")
    replay_commit(replay_id=replay.pk, reason="to be sure", actor=company.olga, at=LATER)
    assert counts() == before
    message.refresh_from_db()
    assert message.state == "DONE"


def test_a_change_is_told_field_by_field(company: Company, spoken: Connection) -> None:
    stock_in(company, company.mug, 10)
    arrive([said("ORDER", "W-1", snapshot())])
    changed = snapshot(
        units=2, ship_to=snapshot().ship_to.__class__("Carol", "2 Low St", "Leeds", "LS1 1AA", "GB")
    )
    (message,) = arrive([said("ORDER", "W-1", changed, minute=5)], handle=False)
    InboxMessage.objects.filter(pk=message.pk).update(state="FAILED", attempts=1)
    words = told(only(start(company, message)))
    assert words["Orders"] == {
        "ship to": ("Carol, 1 High St, Leeds, LS1 1AA, GB", "Carol, 2 Low St, Leeds, LS1 1AA, GB")
    }
    assert Order.objects.get().ship_to_line1 == "1 High St"


def test_one_bad_message_does_not_spoil_the_others(company: Company, refused: InboxMessage) -> None:
    bad, odd = arrive(
        ['{"kind": "ORDER", "order": " ", "ref": "", "version": "", "content": {"n": 1}}', "not JSON"]
    )
    replay = start(company, bad, refused, odd)
    shown = {item.message_id: item.would_fail for item in ReplayItem.objects.filter(replay=replay)}
    assert shown[refused.pk] == ""
    assert shown[bad.pk] and "JSONDecodeError" in shown[odd.pk]
    replay_commit(replay_id=replay.pk, reason="try", actor=company.olga, at=LATER)
    assert replay_counts(replay.pk) == {
        "messages": 3, "rehearsed": 3, "changing": 1, "unchanged": 0, "refused": 2, "handled": 1, "failed": 2,
    }  # fmt: skip
    assert Order.objects.count() == 1
    states = dict(InboxMessage.objects.filter(pk__in=[bad.pk, odd.pk]).values_list("pk", "state"))
    assert "DONE" not in states.values()


def test_what_only_the_commit_would_refuse_is_refused_in_the_rehearsal(
    company: Company, refused: InboxMessage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from erp.core import work_registry
    from erp.core.sql import execute

    def half(**_: Any) -> str:
        execute(
            "INSERT INTO orders_channelorder (channel_id, external_id, line_map, pending, applied_version, is_due, "
            "first_seen_at, last_seen_at) VALUES (999999, 'x', '{}', '[]', '', false, now(), now())"
        )
        return "orders.ChannelOrder:1"

    monkeypatch.setitem(work_registry._INBOX, refused.kind, half)
    assert "IntegrityError" in only(start(company, refused)).would_fail


def test_many_are_tried_and_carried_out_by_jobs(company: Company, spoken: Connection) -> None:
    stock_in(company, company.mug, 50)
    names = [f"W-{n}" for n in range(AT_ONCE + 1)]
    messages = arrive([said("ORDER", name, snapshot(name, sku="cup")) for name in names])
    make.ListingFactory(channel=company.web, channel_sku="cup", product=company.mug)
    replay = start(company, *messages)
    with pytest.raises(Exception, match="still being tried out"):
        replay_commit(replay_id=replay.pk, reason="now", actor=company.olga, at=LATER)
    assert Job.objects.get(kind="core.replay_rehearse").arguments == {"replay_id": replay.pk}
    replay_rehearse(replay_id=replay.pk, actor=company.olga, at=LATER)
    assert replay_counts(replay.pk)["changing"] == len(names) and not Order.objects.exists()
    replay_commit(replay_id=replay.pk, reason="now", actor=company.olga, at=LATER)
    assert Job.objects.get(kind="core.replay_run").state == "PENDING" and not Order.objects.exists()
    first = ReplayItem.objects.filter(replay=replay).order_by("pk").first()
    assert first is not None
    replay_module._run_one(first, company.olga, LATER)  # an earlier attempt came so far
    assert replay_run(replay_id=replay.pk, actor=company.olga, at=LATER)["handled"] == len(names)
    assert Order.objects.count() == len(names)


def test_it_needs_a_reason_and_happens_once(company: Company, refused: InboxMessage) -> None:
    replay = start(company, refused)
    with pytest.raises(InvalidInput):
        replay_commit(replay_id=replay.pk, reason="  ", actor=company.olga, at=LATER)
    assert not Order.objects.exists()
    replay_commit(replay_id=replay.pk, reason="mapped", actor=company.olga, at=LATER)
    with pytest.raises(IllegalTransition):
        replay_commit(replay_id=replay.pk, reason="again", actor=company.olga, at=LATER)
    assert Order.objects.count() == 1


def test_what_is_on_its_way_is_left_out(company: Company, spoken: Connection) -> None:
    (message,) = arrive([said("ORDER", "W-1", snapshot())], handle=False)
    with pytest.raises(InvalidInput):
        replay_create(message_ids=[message.pk], selection="", actor=company.olga, at=LATER)
    assert not Replay.objects.exists()
