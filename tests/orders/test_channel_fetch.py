"""Answers: is an order that a message only named fetched soon, once, and without a transaction around the network?"""

from __future__ import annotations

from datetime import timedelta

import pytest

from erp.core.models import InboxMessage
from orders.channels.contract import ChannelError
from orders.models import ChannelTally
from orders.services.channel_fetch import channel_order_fetch
from tests.cast import NOW, Company
from tests.orders.channel_case import snapshot
from tests.orders.fake_channel import DOWN, World, connect, fetched, world

__all__ = ["world"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def channel_id(company: Company, world: World) -> int:
    world.orders.append(fetched(snapshot("W-1"), NOW + timedelta(minutes=5)))
    return connect(company, company.web).channel_id


def test_it_is_stored_like_a_message_of_the_channels(company: Company, channel_id: int) -> None:
    asked = {"channel_id": channel_id, "external_id": "W-1", "actor": company.system, "at": NOW}
    first = channel_order_fetch(**asked)
    assert first["fetched"] == 1
    assert InboxMessage.objects.get(pk=first["message"]).external_id.startswith("order:W-1@")
    assert channel_order_fetch(**asked) == {"fetched": 0, "message": first["message"]}
    assert ChannelTally.objects.get(kind="POLL").calls == 2


def test_a_channel_that_fails_is_asked_again_and_one_that_refuses_is_not(
    company: Company, world: World, channel_id: int
) -> None:
    world.faults.append(DOWN)
    asked = {"channel_id": channel_id, "actor": company.system, "at": NOW}
    with pytest.raises(ChannelError):
        channel_order_fetch(external_id="W-1", **asked)
    assert channel_order_fetch(external_id="W-2", **asked) == {"fetched": 0, "why": "404 no order W-2"}
    assert not InboxMessage.objects.exists()
