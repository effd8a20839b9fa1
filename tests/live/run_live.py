"""Answers: does a real shop sell our stock, and does it get its parcels and its quantities, also after its network was cut?

    make test-live, or python -m tests.live.run_live [--cut 60] [--people 4] [--tax excluded] [--json]

It installs Vendure from npm (nothing of it is committed), starts it and a Keel of its own (web, workers, beat, PostgreSQL,
broker; nothing mocked) with a wire between them in each direction, and lets guests buy through the Shop API. Then the wires
are cut for a minute while people go on buying there and Keel goes on shipping and receiving here. Nobody touches anything
afterwards. Exit status 1 when anything is missing, doubled or different at the end.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.chaos.stack import Stack
from tests.live.shop import PASSWORD, Buyers, Shop, buy
from tests.live.wire import Wire

ACCOUNT = "live.example"
SECRET = "a-secret-of-the-live-test"
PRICES = {"LIVE-1": 1000, "LIVE-2": 1999, "LIVE-3": 333, "LIVE-4": 12_345, "LIVE-5": 50, "LIVE-6": 777}
UNITS = 5_000
PATIENCE = 900  # seconds for everything to be as it should be: breakers pause up to minutes, orders are asked for every five


@dataclass
class Outcome:
    """What was seen; `problems` is empty when all of it is as it should be."""

    vendure: str = "3.5.7"
    prices_include_tax: bool = True
    bought_before: int = 0
    shipped_before_seconds: float = 0.0
    cut_seconds: float = 0.0
    bought_during_cut: int = 0
    shipped_during_cut: int = 0
    stock_moves_during_cut: int = 0
    turned_away_by_the_wire: int = 0
    breaker_openings: int = 0
    healed_after_seconds: float = 0.0
    orders: int = 0
    units_left: dict[str, int] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


class Live:
    """One run: a Keel, a shop, and a wire in each direction."""

    def __init__(self, *, cut: float, people: int, prices_include_tax: bool) -> None:
        self.cut, self.people = cut, people
        self.outcome = Outcome(prices_include_tax=prices_include_tax)
        self.stack = Stack()
        self.to_keel = Wire(self.stack.port)
        self.codes: list[str] = []

    def tell(self, text: str) -> None:
        """Print progress to standard error."""
        print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)

    def keel(self, *words: str) -> dict[str, Any]:
        """Run `tests.live.keel` inside the stack and return what it says."""
        found: dict[str, Any] = json.loads(self.stack.run("-m", "tests.live.keel", *words).splitlines()[-1])
        return found

    def run(self) -> Outcome:
        """Run everything and return what was seen; both servers are gone afterwards."""
        shop = to_shop = None
        try:
            self.stack.start()
            self.tell(f"Keel is up at {self.stack.url}")
            environment = {
                "KEEL_WEBHOOK_URL": f"{self.to_keel.url}/channels/web/webhooks/", "KEEL_WEBHOOK_SECRET": SECRET,
                "KEEL_ACCOUNT": ACCOUNT,
            }  # fmt: skip
            shop = Shop(self.keel("database"), environment, self.stack.home / "vendure.log")
            shop.start()
            shop.fill(PRICES, prices_include_tax=self.outcome.prices_include_tax)
            self.tell(f"Vendure {self.outcome.vendure} is up at {shop.url}")
            to_shop = Wire(shop.port)
            self.keel(
                "found",
                to_shop.url,
                ACCOUNT,
                SECRET,
                PASSWORD,
                json.dumps({sku: (UNITS, price) for sku, price in PRICES.items()}),
            )
            self._sell_and_ship(shop)
            self._cut(shop, to_shop)
            self._heal(shop)
            self._compare(shop)
        except (RuntimeError, OSError, TimeoutError) as error:
            self.outcome.problems.append(f"{type(error).__name__}: {error}"[-3000:])
        finally:
            if self.outcome.problems:
                self._show_logs()
            for server in (shop, to_shop, self.to_keel):
                if server is not None:
                    server.stop()
            orphans = self.stack.stop()
        if orphans:
            self.outcome.problems.append(f"processes left behind: {orphans}")
        return self.outcome

    def _sell_and_ship(self, shop: Shop) -> None:
        """Before anything goes wrong: stock goes out, orders come in, parcels go out, stock falls."""
        self._until("the shop shows our stock", lambda: shop.sellable() == dict.fromkeys(PRICES, UNITS), 180)
        first = [buy(shop, 9000 + n, [("LIVE-1", 2), ("LIVE-3", 1 + n)], coupon=n == 2) for n in range(4)]
        self.codes += first
        self.outcome.bought_before = len(first)
        self._until(
            "the orders are here and promised", lambda: self.keel("count")["states"] == {"ALLOCATED": 4}, 300
        )
        began = time.monotonic()
        self.keel("work", "0")
        self._until("the shop shows the parcels", lambda: self._all_shipped(shop), 180)
        self._until("the shop shows what is left", lambda: shop.sellable() == self.keel("count")["atp"], 180)
        self.outcome.shipped_before_seconds = round(time.monotonic() - began, 1)

    def _cut(self, shop: Shop, to_shop: Wire) -> None:
        """The network is gone for a while; both sides go on."""
        buyers = Buyers(shop, list(PRICES), people=self.people, pause=1.0)
        buyers.start()
        self._until("people are buying", lambda: len(buyers.codes) >= 3 * self.people, 240)
        before, shipped = len(buyers.codes), self.keel("count")["shipments"]
        self.tell(f"cut, after {before} orders")
        began = time.monotonic()
        self._wires(to_shop, "silent")
        halfway = self.keel("work", str(self.cut / 2))
        self._wires(to_shop, "closed")
        done = self.keel("work", str(max(self.cut - (time.monotonic() - began), 1.0)))
        self.outcome.cut_seconds = round(time.monotonic() - began, 1)
        self.outcome.bought_during_cut = len(buyers.codes) - before
        self.outcome.shipped_during_cut = self.keel("count")["shipments"] - shipped
        self.outcome.stock_moves_during_cut = halfway["stock_moves"] + done["stock_moves"]
        self._wires(to_shop, "whole")
        self.tell(f"whole again, after {len(buyers.codes)} orders")
        time.sleep(10)  # the load does not end with the cut
        buyers.stop()
        self.outcome.turned_away_by_the_wire = to_shop.turned_away + self.to_keel.turned_away
        self.codes += buyers.codes
        self.outcome.problems += [f"a guest could not buy: {said}" for said in buyers.refused[:3]]
        if not (self.outcome.bought_during_cut and self.outcome.turned_away_by_the_wire):
            self.outcome.problems.append("the cut proved nothing: nobody bought, or nobody noticed it")

    def _wires(self, to_shop: Wire, mode: str) -> None:
        to_shop.set(mode)
        self.to_keel.set(mode)

    def _heal(self, shop: Shop) -> None:
        """Nobody touches anything but the parcels that are still to be packed."""
        began = time.monotonic()

        def is_whole() -> bool:
            self.keel("work", "0")
            said = self.keel("count")
            return (
                said["orders"] == len(self.codes) == said["orders_shipped"] and said["open_work"] == 0
                and said["told_shipments"] == said["shipments"] and said["breaker"] == ["CLOSED"]
                and said["stock_due"] == 0 and self._all_shipped(shop) and shop.sellable() == said["atp"]
            )  # fmt: skip

        self._until("everything is as it should be", is_whole, PATIENCE)
        self.outcome.healed_after_seconds = round(time.monotonic() - began, 1)

    def _all_shipped(self, shop: Shop) -> bool:
        return all(order["state"] == "Shipped" for order in shop.orders())

    def _until(self, what: str, is_so: Callable[[], bool], seconds: float) -> None:
        began = time.monotonic()
        while not is_so():
            if time.monotonic() - began > seconds:
                raise TimeoutError(
                    f"after {seconds:.0f} s it is not so that {what}: {json.dumps(self.keel('count'))}"
                )
            time.sleep(1)
        self.tell(f"{what} ({time.monotonic() - began:.1f} s)")

    def _compare(self, shop: Shop) -> None:
        """Order by order and parcel by parcel, what both sides have."""
        ours, theirs, problems = self.keel("count"), shop.orders(), self.outcome.problems
        self.outcome.figures, self.outcome.orders = ours, len(theirs)
        self.outcome.breaker_openings, self.outcome.units_left = ours["breaker_openings"], ours["atp"]
        if sorted(self.codes) != sorted(order["code"] for order in theirs):
            problems.append("the shop has other orders than were bought")
        totals = {order["id"]: Decimal(order["totalWithTax"]) / 100 for order in theirs}
        if totals != {ident: Decimal(total) for ident, total in ours["totals"].items()}:
            problems.append(
                f"totals differ: {sorted(totals.items())[:5]} and {sorted(ours['totals'].items())[:5]}"
            )
        for order in theirs:
            sent: Counter[str] = Counter()
            for parcel in order["fulfillments"]:
                for line in parcel["lines"]:
                    sent[line["orderLineId"]] += line["quantity"]
            if sent != {line["id"]: line["quantity"] for line in order["lines"]}:
                problems.append(f"{order['code']}: sent {dict(sent)} of {order['lines']}")
        told = Counter(order["id"] for order in theirs for _ in order["fulfillments"])
        if told != Counter(external for external, _ in ours["parcels"]):
            problems.append("the shop has other parcels than were sent")
        known = {parcel["trackingCode"] for order in theirs for parcel in order["fulfillments"]}
        if missing := [tracking for _, tracking in ours["parcels"] if tracking and tracking not in known]:
            problems.append(f"tracking numbers that the shop does not show: {missing[:5]}")
        for name in ("messages_dead", "outbox_dead", "turned_away", "pending", "drift"):
            if ours[name]:
                problems.append(f"{name} is {ours[name]}")
        if self.cut >= 30 and not ours["breaker_openings"]:
            problems.append("the breaker never opened")
        problems += [f"verify: {said}" for said in self.keel("proof")["broken"]]

    def _show_logs(self) -> None:
        for path in [
            self.stack.home / "vendure.log",
            self.stack.home / "log/worker.log",
            self.stack.home / "log/web.log",
        ]:
            if path.exists():
                self.tell(f"--- {path.name}\n{path.read_text(errors='replace')[-2500:]}")


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cut", type=float, default=60.0, help="seconds without a network")
    parser.add_argument("--people", type=int, default=4)
    parser.add_argument(
        "--tax", choices=("included", "excluded"), default="included", help="the shop's prices"
    )
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    outcome = Live(cut=options.cut, people=options.people, prices_include_tax=options.tax == "included").run()
    if options.json:
        print(json.dumps(outcome.__dict__, indent=2))
    else:
        for name, value in outcome.__dict__.items():
            if name not in ("figures", "problems"):
                print(f"{name:<26} {value}")
        for problem in outcome.problems:
            print(f"PROBLEM {problem}")
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
