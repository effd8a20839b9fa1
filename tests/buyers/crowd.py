"""Answers: what is one client process of the crowd told? Run as a program: `crowd.py URL SECRETS COUNT SEED PART PARTS THREADS`.

Each thread keeps one connection and serves one buyer after the other. Prints one JSON object: per buyer the answer, and every
status that was ever seen.
"""

from __future__ import annotations

import http.client
import json
import socket
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.buyers.goods import Buyer, buyers

PATIENCE_SECONDS = 180


@dataclass
class Told:
    """What one buyer was told: the order's number per time of asking, and how long the first answer took."""

    numbers: list[str] = field(default_factory=list)
    refusal: str = ""
    seconds: float = 0.0


class Crowd:
    """A part of the buyers, let go at once."""

    def __init__(self, url: str, secrets: dict[str, str], mine: list[Buyer], threads: int) -> None:
        self.host, self.secrets = urlsplit(url).netloc, secrets
        self.mine, self.threads = iter(mine), threads
        self.lock, self.start = threading.Lock(), threading.Barrier(threads)
        self.told: dict[int, Told] = {}
        self.statuses: Counter[str] = Counter()

    def run(self) -> dict[str, Any]:
        """Serve every buyer and return what they were told."""
        threads = [threading.Thread(target=self.work) for _ in range(self.threads)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {"told": {n: told.__dict__ for n, told in self.told.items()}, "statuses": dict(self.statuses)}

    def work(self) -> None:
        """Serve one buyer after the other over one connection."""
        link = http.client.HTTPConnection(self.host, timeout=60)
        self.start.wait()
        while True:
            with self.lock:
                buyer = next(self.mine, None)
            if buyer is None:
                break
            self.told[buyer.number] = self.serve(link, buyer)
        link.close()

    def serve(self, link: http.client.HTTPConnection, buyer: Buyer) -> Told:
        """Let one buyer reserve, order, and ask again."""
        told, cart, began = Told(), False, time.monotonic()
        if buyer.reserves:
            status, _ = self.ask(link, buyer, "/api/v1/reservations", buyer.cart(), key="")
            cart = status in (200, 201)
        body, key = buyer.order(cart=cart), f"order-{buyer.number}"
        if buyer.retries:
            self.lose_patience(buyer, body, key)
        for _ in range(2 if buyer.retries else 1):
            status, answer = self.ask(link, buyer, "/api/v1/orders", body, key=key)
            if status in (200, 201):
                told.numbers.append(answer["number"])
            else:
                told.refusal = f"{status} {answer}"[:300]
        told.seconds = time.monotonic() - began
        return told

    def lose_patience(self, buyer: Buyer, body: dict[str, Any], key: str) -> None:
        """Send the order and hang up before there is an answer, as a client whose time has run out."""
        link = http.client.HTTPConnection(self.host, timeout=60)
        link.request("POST", "/api/v1/orders", json.dumps(body), self.headers(buyer, key))
        assert link.sock is not None
        link.sock.shutdown(socket.SHUT_RDWR)
        link.close()
        with self.lock:
            self.statuses["hung up"] += 1

    def ask(
        self, link: http.client.HTTPConnection, buyer: Buyer, path: str, body: dict[str, Any], *, key: str
    ) -> tuple[int, dict[str, Any]]:
        """Post until there is an answer that is not "still being worked on"; a dropped connection is opened again."""
        said, deadline = "no answer", time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            try:
                link.request("POST", path, json.dumps(body), self.headers(buyer, key))
                answer = link.getresponse()
                status, text = answer.status, answer.read().decode()
            except (OSError, http.client.HTTPException) as error:
                said = type(error).__name__
                with self.lock:
                    self.statuses[said] += 1
                link.close()
                continue
            with self.lock:
                self.statuses[f"{path.rpartition('/')[2]} {status}"] += 1
            if status == 409 and "in_flight" in text:
                time.sleep(0.05)
                continue
            return status, json.loads(text) if text.startswith("{") else {"text": text[:300]}
        return 0, {"text": said}

    def headers(self, buyer: Buyer, key: str) -> dict[str, str]:
        """Return the headers of a buyer's request."""
        named = {"Idempotency-Key": key} if key else {}
        return {
            "Authorization": f"Bearer {self.secrets[buyer.channel]}",
            "Content-Type": "application/json",
            **named,
        }


if __name__ == "__main__":
    url, secrets, count, seed, part, parts, threads = sys.argv[1:]
    mine = buyers(int(count), int(seed))[int(part) :: int(parts)]
    print(json.dumps(Crowd(url, json.loads(secrets), mine, min(int(threads), max(len(mine), 1))).run()))
