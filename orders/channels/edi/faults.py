"""Which code does each fault have in a TA1, a 997 and a CONTRL?

Sources: X12 data elements I18 (TA1), 716 (AK905), 718 (AK502), 720 (AK304), 723 (AK403); EDIFACT code list 0085. A reason that
a list has no word for gets that list's "content is wrong".
"""

from __future__ import annotations

# reason → (TA1 note, AK905 of the group, AK502 of the set, 0085 of CONTRL)
_CODES: dict[str, tuple[str, str, str, str]] = {
    "control_mismatch": ("001", "4", "3", "28"),
    "count_wrong": ("021", "5", "4", "29"),
    "trailer_missing": ("023", "3", "2", "13"),
    "truncated": ("023", "3", "2", "13"),
    "structure": ("022", "6", "5", "33"),
    "empty": ("024", "5", "5", "32"),
    "unreadable": ("024", "6", "5", "18"),
    "unknown_sender": ("006", "", "", "23"),
    "wrong_sender_qualifier": ("005", "", "", "23"),
    "unknown_receiver": ("008", "", "", "7"),
    "duplicate_interchange": ("025", "", "", "26"),
    "no_reference": ("018", "6", "7", "13"),
    "test_refused": ("020", "", "", "25"),
    "no_time": ("014", "", "", "12"),
    "duplicate_message": ("024", "6", "23", "26"),
    "duplicate_order": ("024", "6", "5", "26"),
    "unsupported_document": ("024", "1", "1", "14"),
    "unsupported_version": ("017", "2", "5", "14"),
    "missing_segment": ("024", "6", "5", "13"),
    "missing_element": ("024", "6", "5", "13"),
    "bad_value": ("024", "6", "5", "12"),
    "wrong_total": ("024", "6", "5", "29"),
    "too_large": ("024", "6", "5", "35"),
}
REASONS = tuple(_CODES)
SEGMENT_MISSING, SEGMENT_WRONG = "3", "8"  # AK304
ELEMENT_MISSING, ELEMENT_WRONG = "1", "7"  # AK403


def ta1_code(reason: str) -> str:
    """This function will return the TA1 note of a fault of an interchange."""
    return _CODES[reason][0]


def group_code(reason: str) -> str:
    """This function will return the AK905 code of a fault of a functional group."""
    return _CODES[reason][1] or "6"


def set_code(reason: str) -> str:
    """This function will return the AK502 code of a fault of a transaction set."""
    return _CODES[reason][2] or "5"


def contrl_code(reason: str) -> str:
    """This function will return the code of a fault in a CONTRL, at whichever level."""
    return _CODES[reason][3]
