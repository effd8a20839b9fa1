"""What would a part of a workbook cost to read? Looked at element by element, before a library builds anything of it.

An archive's directory tells what a part unpacks to, not what its reader makes of it: one row of ten million cells is held
whole, a row that says it is number 1,048,576 is a million blank ones before it, a million short texts are a hundred megabytes.
The scanner keeps a few numbers and stops at the first one that is too large. What a part is says its root element, not its name.
"""

from __future__ import annotations

from typing import IO
from xml.parsers import expat

from erp.core.errors import InvalidInput

MAX_DEPTH = 64
MAX_ELEMENTS = 20_000  # of a part that is neither a sheet nor texts, and of a sheet outside its rows
MAX_ROW_ELEMENTS = 5_000  # a cell of formatted text has a handful
MAX_ROW_TEXTS = 250  # texts that stand in the cells themselves
MAX_BLANK = 200_000  # cells and rows without a value, one after another
MAX_ROW = 1_048_576
MAX_CELL = 32_767  # characters, as Excel has it
MAX_STRINGS = 250_000
MAX_CHARACTERS = 20_000_000  # of all shared texts together
_TOKEN = 4 * 2**20  # a tag this long is held whole by the parser itself
_PIECE = 1 << 16
_REMEDY = "Save it again as .xlsx with values only, or as CSV UTF-8."
_SHEET, _TEXTS = "worksheet", "sst"


def refuse(message: str, remedy: str = _REMEDY) -> InvalidInput:
    """This function will return the error of a workbook that is not read."""
    return InvalidInput(message, field="file", remedy=remedy)


class _Scan:
    """Looks at one part. Sheets are held to rows and blanks, texts to their number and size, everything else to its elements."""

    def __init__(self, *, keep_texts: bool = False) -> None:
        self.root, self.depth, self.elements = "", 0, 0
        self.row = self.in_row = self.inline = self.row_depth = self.blank = self.characters = 0
        self.keep_texts = keep_texts
        self.texts: list[str] = []
        self.parts: list[str] = []
        self.strings = self.phonetic = 0
        self.is_text = False
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._said
        self.parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, file: IO[bytes]) -> None:
        """Look through the part; InvalidInput at the first thing that is too much."""
        fed = 0
        while piece := file.read(_PIECE):
            fed += len(piece)
            self.parser.Parse(piece, False)
            if fed - self.parser.CurrentByteIndex > _TOKEN:
                raise refuse("the workbook has a tag of several megabytes")
        self.parser.Parse(b"", True)

    def _doctype(self, *_: object) -> None:
        raise refuse("the workbook declares document types of its own, or is encrypted")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name.rpartition(" ")[2]
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise refuse("the workbook is nested too deeply")
        if not self.root:
            self.root = name
        if self.root == _SHEET:
            self._in_sheet(name, attributes)
        elif self.root == _TEXTS:
            self._in_texts(name)
        else:
            self._count()

    def _end(self, name: str) -> None:
        if self.depth == self.row_depth:
            self.row_depth = 0
        self.depth -= 1
        if self.root == _TEXTS:
            self._end_of_text(name.rpartition(" ")[2])

    def _said(self, text: str) -> None:
        self.characters += len(text)
        if self.root == _SHEET:
            if self.blank and not text.isspace():
                self.blank = 0
            if self.characters > MAX_CELL + 1:
                raise refuse(f"a cell near row {self.row:,} has more than {MAX_CELL:,} characters")
            return
        if self.characters > MAX_CHARACTERS:
            raise refuse("the workbook holds too much text", "Split it, or send CSV.")
        if self.keep_texts and self.is_text:
            self.parts.append(text)

    def _count(self) -> None:
        self.elements += 1
        if self.elements > MAX_ELEMENTS:
            raise refuse("the workbook has too many styles, names, links or merged cells")

    # --- a sheet

    def _in_sheet(self, name: str, attributes: dict[str, str]) -> None:
        self.characters = 0
        if name == "row" and not self.row_depth:
            self._begin_row(attributes.get("r", ""))
        elif not self.row_depth:
            self._count()
            return
        self.in_row += 1
        if name == "is":  # a text of its own costs the library ten times a cell
            self.inline += 1
            self.blank += 10
        else:
            self.blank += 1
        if self.in_row > MAX_ROW_ELEMENTS or self.inline > MAX_ROW_TEXTS:
            raise refuse(
                f"row {self.row:,} has too many columns, at most 200 are read",
                "Delete the columns that mean nothing.",
            )
        if self.blank > MAX_BLANK:
            raise refuse(
                f"more than {MAX_BLANK:,} empty cells or rows follow each other at row {self.row:,}",
                "Delete the empty rows and columns, or send CSV.",
            )

    def _begin_row(self, said: str) -> None:
        number = int(said) if said.isascii() and said.isdigit() and len(said) < 9 else self.row + 1
        if number > MAX_ROW or len(said) > 8:
            raise refuse("the sheet has more rows than a sheet can have")
        self.blank += max(number - self.row - 1, 0)
        self.row, self.in_row, self.inline, self.row_depth = number, 0, 0, self.depth

    # --- texts

    def _in_texts(self, name: str) -> None:
        if name == "si":
            self.parts = []
            self.strings += 1
            if self.strings > MAX_STRINGS:
                raise refuse(
                    f"the workbook holds more than {MAX_STRINGS:,} different texts", "Split it, or send CSV."
                )
        elif name == "rPh":  # how a text is pronounced is no part of it
            self.phonetic += 1
        self.is_text = name == "t" and not self.phonetic

    def _end_of_text(self, name: str) -> None:
        self.is_text = False
        if name == "rPh":
            self.phonetic -= 1
        elif name == "si" and self.keep_texts:
            self.texts.append("".join(self.parts))


def check_part(file: IO[bytes]) -> None:
    """This function will refuse a part that would cost too much to read."""
    _Scan().feed(file)


def shared_texts(file: IO[bytes]) -> list[str]:
    """This function will return the texts that cells refer to by number; InvalidInput when they are too many or too long."""
    scan = _Scan(keep_texts=True)
    scan.feed(file)
    return scan.texts
