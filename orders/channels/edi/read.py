"""Which interchanges does a body hold, in whichever standard it is written?"""

from __future__ import annotations

from orders.channels.edi.edifact import read_edifact
from orders.channels.edi.envelope import Interchange, Unreadable, without_mark
from orders.channels.edi.x12 import read_x12


def decode(body: bytes) -> str:
    """This function will return a body as text: UTF-8 when it is, else Latin-1, which loses no byte (UNOC is Latin-1)."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("latin-1")


def read(text: str) -> list[Interchange]:
    """This function will return the interchanges of a text, each with its faults; Unreadable when it is none at all."""
    text = without_mark(text)
    if text.startswith("ISA"):
        return read_x12(text)
    if text.startswith(("UNA", "UNB")):
        return read_edifact(text)
    if text.startswith("STX="):
        raise Unreadable("TRADACOMS is not spoken here", field="body", remedy="Send EDIFACT or X12.")
    if text.startswith(("ST", "GS")):
        raise Unreadable(
            "the document has no interchange header", field="ISA", remedy="Send it inside of ISA … IEA."
        )
    raise Unreadable(
        "this is neither X12 nor EDIFACT", field="body", remedy="Send an interchange: ISA… or UNB…."
    )
