"""Who delivers the lives' events to a Keel that really commits: ten times each, in no order, some at once, some a day late?"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from random import Random
from typing import Any

from django.db import connection

from erp.core.models import InboxMessage
from erp.core.services import work
from erp.core.services.work_run import work_run
from orders.channels import registry
from orders.channels.contract import Account, ChannelEvent, Delivery, Inbound, Limits, Refused
from orders.channels.document import Cancelled, Paid, Refund, Snapshot, from_json, to_json
from orders.models import ChannelOrder, Connection, Order
from orders.services import order_allocate_many
from orders.services.channel_chase import channel_order_chase
from orders.services.channel_message import channel_message_receive
from tests.cast import NOW, Company, stock_in
from tests.channels.lives import Life, life, outcome
from tests.mixed.audit import audit, deadlocks

COPIES, IDS = 10, 3  # each event so often, under so many delivery ids: the others the inbox knows
PARALLEL, LATE = 0.05, 0.05
THREADS = 4
DAY = timedelta(days=1)
_CONTENT: dict[str, type] = {"ORDER": Snapshot, "CANCELLED": Cancelled, "PAYMENT": Paid, "REFUND": Refund}


class Telling:
    """An adapter whose message is one event in JSON; a shared secret in a header proves it."""

    slug, name = "telling", "Telling"
    limits, secrets, settings = Limits(), (), ()

    def authenticate(self, account: Account, inbound: Inbound, at: datetime) -> Delivery:
        if inbound.headers.get("x-secret") != "told":
            raise Refused("forged", "the secret is wrong")
        return Delivery("event", inbound.headers["x-id"], inbound.body.decode())

    def events(self, account: Account, topic: str, body: str) -> list[ChannelEvent]:
        said = json.loads(body)
        return [ChannelEvent(**{**said, "content": from_json(_CONTENT[said["kind"]], said["content"])})]

    def client(self, account: Account) -> Any:
        raise NotImplementedError


def open_shop(company: Company) -> None:
    """Connect the web channel by that adapter and fill the shelves; no worker is woken, the deliverer reads by itself."""
    known = registry.adapters()
    registry.adapters = lambda: {**known, "telling": Telling()}  # type: ignore[assignment]
    work.current_app.send_task = lambda *_, **__: None
    Connection.objects.create(channel=company.web, adapter="telling", account="shop.example")
    for product in (company.mug, company.lamp):
        stock_in(company, product, 100_000_000)


@dataclass
class Counted:
    """What was done, and what must be nothing: see `problems`."""

    lives: int
    shuffles: int
    deliveries: int = 0
    known: int = 0
    state_hash: str = ""
    differing: list[str] = field(default_factory=list)
    pending: int = 0
    unread: int = 0
    violations: list[str] = field(default_factory=list)
    deadlocks: int = 0
    seconds: float = 0.0

    @property
    def problems(self) -> list[str]:
        """Whatever must not be."""
        found = [*self.differing, *self.violations]
        for what in ("pending", "unread", "deadlocks"):
            if getattr(self, what):
                found.append(f"{getattr(self, what)} {what}")
        return found

    def as_dict(self) -> dict[str, Any]:
        """Return the counts as JSON shows them."""
        rate = round(self.deliveries / self.seconds, 1) if self.seconds else 0
        return self.__dict__ | {"differing_hashes": len(self.differing), "deliveries_per_second": rate}


@dataclass(frozen=True)
class Letter:
    """One delivery of one event."""

    event: ChannelEvent
    number: int
    copy: int

    def send(self, company: Company, at: datetime) -> tuple[int, bool]:
        """Deliver it, as the channel's server would, and let a worker read it when it is new."""
        event = self.event
        body = json.dumps(
            {"kind": event.kind, "order": event.order, "ref": event.ref, "version": event.version,
             "content": to_json(event.content)}, sort_keys=True,
        )  # fmt: skip
        name = f"{event.order}/{self.number}/{self.copy % IDS}"
        inbound = Inbound({"x-secret": "told", "x-id": name}, body.encode(), "/channels/web/webhooks/")
        stored = channel_message_receive(channel="web", inbound=inbound, actor=company.system, at=at)
        if stored.is_new:
            work_run(table="inbox", row_id=stored.id, at=at)
        return stored.id, stored.is_new


class Shuffler:
    """Deliver the same lives again and again, each time under other names and in another order."""

    def __init__(
        self,
        company: Company,
        *,
        lives: int,
        shuffles: int,
        first: int = 0,
        seed: int = 1,
        copies: int = COPIES,
    ) -> None:
        self.company, self.first, self.seed, self.copies = company, first, seed, copies
        self.lives = [life(number, seed) for number in range(lives)]
        self.counted = Counted(lives, shuffles)
        self.hashes: list[str] = []
        self.lock = threading.Lock()

    def run(self, told: Callable[[str], None] = lambda _: None) -> Counted:
        """Deliver everything, compare, and prove what is left."""
        before, began = deadlocks(), time.monotonic()
        for number in range(self.first, self.first + self.counted.shuffles):
            self._shuffle(number)
            told(
                f"shuffle {number}: {self.counted.deliveries} deliveries, {len(self.counted.differing)} differ"
            )
        self.counted.state_hash = hashlib.sha256("".join(self.hashes).encode()).hexdigest()
        self.counted.seconds = round(time.monotonic() - began, 1)
        self.counted.deadlocks = deadlocks() - before
        self.counted.pending = ChannelOrder.objects.filter(pending_since__isnull=False).count()
        self.counted.unread = InboxMessage.objects.exclude(state="DONE").count()
        self.counted.violations = audit().problems
        return self.counted

    def _shuffle(self, number: int) -> None:
        dice = Random(f"{self.seed}/{number}")
        own = [_renamed(one, f"S{number}-{one.external_id}") for one in self.lives]
        letters = [
            Letter(event, place, copy)
            for one in own for place, event in enumerate(one.events) for copy in range(self.copies)
        ]  # fmt: skip
        dice.shuffle(letters)
        on_time: list[Letter] = []
        at_once: SimpleQueue[Letter] = SimpleQueue()
        late: list[Letter] = []
        for letter in letters:
            drawn = dice.random()
            if drawn < PARALLEL:
                at_once.put(letter)
            else:
                (late if drawn < PARALLEL + LATE else on_time).append(letter)
        threads = [threading.Thread(target=self._drain, args=(at_once,)) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        self._send(on_time, NOW)
        for thread in threads:
            thread.join()
        self._send(late, NOW + DAY)
        self._settle(own)
        self._compare(own)

    def _drain(self, letters: SimpleQueue[Letter]) -> None:
        try:
            while True:
                self._send([letters.get_nowait()], NOW)
        except Empty:
            connection.close()

    def _send(self, letters: Sequence[Letter], at: datetime) -> None:
        seen: Counter[bool] = Counter()
        for letter in letters:
            seen[letter.send(self.company, at)[1]] += 1
        with self.lock:
            self.counted.deliveries += len(letters)
            self.counted.known += seen[False]

    def _settle(self, own: Sequence[Life]) -> None:
        """Do what the clock would have done by now: read what failed, try what is pending, promise stock."""
        at = NOW + DAY
        for message in InboxMessage.objects.exclude(state="DONE"):
            InboxMessage.objects.filter(pk=message.pk).update(next_at=NOW)
            work_run(table="inbox", row_id=message.pk, at=at)
        channel_order_chase(actor=self.company.system, at=at)
        names = [one.external_id for one in own]
        ids = list(Order.objects.filter(external_id__in=names).order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(ids), 200):
            order_allocate_many(order_ids=ids[start : start + 200], actor=self.company.system, at=at)

    def _compare(self, own: Sequence[Life]) -> None:
        for place, one in enumerate(own):
            end = outcome(one.external_id)
            said = json.dumps(end, sort_keys=True).replace(one.external_id, "")
            seal = hashlib.sha256(said.encode()).hexdigest()
            if place == len(self.hashes):
                self.hashes.append(seal)
            elif self.hashes[place] != seal:
                first = outcome(f"S{self.first}-{self.lives[place].external_id}")
                other = {key: (first[key], end[key]) for key in end if first[key] != end[key]}
                self.counted.differing.append(f"{one.external_id}: {other}")


def _renamed(one: Life, name: str) -> Life:
    def words(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: words(item) for key, item in value.items()}
        if isinstance(value, list):
            return [words(item) for item in value]
        return value.replace(one.external_id, name) if isinstance(value, str) else value

    events = [
        ChannelEvent(event.kind, name, words(event.ref), event.version,
                     from_json(type(event.content), words(to_json(event.content))))
        for event in one.events
    ]  # fmt: skip
    return Life(name, events)
