"""Which products look like the same thing twice?

By GTIN (a UPC and its EAN are one number), by SKU (case, spacing and punctuation apart), and by title: the same words up to order
and spelling, with the same figures in them. Titles are compared only where they share a word that few products have, so the work
grows with the catalogue and not with its square.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from difflib import SequenceMatcher
from itertools import combinations
from typing import NamedTuple

from django.db.models import Q, QuerySet

from erp.core.models import Job
from erp.core.sql import query
from erp.core.states import WorkState
from inventory.models import ProductPair

FEW = 40  # a word that more products have says nothing of any of them
ALIKE = 0.8  # of two spellings of a word
TRIGRAMS = 0.45  # of two titles, before their words are paired
_WORD = re.compile(r"[a-z]+|\d+(?:[.,]\d+)?")
_NOISE = frozenset({"the", "a", "an", "of", "and", "in", "for", "with", "set", "to"})


class Duplicate(NamedTuple):
    """Two products, the lower id first; `why` says in what they agree; `kind` is GTIN, SKU or TITLE."""

    first_id: int
    second_id: int
    kind: str
    why: str


class Titled(NamedTuple):
    product_id: int
    name: str


def sku_key(sku: str) -> str:
    """This function will return a SKU as people mean it: letters and digits, in lower case."""
    return "".join(char for char in sku.casefold() if char.isalnum())


def words_of(title: str) -> list[str]:
    """This function will return the words and figures of a title, in lower case, without those that say nothing."""
    return [word for word in _WORD.findall(title.casefold()) if word not in _NOISE]


def trigrams(text: str) -> frozenset[str]:
    """This function will return the runs of three characters of each word, padded as pg_trgm pads them."""
    return frozenset(
        padded[place : place + 3]
        for word in words_of(text)
        for padded in (f"  {word} ",)
        for place in range(len(padded) - 2)
    )


def similarity(one: str, other: str) -> float:
    """This function will return how much two texts have in common, 0 to 1: shared trigrams over all of them."""
    first, second = trigrams(one), trigrams(other)
    return len(first & second) / len(first | second) if first and second else 0.0


def titles_mean_the_same(one: str, other: str) -> bool:
    """This function will tell whether two titles are the same words in whatever order, misspellings forgiven; figures are not."""
    first, second = sorted(words_of(one)), sorted(words_of(other))
    if not first or len(first) != len(second) or similarity(one, other) < TRIGRAMS:
        return False
    left = list(second)
    for word in list(first):
        if word in left:
            left.remove(word)
            first.remove(word)
    for word in first:
        best = max(left, key=lambda other_word: _spelling(word, other_word), default="")
        if _spelling(word, best) < ALIKE:
            return False
        left.remove(best)
    return True


def _spelling(one: str, other: str) -> float:
    if one.removesuffix("s") == other.removesuffix("s") and one.isalpha():
        return 1.0
    if not one.isalpha() or not other.isalpha() or min(len(one), len(other)) < 4:
        return 0.0
    return SequenceMatcher(None, one, other).ratio()


_ROWS = """
SELECT p.id, p.sku, p.name, p.gtin, '' FROM inventory_product p WHERE p.is_active UNION ALL
SELECT u.product_id, '', '', u.gtin, 'pack' FROM inventory_productunit u JOIN inventory_product p ON p.id = u.product_id
 WHERE p.is_active AND u.gtin <> ''
"""


def product_duplicates(*, limit: int = 2_000) -> list[Duplicate]:
    """This function will return the pairs of active products that look alike and that nobody said are two, surest first."""
    skus, gtins, titles = defaultdict(set), defaultdict(set), []
    for pk, sku, name, gtin, pack in query(_ROWS):
        if not pack:
            skus[sku_key(sku)].add(pk)
            titles.append(Titled(pk, name))
        if gtin:
            gtins[gtin.zfill(14)].add(pk)
    distinct = {tuple(row) for row in query("SELECT first_id, second_id FROM inventory_productdistinct")}
    found: dict[tuple[int, int], Duplicate] = {}
    for kind, groups, why in (
        ("GTIN", gtins, "the same GTIN {}"),
        ("SKU", skus, "the same SKU but for case, spacing or punctuation"),
    ):
        for key, ids in groups.items():
            for pair in combinations(sorted(ids), 2):
                found.setdefault(pair, Duplicate(*pair, kind, why.format(key.lstrip("0"))))
    for pair in _alike(titles):
        found.setdefault(pair, Duplicate(*pair, "TITLE", "the same words in the title"))
    rank = {"GTIN": 0, "SKU": 1, "TITLE": 2}
    rest = [duplicate for pair, duplicate in found.items() if pair not in distinct]
    return sorted(rest, key=lambda duplicate: (rank[duplicate.kind], duplicate[:2]))[:limit]


def product_pairs(*, kind: str = "", text: str = "") -> QuerySet[ProductPair]:
    """This function will return the pairs that the last comparison found and that are still two active products, surest first."""
    rows = ProductPair.objects.filter(first__is_active=True, second__is_active=True)
    if kind:
        rows = rows.filter(kind=kind)
    if text:
        words = Q()
        for field in ("first__sku", "second__sku", "first__name", "second__name"):
            words |= Q(**{f"{field}__icontains": text})
        rows = rows.filter(words)
    return rows.select_related("first", "second").order_by("rank", "pk")


def products_compared_at() -> datetime | None:
    """This function will return when the products were last compared; None when that is longer ago than jobs are kept."""
    done = Job.objects.filter(kind="inventory.product_duplicate_flag", state=WorkState.DONE).order_by(
        "-finished_at"
    )
    return done.values_list("finished_at", flat=True).first()


def _alike(titles: Sequence[Titled]) -> Iterable[tuple[int, int]]:
    """The pairs of ids whose titles mean the same, compared only where they share a rare word."""
    holders: dict[str, list[int]] = defaultdict(list)
    names = {titled.product_id: titled.name for titled in titles}
    for titled in titles:
        for word in set(words_of(titled.name)):
            if len(word) > 2:
                holders[word].append(titled.product_id)
    same: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for titled in titles:
        same[tuple(sorted(words_of(titled.name)))].append(titled.product_id)
    pairs = {
        pair
        for words, ids in same.items()
        if words and len(ids) <= FEW
        for pair in combinations(sorted(ids), 2)
    }
    tried = {pair for ids in holders.values() if 1 < len(ids) <= FEW for pair in combinations(sorted(ids), 2)}
    return pairs | {pair for pair in tried - pairs if titles_mean_the_same(names[pair[0]], names[pair[1]])}


class PackFinding(NamedTuple):
    product_id: int
    sku: str
    why: str


_PACKS = """
SELECT p.id, p.sku, small.code, s.factor, large.code, l.factor
  FROM inventory_productunit s JOIN inventory_productunit l ON l.product_id = s.product_id AND l.factor > s.factor
  JOIN inventory_product p ON p.id = s.product_id AND p.is_active
  JOIN inventory_unitofmeasure small ON small.id = s.unit_id JOIN inventory_unitofmeasure large ON large.id = l.unit_id
 WHERE l.factor %% s.factor <> 0 ORDER BY p.sku, s.factor, l.factor LIMIT %s
"""


def packs_that_do_not_nest(*, limit: int = 200) -> list[PackFinding]:
    """This function will return the packs that are no whole number of a smaller pack of their product: often a typing error."""
    return [
        PackFinding(pk, sku, f"{large} of {large_factor} holds no whole number of {small} of {small_factor}")
        for pk, sku, small, small_factor, large, large_factor in query(_PACKS, [limit])
    ]
