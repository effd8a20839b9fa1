"""Answers: however an order is led through its life, does it ever leave an allocation, a promise or a cart behind?

    python -m tests.mixed.run_lifecycles --orders 10000 [--threads 4] [--seed 1] [--json]

Every order walks: it is received, and then one legal step after the other is drawn from what its state allows, until it is
finished or its steps are used up, which leaves some open. Orders come from one seed each. Exit status 1 when anything but a
typed refusal is raised, there is a leftover, or an invariant does not hold.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace

from tests.mixed.run_mixed import Mix, Outcome, deadlock_stories, show
from tests.mixed.world import Turn, own_servers

MOST_STEPS = 12
# What may be done to an order in that state; the names are functions of `ordering`.
STEPS: dict[str, tuple[str, ...]] = {
    "RECEIVED": ("allocate", "cancel"),
    "ON_HOLD": ("hold", "hold", "pay", "cancel"),
    "CONFIRMED": ("allocate", "allocate", "edit", "cancel", "hold", "substitute", "merge", "promise"),
    "ALLOCATED": ("floor", "ship", "take_back", "edit", "cancel", "hold", "merge", "promise", "ship"),
    "RELEASED": ("floor", "floor", "ship", "take_back", "edit", "cancel", "promise"),
}


class Lives(Mix):
    """Threads that each lead one order after the other through its life; stock comes and goes meanwhile."""

    def take(self, own: Turn) -> None:
        """Lead one order from its receipt to its end."""
        from orders.models import Order
        from tests.mixed import ordering, stocking

        known = len(self.world.orders)
        self.act(own, own.dice.choice((ordering.receive, ordering.receive, ordering.order_cart)))
        if own.dice.random() < 0.6:  # the shelves are filled up, carts come and go
            around = stocking.OPERATIONS | {ordering.reserve: 6, ordering.extend: 1, ordering.let_go: 6}
            self.act(own, own.dice.choices(list(around), list(around.values()))[0])
        mine = self.world.orders[known:][:1]
        for _ in range(own.dice.randint(2, MOST_STEPS) if mine else 0):
            state = Order.objects.values_list("state", flat=True).get(pk=mine[0])
            if state not in STEPS:
                break
            # the order itself, and for what takes several orders its neighbours
            near = replace(own, world=replace(self.world, orders=[*self.world.orders[-4:-1], *mine * 6]))
            self.act(near, getattr(ordering, own.dice.choice(STEPS[state])))


def main() -> int:
    """Lead as many orders through their lives as the command line asks for, on servers of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with own_servers() as home:
        from tests.mixed.world import world_create

        lives = Lives(world_create(), operations=options.orders, threads=options.threads, seed=options.seed)
        outcome: Outcome = lives.run()
        if outcome.deadlocks and not options.json:
            print(deadlock_stories(home))
    print(json.dumps(outcome.as_dict(), indent=2)) if options.json else show(outcome.as_dict())
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
