"""Answers: does an order end the same whatever order its channel's messages arrive in, however often, late and at once?

    python -m tests.channels.run_shuffles --lives 500 --shuffles 100 [--first 0] [--copies 10] [--seed 1] [--json]

Every life is delivered once per shuffle, each of its events ten times (under three delivery ids, as channels repeat), 5 % of
the deliveries by parallel threads, 5 % a day later, through the door and the inbox, each in transactions that commit. Exit
status 1 when a life ends otherwise than in the first shuffle, anything is pending or unread, or an invariant does not hold.
`state_hash` is of how all lives ended: runs that begin with another shuffle (`--first`) must end with the same.
"""

from __future__ import annotations

import argparse
import json
import sys

from tests.mixed.world import own_servers


def main() -> int:
    """Deliver as much as the command line asks for, on servers of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lives", type=int, default=500)
    parser.add_argument("--shuffles", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--copies", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with own_servers() as home:
        from tests.cast import company_create
        from tests.channels.shuffled import Shuffler, open_shop
        from tests.mixed.run_mixed import deadlock_stories, show

        company = company_create()
        open_shop(company)
        shuffler = Shuffler(
            company, lives=options.lives, shuffles=options.shuffles, first=options.first, seed=options.seed,
            copies=options.copies,
        )  # fmt: skip
        counted = shuffler.run(lambda said: print(said, file=sys.stderr, flush=True))
        if counted.deadlocks and not options.json:
            print(deadlock_stories(home))
    print(json.dumps(counted.as_dict(), indent=2)) if options.json else show(counted.as_dict())
    return 1 if counted.problems else 0


if __name__ == "__main__":
    sys.exit(main())
