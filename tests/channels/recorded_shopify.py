"""Answers: where are the recorded Shopify documents, and which of them are orders?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from orders.channels.contract import Account

HERE = Path(__file__).parent / "recorded" / "shopify"
ACCOUNT = Account("shopify", "test-shop.myshopify.com", "", {}, {})


def exchanges(family: str, name: str) -> list[Any]:
    """Return the answers of one file; the python_api files are answers themselves."""
    content = json.loads((HERE / family / f"{name}.json").read_text())
    if family == "python_api":
        return [content]
    return [item["response_body"] for item in content]


def orders_in(content: Any) -> Iterator[dict[str, Any]]:
    """Yield every order within an answer, whole or not."""
    if isinstance(content, dict):
        if "total_price" in content and ("financial_status" in content or "line_items" in content):
            yield content
        else:
            for value in content.values():
                yield from orders_in(value)
    elif isinstance(content, list):
        for value in content:
            yield from orders_in(value)


def found_in(content: Any, key: str) -> list[Any]:
    """Return what an answer has under a name, when it is one thing."""
    return [content[key]] if isinstance(content, dict) and isinstance(content.get(key), dict) else []


ORDERS: dict[str, list[dict[str, Any]]] = {
    family: [
        order
        for path in sorted((HERE / family).glob("*.json"))
        for answer in exchanges(family, path.stem)
        for order in orders_in(answer)
    ]
    for family in ("2024_10", "2025_01", "python_api")
}
