"""Do Amazon's settlements and financial events prove their own totals, and is a file that does not refused?"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal as D

import pytest

from erp.core.errors import InvalidInput
from orders.channels.amazon.finance import read_balances, read_events_v0, read_summaries, read_transactions
from orders.channels.amazon.settlement import COLUMNS, read_settlement
from tests.channels.fake_amazon import examples
from tests.channels.settlements import HEAD, ROWS, SETTLEMENT, written


# --- settlements ---
def test_a_settlement_is_one_row_per_component_and_proves_its_total() -> None:
    found = read_settlement(SETTLEMENT.encode())
    assert (found.id, found.currency, found.total, len(found.rows)) == ("11223344", "GBP", D("24.75"), 6)
    assert sum(row.amount for row in found.rows) == found.total
    assert found.deposited_at == datetime(2026, 2, 17, tzinfo=UTC)
    first = found.rows[0]
    assert (first.row, first.order_id, first.sku, first.quantity, first.amount_type, first.amount) == (
        3,
        "026-1",
        "MUG",
        2,
        "ItemPrice",
        D(25),
    )
    assert first.posted_at == datetime(2026, 2, 3, 10, 11, 12, tzinfo=UTC)
    assert (found.rows[4].transaction_type, found.rows[4].quantity, found.rows[5].order_id) == (
        "Refund",
        None,
        "",
    )


def european(head: dict[str, str], rows: list[dict[str, str]]) -> bytes:
    """The same settlement as a file for Germany: decimal commas, days first, Windows' letters."""
    text = written(
        head | {"total-amount": "1.024,75", "deposit-date": "17.02.2026 00:00:00 UTC", "currency": "EUR"},
        [
            row
            | {"amount": row["amount"].replace(".", ","), "posted-date-time": "", "posted-date": "03.02.2026"}
            for row in rows
        ],
    )
    return text.encode("cp1252")


def test_a_european_file_has_decimal_commas_and_days_first() -> None:
    rows = [*ROWS, ROWS[-1] | {"amount": "1000.00", "amount-description": "Gebühr"}]
    found = read_settlement(european(HEAD, rows))
    assert (found.total, found.currency, found.rows[0].amount) == (D("1024.75"), "EUR", D("25.00"))
    assert found.deposited_at == datetime(2026, 2, 17, tzinfo=UTC)
    assert (found.rows[0].posted_at, found.rows[-1].amount_description) == (
        datetime(2026, 2, 3, tzinfo=UTC),
        "Gebühr",
    )


def test_a_byte_order_mark_windows_line_ends_and_columns_in_another_order() -> None:
    turned = written(HEAD, ROWS, tuple(reversed(COLUMNS))).replace("\n", "\r\n")
    assert read_settlement(b"\xef\xbb\xbf" + turned.encode()).total == D("24.75")


def changed(row: int, **values: str) -> bytes:
    """The file with something of one row changed; row -1 is the head."""
    head, rows = dict(HEAD), [dict(found) for found in ROWS]
    (head if row < 0 else rows[row]).update({name.replace("_", "-"): value for name, value in values.items()})
    return written(head, rows).encode()


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b"", "header.settlement-id"),
        (b"\x81\x8d", "file"),
        (b"a\tb\n1\t2\n", "header.settlement-id"),
        (written(HEAD, []).split("\n")[0].encode(), "file"),
        (changed(-1, total_amount="24.76"), "row 2: total-amount"),
        (written(HEAD, ROWS[:-1]).encode(), "row 2: total-amount"),
        (written(HEAD, [*ROWS, ROWS[0]]).encode(), "row 2: total-amount"),
        (changed(0, amount="25,00"), "row 3: amount"),
        (changed(0, amount=""), "row 3: amount"),
        (changed(0, amount="25.001"), "row 3: amount"),
        (changed(0, amount="1e3"), "row 3: amount"),
        (changed(-1, total_amount="1,234.75"), "row 2: total-amount"),
        (changed(-1, currency="EURO"), "row 2: currency"),
        (changed(2, settlement_id="99"), "row 5: settlement-id"),
        (changed(2, quantity_purchased="two"), "row 5: quantity-purchased"),
        (changed(2, posted_date_time="yesterday"), "row 5: posted-date"),
        (SETTLEMENT.replace("Commission", "Comm\tission").encode(), "row 5"),
    ],
)
def test_a_file_that_does_not_add_up_or_can_not_be_read_is_refused(content: bytes, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_settlement(content)
    assert caught.value.field == field


def test_repeated_rows_are_real() -> None:
    rows = [*ROWS, ROWS[-1], ROWS[-1] | {"amount": "-25.00"}]
    assert len(read_settlement(written(HEAD | {"total-amount": "12.25"}, rows).encode()).rows) == 8


# --- finances ---
def test_the_amounts_of_recorded_financial_events() -> None:
    counts = []
    for operation in ("listFinancialEvents", "listFinancialEventsByGroupId", "listFinancialEventsByOrderId"):
        found = read_events_v0(json.dumps(examples("financesV0", operation)[0]))
        text = json.dumps(examples("financesV0", operation)[0]["payload"]["FinancialEvents"])
        assert len(found) == text.count('"CurrencyAmount"')  # none is passed over, none is counted twice
        assert {row.amount for row in found} == {D("25.37")}
        counts.append(len(found))
    assert counts == [11, 36, 12]
    item = next(
        row
        for row in read_events_v0(json.dumps(examples("financesV0", "listFinancialEventsByGroupId")[0]))
        if row.item_id
    )
    assert (item.event, item.order_id, item.sku, item.name) == (
        "ChargebackEvent",
        "444-555-3343433",
        "456454455464",
        "Tax",
    )


def test_a_recorded_transaction_and_its_order() -> None:
    (found,) = read_transactions(json.dumps(examples("finances_2024-06-19", "listTransactions")[0]))
    assert (found.event, found.order_id, found.amount, found.currency) == (
        "Shipment",
        "8129762527551",
        D(10),
        "USD",
    )


def test_a_breakdown_gives_its_sum_down_to_the_leaves() -> None:
    def part(kind: str, amount: str, *inner: object) -> dict[str, object]:
        return {
            "breakdownType": kind,
            "breakdownAmount": {"currencyAmount": float(amount), "currencyCode": "USD"},
            "breakdowns": list(inner),
        }

    sales = part("Sales", "12.5", part("Product", "10.1"), part("Tax", "2.4"))
    entry = {
        "transactionType": "Shipment",
        "totalAmount": {"currencyAmount": 9.5, "currencyCode": "USD"},
        "breakdowns": [sales, part("Fees", "-3")],
    }
    found = read_transactions(json.dumps({"payload": {"transactions": [entry]}}))
    assert [(row.name, row.amount) for row in found] == [
        ("Product", D("10.1")),
        ("Tax", D("2.4")),
        ("Fees", D("-3.0")),
    ]
    sales["breakdownAmount"] = {"currencyAmount": 12.6, "currencyCode": "USD"}
    with pytest.raises(InvalidInput) as caught:
        read_transactions(json.dumps({"payload": {"transactions": [entry]}}))
    assert caught.value.field == "payload.transactions[1].totalAmount"


def test_recorded_balances_add_up_and_the_recorded_summary_does_not() -> None:
    for answer in examples("finances_2024-06-19", "listBalances"):
        found = read_balances(json.dumps(answer))
        assert [(row.name, row.amount) for row in found] == [
            ("AVAILABLE", D(8000)),
            ("DEFERRED", D(9000)),
            ("ACCOUNT_LEVEL_RESERVE", D(-2000)),
        ]
    with pytest.raises(InvalidInput, match="is 8000, its breakdowns add up to 7000"):
        read_summaries(json.dumps(examples("finances_2024-06-19", "listSummary")[0]))


def test_events_nested_without_end_are_refused() -> None:
    deep: object = {"CurrencyCode": "USD", "CurrencyAmount": 1}
    for _ in range(20):
        deep = {"Inner": deep}
    with pytest.raises(InvalidInput, match="nested too deeply"):
        read_events_v0(json.dumps({"FinancialEvents": {"XList": [deep]}}))
