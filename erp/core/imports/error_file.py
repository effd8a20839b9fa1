"""How do refused rows leave as a file that can be corrected and uploaded again, and that runs no formula?"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator

from django.core.files.storage import default_storage

from erp.core.imports.items import Source
from erp.core.imports.mapping import ERROR_COLUMN
from erp.core.imports.reader import Dialect, read_rows
from erp.core.imports.target import target_of
from erp.core.models import ImportRun
from erp.core.pages.exports import safe_cell
from erp.core.services.import_run import stored_name
from erp.core.states import IMPORT_OPEN, ImportState

_NUMBER = re.compile(r"[+-]?[\d.,]+")


class _Echo:
    def write(self, value: str) -> str:
        return value


def rows_are_trial(run: ImportRun) -> bool:
    """This function will tell whether an import has only the rows of its dry run to show."""
    return run.state in IMPORT_OPEN or run.state == ImportState.DISCARDED


def guarded(cell: str) -> str:
    """This function will return a cell that a spreadsheet does not run; a number, negative or not, stays one."""
    return cell if _NUMBER.fullmatch(cell) else str(safe_cell(cell))


def error_lines(run: ImportRun) -> Iterator[str]:
    """This function will yield a CSV file of the refused rows as they were sent, each with what is wrong with it.

    All rows of a refused document are in it. The columns keep their names, so the mapping is known when it comes back.
    """
    refused = run.rows.filter(is_trial=rows_are_trial(run), action="REFUSED")
    said: dict[int, list[str]] = defaultdict(list)
    numbers = set()
    for number, problems in refused.values_list("number", "problems").iterator(chunk_size=2_000):
        numbers.add(number)
        for problem in problems:
            where = f"{problem['column']}: " if problem["column"] else ""
            said[problem["row"]].append(
                f"{where}{problem['message'].rstrip('.')}. {problem['remedy']}".strip()
            )
    dialect = Dialect(**run.dialect)
    writer = csv.writer(_Echo(), delimiter=dialect.delimiter if dialect.format == "csv" else ",")
    with default_storage.open(stored_name(run.file_hash)) as file:
        if target_of(run.kind).grouped and numbers:
            source = Source(target_of(run.kind), dialect, run.mapping)
            items = source.items(file, source.keys(file))
            numbers = {number for item, _ in items if item.number in numbers for number, _ in item.rows}
        yield "\N{ZERO WIDTH NO-BREAK SPACE}" + str(
            writer.writerow([*map(guarded, run.header), ERROR_COLUMN])
        )
        rows = read_rows(file, dialect)
        next(rows, None)
        width = len(run.header)
        for number, cells in rows:
            if number in numbers:
                own = [*cells[:width], *[""] * (width - len(cells))]
                reason = " | ".join(said.get(number, ["another row of it is wrong"]))
                yield str(writer.writerow([*map(guarded, own), guarded(reason)]))
