"""Which column of somebody's file is which of ours?

A mapping is {our column: their header}. The first guess is by name; a file with the same headers as an earlier one takes that
one's mapping (`erp.core.services.import_run`).
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence

from erp.core.errors import InvalidInput
from erp.core.imports.target import Target

ERROR_COLUMN = "import_error"  # of our own error file; not a column of anything


def folded(name: str) -> str:
    """This function will return a header as two of them compare: letters and digits only, in lower case, without accents."""
    bare = unicodedata.normalize("NFKD", name.casefold())
    return "".join(char for char in bare if char.isalnum() and not unicodedata.combining(char))


def header_hash(header: Sequence[str]) -> str:
    """This function will return what files with the same columns have in common."""
    return hashlib.sha256(
        "\x1f".join(folded(name) for name in header if name != ERROR_COLUMN).encode()
    ).hexdigest()


def guess_mapping(target: Target, header: Sequence[str]) -> dict[str, str]:
    """This function will return the mapping that the names suggest: our name, our label, then the aliases."""
    theirs: dict[str, str] = {}
    for name in header:
        if name != ERROR_COLUMN:
            theirs.setdefault(folded(name), name)
    found: dict[str, str] = {}
    taken: set[str] = set()
    for number in range(2):  # exact names first: an alias must not take what another column is called
        for column in target.columns:
            if column.name in found:
                continue
            words = (column.name, column.label) if number == 0 else column.aliases
            for word in words:
                header_name = theirs.get(folded(word))
                if header_name and header_name not in taken:
                    found[column.name] = header_name
                    taken.add(header_name)
                    break
    return found


def check_mapping(target: Target, header: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """This function will return a clean mapping; InvalidInput for a required column without one, an unknown or a doubled one."""
    clean = {name: theirs for name, theirs in mapping.items() if theirs}
    for name, theirs in clean.items():
        if target.column(name) is None:
            raise InvalidInput(
                f"{target.label} have no column “{name[:40]}”", field="mapping", remedy=f"Known: {', '.join(target.names)}."
            )  # fmt: skip
        if theirs not in header:
            raise InvalidInput(
                f"the file has no column “{theirs[:40]}”", field=name, remedy="Choose one of its columns."
            )
    doubled = sorted({theirs for theirs in clean.values() if list(clean.values()).count(theirs) > 1})
    if doubled:
        raise InvalidInput(
            f"“{doubled[0][:40]}” is used twice", field="mapping", remedy="Give each column one meaning."
        )
    missing = [column for column in target.columns if column.is_required and column.name not in clean]
    if missing:
        raise InvalidInput(
            f"columns missing: {', '.join(column.name for column in missing)}", field=missing[0].name,
            remedy="Say which column of the file it is, or add it to the file; the template shows all.",
        )  # fmt: skip
    return clean
