"""How do the rows of a file become items, in the same order every time it is read?

The first pass only counts keys. The second hands out an item as soon as its last row was read, so rows of one order may lie
anywhere, and a file whose orders are whole needs the memory of one order. The order is the same every time: that is what lets
an interrupted import go on behind the last item it wrote.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

from erp.core.errors import InvalidInput
from erp.core.imports.reader import Dialect, header_of, read_rows, refuse
from erp.core.imports.target import Item, Target
from erp.core.imports.values import plain

MAX_ITEM_ROWS = 5_000
Values = Mapping[str, str]


@dataclass
class Keys:
    """What the first pass found: rows per key of a grouped kind, the first row of each key of another; rows in all."""

    counts: dict[str, int] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)
    rows: int = 0
    items: int = 0


@dataclass(frozen=True)
class Source:
    """A file, how it is written, and which of its columns is which of ours."""

    target: Target
    dialect: Dialect
    mapping: Mapping[str, str]

    def rows(
        self, file: IO[bytes], only: Collection[str] | None = None
    ) -> Iterator[tuple[int, dict[str, str], str]]:
        """This function will yield (row number, column → text, what is wrong with its shape or blank) of every row.

        With `only` the other columns are left blank, for who needs the keys alone.
        """
        stream = read_rows(file, self.dialect)
        first = next(stream, None)
        if first is None:
            raise refuse("the file is empty", "Upload it again.")
        header = header_of(first[1])
        missing = [theirs for theirs in self.mapping.values() if theirs not in header]
        if missing:
            raise refuse(f"the file has no column “{missing[0][:40]}”", "Map the columns again.")
        kinds = {column.name: column.kind for column in self.target.columns}
        places = [
            (name, header.index(theirs), kinds[name])
            for name, theirs in self.mapping.items()
            if only is None or name in only
        ]
        blank = dict.fromkeys(self.target.names, "")
        decimal, width = self.dialect.decimal, len(header)
        for number, cells in stream:
            count = len(cells)
            values = blank | {
                name: plain(cells[place], kind, decimal) for name, place, kind in places if place < count
            }
            ragged = count > width and any(cell.strip() for cell in cells[width:])
            short = count < width and self.dialect.format == "csv"
            yield number, values, f"{count} values for {width} columns" if ragged or short else ""

    def key(self, number: int, values: Values) -> str:
        """This function will return the natural key of a row, or its number when it has none."""
        parts = self.target.key_of(values)
        return "\x1f".join(parts) if parts[0] else f"\x1frow {number}"

    def keys(self, file: IO[bytes]) -> Keys:
        """This function will count the keys of the file: the first pass."""
        found = Keys()
        for number, values, _ in self.rows(file, only=self.target.key_columns):
            found.rows += 1
            key = self.key(number, values)
            if self.target.grouped:
                found.counts[key] = found.counts.get(key, 0) + 1
            else:
                found.first.setdefault(key, number)
        found.items = len(found.counts) if self.target.grouped else found.rows
        return found

    def items(self, file: IO[bytes], keys: Keys) -> Iterator[tuple[Item, InvalidInput | None]]:
        """This function will yield every item with what is wrong with its shape: the second pass."""
        waiting: dict[str, list[tuple[int, dict[str, str]]]] = {}
        faults: dict[str, InvalidInput] = {}
        for number, values, shape in self.rows(file):
            key = self.key(number, values)
            fault = _shape(number, shape) if shape else None
            if not self.target.grouped:
                if fault is None and keys.first.get(key, number) != number:
                    fault = InvalidInput(
                        f"it repeats row {keys.first[key]}", field=self.target.key_columns[0], remedy="Keep one of the rows."
                    )  # fmt: skip
                yield Item([(number, values)]), fault
                continue
            rows = waiting.setdefault(key, [])
            rows.append((number, values))
            if fault is not None:
                faults.setdefault(key, fault)
            if len(rows) >= keys.counts[key]:
                del waiting[key]
                yield Item(rows), faults.pop(key, None) or _too_many(rows)


def _shape(number: int, shape: str) -> InvalidInput:
    return InvalidInput(
        f"row {number} has {shape}", field=f"row {number}", remedy="Check delimiters and quotes."
    )


def _too_many(rows: Sequence[tuple[int, Values]]) -> InvalidInput | None:
    if len(rows) <= MAX_ITEM_ROWS:
        return None
    return InvalidInput(
        f"{len(rows):,} rows belong together, at most {MAX_ITEM_ROWS:,}", field=f"row {rows[0][0]}", remedy="Split it."
    )  # fmt: skip
