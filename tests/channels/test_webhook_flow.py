"""Answers: are the webhooks of the rate proof taken, stored once and understood, and are its figures what they say?

The proof itself starts a Keel of its own: `python -m tests.channels.run_webhooks`.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from itertools import islice

import pytest
from django.test import Client

from erp.core.models import InboxMessage
from erp.core.services.proof import prove
from erp.core.services.user import system_user
from orders.models import Order, RefusedDelivery
from orders.services.channel_message import channel_message_handle
from tests.channels.desk import stored
from tests.channels.run_webhooks import Sender, percentile
from tests.channels.served import Answer, Asked, served
from tests.channels.webhook_flow import Webhook, webhooks
from tests.channels.webhook_shop import found


@pytest.mark.django_db
def test_the_recorded_orders_are_taken_and_become_orders() -> None:
    assert all(found().values())
    sent = list(islice(webhooks(datetime.now(UTC)), 24))
    for webhook in sent:
        answer = Client().post(
            f"/channels/{webhook.channel}/webhooks/", webhook.body, content_type="application/json", headers=webhook.headers
        )  # fmt: skip
        assert answer.status_code == 200, answer.content
    assert len({webhook.name for webhook in sent}) == InboxMessage.objects.count() == len(sent) - 1
    assert not RefusedDelivery.objects.exists()
    for message in stored()[:8]:
        said = channel_message_handle(message=message, actor=system_user("channel"), at=datetime.now(UTC))
        assert said.startswith("orders.ChannelOrder:")
    assert Order.objects.count() == 6  # of every third order an update is among the messages
    assert not prove().failed


def test_percentiles_are_by_nearest_rank() -> None:
    values = [float(number) for number in range(100, 0, -1)]
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert percentile([7.0], 0.99) == 7.0


def test_a_slow_answer_slows_no_sender_down() -> None:
    """Five requests at once, to a server that answers none before it has all of them."""
    everybody = threading.Barrier(5)

    def answer(asked: Asked) -> Answer:
        everybody.wait(30)
        return Answer(200, {})

    with served(answer) as url:
        answers = Sender(url, rate=1_000).run([Webhook("web", str(n), b"{}", {}) for n in range(5)])
    assert [one.status for one in answers] == ["200"] * 5
