"""Who reports products that look like one thing twice, and who says that they are two?"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from erp.core.errors import InvalidInput, NotFound
from erp.core.models import ExceptionCase, User
from erp.core.services.exception_case import CaseDraft, exception_mirror, exception_resolve_many
from erp.core.services.work import job_enqueue
from erp.core.states import ExceptionState
from inventory.models import Product, ProductDistinct, ProductPair
from inventory.selectors.duplicate import Duplicate, product_duplicates

KIND = "PRODUCT_DUPLICATE"
REPORTED = 500  # cases; the list has the rest


@transaction.atomic
def product_pairs_find(*, actor: User, at: datetime) -> list[Duplicate]:
    """This function will compare all active products and keep the pairs that look alike in the place of those found before."""
    pairs = product_duplicates()
    ProductPair.objects.all().delete()
    ProductPair.objects.bulk_create(
        (
            ProductPair(first_id=first, second_id=second, kind=kind, why=why[:120], rank=rank, found_at=at)
            for rank, (first, second, kind, why) in enumerate(pairs, start=1)
        ),
        batch_size=1_000,
        ignore_conflicts=True,  # two who compare at once find the same
    )
    return pairs


def product_duplicate_ask(*, actor: User, at: datetime) -> int:
    """This function will have the products compared now instead of tonight; returns the job. Twice a minute is once."""
    key = f"asked {at:%Y-%m-%dT%H:%M}"
    return job_enqueue(kind="inventory.product_duplicate_flag", key=key, actor=actor).pk


def product_duplicate_flag(*, actor: User, at: datetime) -> int:
    """This function will compare the products and keep one case open per pair that looks alike; returns how many stand.

    A case is settled when the two were merged, told apart by somebody, or changed.
    """
    pairs = product_pairs_find(actor=actor, at=at)[:REPORTED]
    ids = {pk for pair in pairs for pk in pair[:2]}
    skus = dict(Product.objects.filter(pk__in=ids).values_list("pk", "sku"))
    drafts = [
        CaseDraft(
            KIND, "inventory.Product", pair_key(pair.first_id, pair.second_id),
            f"{skus[pair.first_id]} and {skus[pair.second_id]}: {pair.why}",
            {"skus": [skus[pair.first_id], skus[pair.second_id]], "products": list(pair[:2]), "by": pair.kind},
        )
        for pair in pairs
    ]  # fmt: skip
    return exception_mirror(
        kind=KIND, drafts=drafts, resolution="inventory.product_duplicate_flag", reason="They do not look alike any more.",
        actor=actor, at=at,
    )  # fmt: skip


@transaction.atomic
def product_distinct_set(
    *, first_id: int, second_id: int, reason: str, actor: User, at: datetime
) -> ProductDistinct:
    """This function will write down that two products that look alike are two; their case is settled with it."""
    first, second = sorted((first_id, second_id))
    if first == second or Product.objects.filter(pk__in=[first, second]).count() != 2:
        raise NotFound("there are not two such products", field="product", remedy="Reload the page.")
    if not reason.strip():
        raise InvalidInput("a reason is needed", field="reason", remedy="Say what tells them apart.")
    pair, _ = ProductDistinct.objects.get_or_create(
        first_id=first, second_id=second, defaults={"reason": reason.strip()[:300], "actor": actor, "at": at}
    )
    duplicate_settle(
        first, second, resolution="inventory.product_distinct_set", reason=reason.strip(), actor=actor, at=at
    )
    return pair


def duplicate_settle(
    first_id: int, second_id: int, *, resolution: str, reason: str, actor: User, at: datetime
) -> None:
    """This function will take a pair off the list and settle its case, if one is open."""
    ProductPair.objects.filter(first_id=min(first_id, second_id), second_id=max(first_id, second_id)).delete()
    cases = ExceptionCase.objects.filter(kind=KIND, subject_id=pair_key(first_id, second_id))
    open_ids = list(cases.exclude(state=ExceptionState.RESOLVED).values_list("pk", flat=True))
    exception_resolve_many(case_ids=open_ids, resolution=resolution, reason=reason, actor=actor, at=at)


def pair_key(first_id: int, second_id: int) -> str:
    """This function will return what a case about two products is filed under."""
    return "{}-{}".format(*sorted((first_id, second_id)))
