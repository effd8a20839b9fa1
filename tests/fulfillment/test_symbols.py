"""Answers: is a scanned symbol read as GS1's own dictionary says, and does each bad one have a message of its own?"""

from __future__ import annotations

import os
from datetime import date
from random import Random
from uuid import uuid4

import pytest

from fulfillment.codes import read_code
from fulfillment.models import PickScan, PickTask
from fulfillment.services import fulfillment_release_many, pick_scan
from fulfillment.symbols import read_symbol
from tests.cast import NOW, Company
from tests.fulfillment.goods import goods_in, promised
from tests.fulfillment.gs1 import Identifier, check_digit, identifiers, message, value_of

MUG = "0104006381333931"
MANY = int(os.environ.get("KEEL_SYMBOLS", "10000"))
KNOWN = identifiers()


def drawn(number: int) -> list[tuple[Identifier, str]]:
    dice = Random(number)
    return [(one, value_of(one, dice)) for one in dice.sample(KNOWN, dice.randint(1, 4))]


def test_the_dictionary_is_read() -> None:
    codes = {identifier.code for identifier in KNOWN}
    assert len(codes) > 400
    assert {"00", "01", "02", "10", "15", "17", "21", "30", "37", "3103", "410"} <= codes


def test_messages_that_the_dictionary_allows_are_read_field_by_field() -> None:
    for number in range(MANY):
        fields = drawn(number)
        symbol = read_symbol("]C1" + message(fields))
        assert symbol.fields == {one.code: value for one, value in fields}, (number, symbol)
        assert symbol.fault == ""


def test_a_message_that_was_cut_off_or_misread_is_never_believed() -> None:
    tried = 0
    for number in range(0, MANY, 10):
        one, value = drawn(number)[0]
        if not one.is_predefined:
            continue
        tried += 1
        cut = Random(number).randint(0, len(value) - 1)
        assert "cut off" in read_symbol(f"]C1{one.code}{value[:cut]}").fault, (one.code, value, cut)
        if one.code in ("00", "01", "02"):
            wrong = str((int(check_digit(value[:-1])) + 1) % 10)
            assert "check digit" in read_symbol(f"]C1{one.code}{value[:-1]}{wrong}").fault
    assert tried > MANY // 100


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("4006381333932", "check digit is wrong"),
        ("0104006381333932", "check digit in (01)"),
        ("340123450000000018", "check digit is wrong"),
        (MUG + "172601", "cut off in (17)"),
        ("]C130", "cut off in (30)"),
        (MUG + "17261301", "can not be “261301”"),
        (MUG + MUG, "Two codes in one scan"),
        (f"]C1{MUG}]C1{MUG}", "Two codes in one scan"),
        (MUG + "10" + "L" * 20 + MUG, "Two symbols in one scan"),
        ("]C1gibberish", "no GS1 field"),
        ("N-A-01" * 80, "Several codes in one scan"),
    ],
)
def test_a_bad_symbol_says_what_is_wrong_with_it(raw: str, words: str) -> None:
    symbol = read_symbol(raw)
    assert words in symbol.fault
    assert (symbol.gtin, symbol.sscc) == ("", "")


def test_what_a_symbol_carries() -> None:
    symbol = read_symbol(f"]d2{MUG}10LOT-7\x1d21S-1\x1d3012\x1d17260100")
    assert (symbol.gtin, symbol.lot, symbol.serial, symbol.quantity) == ("04006381333931", "LOT-7", "S-1", 12)
    assert symbol.expires == date(2026, 1, 31)  # day 00: the last of the month
    assert read_symbol("00340123450000000017").sscc == "340123450000000017"
    assert read_symbol("]E04006381333931").gtin == "04006381333931"
    assert (read_symbol("MUG").text, read_symbol("MUG").fault) == ("MUG", "")


@pytest.mark.django_db
def test_codes_glued_together_and_unknown_ones_are_told_apart(company: Company) -> None:
    assert read_code("4006381333931N-A-01").fault.startswith(
        "Two codes in one scan, 4006381333931 and N-A-01"
    )
    assert read_code("N-A-01N-A-02").fault.startswith("Two codes in one scan")
    assert read_code("96385074").fault == "No product has the GTIN 96385074."
    assert "340123450000000017" in read_code("00340123450000000017").fault
    assert read_code("N-A").fault == "No bin and no product has this code."
    assert read_code(MUG + "10A\x1d17270101")[1:4] == (company.mug.pk, "A", date(2027, 1, 1))
    company.lamp.sku = "4006381333932"  # whatever it looks like: a code of ours is no misread one
    company.lamp.save()
    assert read_code("4006381333932")[1] == company.lamp.pk


@pytest.mark.django_db
def test_expired_goods_are_not_picked(company: Company) -> None:
    goods_in(company, company.mug, 3)
    order = promised(company, (company.mug, 1))
    fulfillment_release_many(order_ids=[order.pk], actor=company.olga, at=NOW)
    task = PickTask.objects.get()
    said = {"pick_list_id": task.pick_list_id, "task_id": task.pk, "actor": company.pia, "at": NOW}
    pick_scan(client_id=uuid4(), code=task.location.code, **said)  # type: ignore[arg-type]
    answer = pick_scan(client_id=uuid4(), code=f"{MUG}17260301", **said)  # type: ignore[arg-type]
    assert (answer.is_good, answer.outcome) == (False, "WRONG_PRODUCT")
    assert answer.message.startswith("Expired on 01 Mar 2026")
    assert pick_scan(client_id=uuid4(), code=f"{MUG}17260302", **said).is_good  # type: ignore[arg-type]
    assert PickScan.objects.count() == 3
