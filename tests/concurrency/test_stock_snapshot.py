"""Is everything up to a snapshot's sequence in the snapshot, although postings are in flight?"""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from inventory.models import StockSnapshot
from inventory.services import Move, Posting, stock_begin, stock_post_many, stock_snapshot_take
from inventory.states import StockStatus as S
from tests.cast import NOW, assert_proven, company_create, stock_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("waits", [True, False], ids=["with the lock", "control without it"])
def test_a_snapshot_waits_for_the_posting_that_drew_its_sequence_first(waits: bool) -> None:
    company = company_create()
    stock_in(company, company.mug, 1)
    drawn, release = threading.Event(), threading.Event()

    def slow_posting() -> None:
        try:
            with transaction.atomic():
                if waits:
                    sequences = stock_begin(1)
                else:  # a sequence drawn without joining the journal first
                    with connection.cursor() as cursor:
                        cursor.execute("SELECT nextval('inventory_stockevent_sequence_seq')")
                        sequences = [cursor.fetchone()[0]]
                drawn.set()
                release.wait(10)
                node = company.store.pk
                move = Move(company.mug.pk, 7, node, S.SUPPLIER, node, S.AVAILABLE)
                stock_post_many(
                    [Posting("a", "t", 1, "slow", [move])], actor=company.olga, at=NOW, sequences=sequences
                )
        finally:
            connection.close()

    thread = threading.Thread(target=slow_posting)
    thread.start()
    assert drawn.wait(10)
    if waits:
        threading.Timer(0.3, release.set).start()
        stock_snapshot_take(at=NOW + timedelta(hours=1))  # returns only after the posting has committed
        thread.join(10)
        assert StockSnapshot.objects.get(node=company.store).quantity == 7
        assert_proven("as_of")
    else:
        later = stock_in(company, company.mug, 1)  # overtakes the posting in flight
        assert stock_snapshot_take(at=NOW + timedelta(hours=1)) == later
        release.set()
        thread.join(10)
        assert not StockSnapshot.objects.filter(
            node=company.store
        ).exists()  # the snapshot misses a lower sequence
