"""How do orders come in as a CSV file: one row per line, rows of one order under one order id?

A file is read whole before anything is written: what is wrong with it is said row by row. An order with a bad row is refused
as a whole; its neighbours are not.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from erp.core.errors import InvalidInput, KeelError
from orders.channels.normalise import order_command
from orders.services import OrderCommand

COLUMNS = (
    "external_id", "ordered_at", "currency", "customer_number", "email", "ship_to_name", "ship_to_line1", "ship_to_city",
    "ship_to_postcode", "ship_to_country", "sku", "quantity", "unit_price", "description", "shipping", "payment_provider",
    "payment_ref", "payment_amount",
)  # fmt: skip
REQUIRED = ("external_id", "ordered_at", "currency", "sku", "quantity", "unit_price")
MAX_ROWS = 100_000
_HEAD = [column for column in COLUMNS if column not in ("sku", "quantity", "unit_price", "description")]


@dataclass(frozen=True)
class FeedOrder:
    """One order of the file: its rows as they stand there, and the command they make or the error that kept it out."""

    external_id: str
    first_row: int
    body: str
    command: OrderCommand | None
    error: KeelError | None = None


def read_feed(content: bytes, *, channel: str, at: datetime) -> list[FeedOrder]:
    """This function will read a CSV file into orders, in the order of their first row.

    InvalidInput when the file as a whole can not be read: not UTF-8, no header, unknown, missing or repeated columns, too
    many rows.
    """
    rows = _rows(content)
    groups: dict[str, list[tuple[int, dict[str, str]]]] = {}
    for number, row in rows:
        # a row without an id is an order of its own, refused below under its row number
        groups.setdefault(row["external_id"].strip() or f"row-{number}", []).append((number, row))
    return [feed_order(external_id, members, channel, at) for external_id, members in groups.items()]


def _rows(content: bytes) -> list[tuple[int, dict[str, str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"the file is not UTF-8 (byte {error.start})",
            field="file",
            remedy="Save it as CSV UTF-8 and upload it again.",
        ) from error
    if "\x00" in text:
        raise InvalidInput(
            "the file holds NUL bytes", field="file", remedy="Save it as CSV UTF-8 (not UTF-16)."
        )
    sample = text.split("\n", 1)[0]
    reader = csv.reader(
        io.StringIO(text), delimiter=";" if sample.count(";") > sample.count(",") else ",", strict=True
    )
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        _check_header(header)
        rows = []
        for number, values in enumerate(reader, start=2):
            if number > MAX_ROWS + 1:
                raise InvalidInput(f"more than {MAX_ROWS} rows", field="file", remedy="Split the file.")
            if not any(value.strip() for value in values):
                continue
            padded = dict.fromkeys(COLUMNS, "") | dict(zip(header, values, strict=False))
            if len(values) != len(header):
                padded["_ragged"] = f"{len(values)} values for {len(header)} columns"
            rows.append((number, padded))
    except csv.Error as error:
        raise InvalidInput(
            f"row {reader.line_num}: {error}", field="file", remedy="Check the quotes in that row."
        ) from error
    if not rows:
        raise InvalidInput(
            "the file has no rows", field="file", remedy="Send at least one row below the header."
        )
    return rows


def _check_header(header: list[str]) -> None:
    missing = [name for name in REQUIRED if name not in header]
    unknown = [name[:40] for name in header if name not in COLUMNS]
    twice = sorted({name for name in header if header.count(name) > 1})
    for names, what, remedy in (
        (missing, "missing", "Add them; the template shows all columns."),
        (unknown, "unknown", f"Known are: {', '.join(COLUMNS)}."),
        (twice, "repeated", "Keep one of each."),
    ):
        if names:
            raise InvalidInput(
                f"columns {what}: {', '.join(names[:10])}", field=f"header.{names[0]}", remedy=remedy
            )


def feed_order(
    external_id: str, members: Sequence[tuple[int, Mapping[str, str]]], channel: str, at: datetime
) -> FeedOrder:
    """This function will make one order of its rows, (row number, column → text), or say what kept it out.

    The body is the rows as they stand there, in the order of COLUMNS: the same rows again are the same message.
    """
    body = body_of(members)
    first = members[0][0]
    try:
        content = _content(members, channel)
        command = order_command(
            content, body=body, at=at, headers={"rows": [number for number, _ in members]}
        )
    except KeelError as error:
        return FeedOrder(external_id[:80], first, body, None, _with_row(error, members))
    return FeedOrder(command.external_id, first, body, command)


def body_of(members: Sequence[tuple[int, Mapping[str, str]]]) -> str:
    """This function will return the rows of an order as they are kept in the inbox."""
    raw = io.StringIO()
    csv.writer(raw, lineterminator="\n").writerows([row[column] for column in COLUMNS] for _, row in members)
    return raw.getvalue()


def _content(members: Sequence[tuple[int, Mapping[str, str]]], channel: str) -> Mapping[str, Any]:
    first_number, first = members[0]
    for number, row in members:
        if "_ragged" in row:
            raise InvalidInput(
                f"row {number} has {row['_ragged']}", field=f"row {number}", remedy="Check commas and quotes."
            )
        for column in _HEAD:
            if row[column] and row[column] != first[column]:
                raise InvalidInput(
                    f"row {number}: {column} differs from row {first_number} of the same order", field=f"row {number}: {column}",
                    remedy="Repeat the same value, or leave it blank after the first row.",
                )  # fmt: skip
    charges = (
        [{"kind": "SHIPPING_REVENUE", "amount": first["shipping"], "description": "Shipping"}]
        if first["shipping"]
        else []
    )
    payment = (
        {
            "provider": first["payment_provider"],
            "provider_ref": first["payment_ref"],
            "amount": first["payment_amount"],
        }
        if first["payment_amount"]
        else None
    )
    return {
        "channel": channel, "external_id": first["external_id"], "ordered_at": first["ordered_at"], "currency": first["currency"],
        "customer_number": first["customer_number"], "email": first["email"], "charges": charges, "payment": payment,
        "ship_to": {name: first[f"ship_to_{name}"] for name in ("name", "line1", "city", "postcode", "country")},
        "lines": [{name: row[name] for name in ("sku", "quantity", "unit_price", "description")} for _, row in members],
    }  # fmt: skip


def row_error(order: FeedOrder, error: KeelError) -> tuple[int, KeelError]:
    """This function will return the row of the file at which an order was refused, and the refusal that names it."""
    if order.command is None:
        return order.first_row, error
    rows: list[int] = order.command.headers["rows"]
    number = rows[0]
    if error.field.startswith("lines["):
        number = rows[int(error.field[6:].split("]", 1)[0]) - 1]
    name = error.field.rsplit(".", 1)[-1]
    named = type(error)(
        f"row {number}: {error.message}", field=f"row {number}: {name}", remedy=error.remedy, **error.detail
    )
    named.is_recorded = error.is_recorded
    return number, named


def _with_row(error: KeelError, members: Sequence[tuple[int, Mapping[str, str]]]) -> KeelError:
    """Say in which row of the file the field is: lines[n] is the nth row of its order."""
    number = members[0][0]
    if error.field.startswith("lines["):
        number = members[int(error.field[6:].split("]", 1)[0]) - 1][0]
    if error.field.startswith("row "):
        return error
    name = error.field.rsplit(".", 1)[-1]
    return type(error)(
        f"row {number}: {error.message}", field=f"row {number}: {name}", remedy=error.remedy, **error.detail
    )
