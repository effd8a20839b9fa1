"""Is the picture of an order the same in whatever order its facts are laid, and does a document survive being stored?"""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from orders.channels.document import Cancelled, Line, Snapshot, from_json, to_json
from orders.channels.fold import Fact, fold
from tests.channels.lives import snapshot


@given(st.permutations([Fact(*row) for row in (
    ("ORDER", "", "1", "h1", to_json(snapshot("X", [Line("a", "MUG", 1, Decimal(1))]))),
    ("ORDER", "", "2", "h2", to_json(snapshot("X", [Line("a", "MUG", 2, Decimal(1))]))),
    ("ORDER", "", "2", "h3", to_json(snapshot("X", [Line("a", "MUG", 3, Decimal(1))]))),
    ("PAYMENT", "p", "1", "h4", {"provider": "card", "ref": "p", "amount": "1", "at": ""}),
    ("REFUND", "r", "3", "h5", {"provider": "card", "ref": "r", "amount": "1", "reason": "", "at": "", "lines": [["a", 1]]}),
    ("CANCELLED", "", "0", "h6", {"reason": "no", "at": ""}),
)]))  # fmt: skip
def test_the_picture_does_not_depend_on_the_order_of_its_facts(facts: list[Fact]) -> None:
    picture = fold(facts)
    assert picture.snapshot is not None
    assert (picture.version, picture.snapshot.lines[0].quantity) == ("2", 3)
    assert (len(picture.payments), len(picture.refunds), picture.cancelled) == (1, 1, Cancelled("no"))


def test_documents_come_back_from_json_unchanged() -> None:
    said = snapshot("X", [Line("a", "MUG", 1, Decimal("1.10"), Decimal("0.22"), "Mug", 1)])
    assert from_json(Snapshot, to_json(said)) == said
