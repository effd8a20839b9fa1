"""How is text from outside made storable? PostgreSQL refuses NUL and lone surrogates; neither may be lost."""

from __future__ import annotations

import hashlib
from typing import Any


def storable(text: str | bytes) -> str:
    """This function will return `text` with everything PostgreSQL can not keep written as an escape.

    Undecodable bytes become \\xNN, lone surrogates \\uNNNN and NUL \\x00; all other characters stay as they are.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "backslashreplace")
    elif text.isascii():  # by far the most, and a flag of the string: nothing is copied
        return text.replace("\x00", "\\x00") if "\x00" in text else text
    else:
        text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text.replace("\x00", "\\x00")


def storable_json(value: Any) -> Any:
    """This function will return a JSON value whose every key and text is storable; other objects become
    their text."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else str(value)  # JSON knows neither NaN nor infinity
    if isinstance(value, dict):
        return {storable(str(key)): storable_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable_json(item) for item in value]
    return storable(value if isinstance(value, (str, bytes)) else str(value))


def digest(text: str | bytes) -> str:
    """This function will return the sha256 of the bytes as received, in hex."""
    return hashlib.sha256(
        text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    ).hexdigest()
