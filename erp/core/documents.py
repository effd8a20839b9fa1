"""Which page shows a document of a given type?

The address is the type's: "orders.Order" is shown by the URL name `orders:order_detail`, "core.ExceptionCase" by
`exception_case_detail`. So a link needs no registry.
"""

from __future__ import annotations

import re
from typing import Any

from erp.core.permissions import url_or_none


def detail_url_name(document_type: str) -> str:
    """This function will return the URL name of the record page of a model label."""
    app, _, model = document_type.partition(".")
    noun = re.sub(r"(?<!^)(?=[A-Z])", "_", model).lower()
    return f"{noun}_detail" if app == "core" else f"{app}:{noun}_detail"


def document_url(document_type: str, document_id: Any) -> str | None:
    """This function will return the address of a document's page, or None when no page shows that type."""
    if not document_type or not str(document_id).isdigit():
        return None
    return url_or_none(detail_url_name(document_type), int(document_id))


def document_name(document_type: str) -> str:
    """This function will return a model label in words: "procurement.PurchaseOrder" → "Purchase order"."""
    words = re.sub(r"(?<!^)(?=[A-Z])", " ", document_type.rpartition(".")[2])
    return words.capitalize()


def document_told(reference: str) -> tuple[str, str]:
    """This function will return a reference such as "orders.Order:17" in words and, where a page shows it, its address."""
    label, _, number = reference.partition(":")
    if not number.isdigit():
        return reference, ""
    return f"{document_name(label)} {number}", document_url(label, number) or ""
