"""Which adapters are there? Every package of `orders.channels` that has an `ADAPTER`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import orders.channels
from erp.core.errors import InvalidInput
from orders.channels.contract import Adapter


@cache
def adapters() -> dict[str, Adapter]:
    """This function will return the adapters by slug."""
    packages = [found.name for found in pkgutil.iter_modules(orders.channels.__path__) if found.ispkg]
    modules = [importlib.import_module(f"orders.channels.{name}") for name in packages]
    found: list[Adapter] = [module.ADAPTER for module in modules if hasattr(module, "ADAPTER")]
    return {adapter.slug: adapter for adapter in sorted(found, key=lambda adapter: adapter.name)}


def adapter_of(slug: str) -> Adapter:
    """This function will return an adapter; InvalidInput when there is none of that name."""
    if slug not in adapters():
        raise InvalidInput(
            f"there is no adapter “{slug}”", field="adapter", remedy=f"One of {', '.join(adapters())}."
        )
    return adapters()[slug]
