"""Answers: what does a shop do that must get its orders in, whatever happens on the other side? It repeats itself.

Run as a program inside a stack's environment: `client.py SECRET URL ORDERS THREADS`. Prints the number of
finished orders as it goes, and one JSON object at the end. Each order is posted with an `Idempotency-Key`;
once it is in, a job (a note) and an e-mail about it are put down in one transaction, so that worker, broker
and outbox have their share.
"""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import django

django.setup()

from django.db import Error as DatabaseFault  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from erp.core.models import User  # noqa: E402
from erp.core.services.outbox import OutboxDraft, outbox_add_many  # noqa: E402
from erp.core.services.user import system_user  # noqa: E402
from erp.core.services.work import job_enqueue  # noqa: E402

PATIENCE_SECONDS = 180
RETRY = {409, 429, 500, 502, 503, 504}


class Shop:
    """A few threads that send orders until every one of them is acknowledged."""

    def __init__(self, secret: str, url: str, orders: int, threads: int) -> None:
        self.secret, self.host, self.orders = secret, urlsplit(url).netloc, orders
        self.threads = threads
        self.numbers = count()
        self.lock = threading.Lock()
        self.done = 0
        self.requests = 0
        self.failures: list[str] = []
        self.slowest = 0.0
        self.actor: User = system_user("chaos")

    def order(self, number: int) -> dict[str, Any]:
        """Return order number `number`: the same every time it is asked for."""
        quantity = 1 + number % 3
        lines = [{"sku": "MUG", "quantity": quantity, "unit_price": "10.00"}]
        if number % 4 == 0:
            lines.append({"sku": "LAMP", "quantity": 1, "unit_price": "20.00"})
        total = 10 * quantity + (20 if number % 4 == 0 else 0)
        return {
            "channel": "web", "external_id": f"CHAOS-{number:06}", "currency": "GBP", "lines": lines,
            "ordered_at": "2026-11-20T10:00:00Z",
            "ship_to": {"name": "Carol", "line1": "1 High St", "city": "Leeds", "postcode": "LS1 1AA", "country": "GB"},
            "payment": {"provider": "card", "provider_ref": f"PAY-{number:06}", "amount": f"{total}.00"},
        }  # fmt: skip

    def send(self, number: int) -> dict[str, Any]:
        """Post one order until it is acknowledged; RuntimeError when it is refused or there is no answer for
        long."""
        body = json.dumps(self.order(number))
        headers = {
            "Authorization": f"Bearer {self.secret}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"chaos-{number}",
        }
        began = time.monotonic()
        said = ""
        while time.monotonic() - began < PATIENCE_SECONDS:
            link = http.client.HTTPConnection(self.host, timeout=15)
            try:
                with self.lock:
                    self.requests += 1
                link.request("POST", "/api/v1/orders", body, headers)
                answer = link.getresponse()
                said = f"{answer.status} {answer.read().decode()}"
                if answer.status in (200, 201):
                    self.slowest = max(self.slowest, time.monotonic() - began)
                    found: dict[str, Any] = json.loads(said.partition(" ")[2])
                    return found
                if answer.status not in RETRY or (answer.status == 409 and "in_flight" not in said):
                    raise RuntimeError(said)
            except (OSError, http.client.HTTPException) as error:
                said = repr(error)
            finally:
                link.close()
            time.sleep(0.2)
        raise RuntimeError(f"order {number}: no answer in {PATIENCE_SECONDS} s; last: {said}")

    def follow_up(self, order: dict[str, Any]) -> None:
        """Put down the job and the e-mail of an order, until that is committed."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                with transaction.atomic():
                    note = {
                        "document_type": "chaos.Notice",
                        "document_id": order["id"],
                        "body": order["number"],
                    }
                    job_enqueue(
                        kind="core.note_add", key=f"chaos:{order['id']}", arguments=note, actor=self.actor
                    )
                    mail = {
                        "to": "carol@example.com", "template": "core/email/notice",
                        "context": {"title": f"Order {order['number']}", "body": "We have it."},
                    }  # fmt: skip
                    outbox_add_many(
                        [
                            OutboxDraft(
                                f"order:{order['id']}:email", "core.send_email", f"chaos:{order['id']}", mail
                            )
                        ]
                    )
                return
            except DatabaseFault:  # psycopg2 has several names for a server that is gone
                connection.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def work(self) -> None:
        """Send orders until there are no more."""
        while True:
            with self.lock:
                number = next(self.numbers)
            if number >= self.orders:
                break
            try:
                self.follow_up(self.send(number))
            except Exception as error:  # noqa: BLE001 (the report tells)
                self.failures.append(f"{number}: {error}"[:500])
            with self.lock:
                self.done += 1
        connection.close()

    def run(self) -> dict[str, Any]:
        """Run all threads to the end and return what happened."""
        began = time.monotonic()
        threads = [threading.Thread(target=self.work) for _ in range(self.threads)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            print(self.done, flush=True)
            time.sleep(0.2)
        return {
            "orders": self.done - len(self.failures),
            "requests": self.requests,
            "seconds": round(time.monotonic() - began, 1),
            "slowest_order_seconds": round(self.slowest, 1),
            "failures": self.failures,
        }


if __name__ == "__main__":
    secret, url, orders, threads = sys.argv[1:]
    print(json.dumps(Shop(secret, url, int(orders), int(threads)).run()), flush=True)
