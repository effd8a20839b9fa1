"""Which function does a kind of work mean? The kind is its address: "orders.order_notify" is
`order_notify` in some module of `orders/services/`, so a job needs no registration.

A handler is called as `handler(**arguments, actor=…, at=…)`. One that asks for a parameter `progress` is given a
`erp.core.services.progress.Progress`; one marked `long_job` commits its own chunks. An inbox handler takes
`(message, actor, at)` and returns what the message became; a sender takes `(message)` and returns the
provider's reference.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

Handler = Callable[..., Any]
AnyHandler = TypeVar("AnyHandler", bound=Handler)
_REGISTERED: dict[str, Handler] = {}
_INBOX: dict[str, Handler] = {}


class UnknownKind(LookupError):
    """No function answers to this kind of work."""


def handles(kind: str) -> Callable[[AnyHandler], AnyHandler]:
    """This function will return a decorator that makes a function outside `<app>/services/` answer to `kind`."""

    def register(handler: AnyHandler) -> AnyHandler:
        _REGISTERED[kind] = handler
        address_resolve.cache_clear()
        return handler

    return register


def handles_inbox(kind: str) -> Callable[[AnyHandler], AnyHandler]:
    """This function will return a decorator that makes a function replay inbox messages of `kind`."""

    def register(handler: AnyHandler) -> AnyHandler:
        _INBOX[kind] = handler
        return handler

    return register


def long_job(handler: AnyHandler) -> AnyHandler:
    """This function will mark a job handler that commits chunk by chunk instead of in one transaction with "done".

    Each chunk must carry its own effect key or move the checkpoint in its own transaction (`Progress.checkpoint`).
    """
    handler.keel_long_job = True  # type: ignore[attr-defined]
    return handler


def is_long_job(handler: Handler) -> bool:
    return getattr(handler, "keel_long_job", False)


def wants_progress(handler: Handler) -> bool:
    return "progress" in inspect.signature(handler).parameters


@cache
def address_resolve(address: str) -> Handler:
    """This function will return the function at `address`; UnknownKind when there is none."""
    if address in _REGISTERED:
        return _REGISTERED[address]
    for module in _service_modules(address.partition(".")[0]):
        found = getattr(module, address.partition(".")[2], None)
        if inspect.isfunction(found) and not found.__name__.startswith("_"):
            return found
    if address in _REGISTERED:  # registered by a module that was only imported just now
        return _REGISTERED[address]
    raise UnknownKind(f"no service answers to “{address}”")


def inbox_handler(kind: str) -> Handler:
    """This function will return the function that replays inbox messages of `kind`; UnknownKind when there
    is none."""
    if kind not in _INBOX:
        for _ in _service_modules(kind.partition(".")[0]):
            pass
    if kind not in _INBOX:
        raise UnknownKind(f"nothing replays messages of kind “{kind}”")
    return _INBOX[kind]


def _service_modules(app: str) -> list[Any]:
    package_name = f"{'erp.core' if app == 'core' else app}.services"
    if not app.isidentifier() or importlib.util.find_spec(package_name.rpartition(".")[0]) is None:
        return []
    try:
        package = importlib.import_module(package_name)
    except ModuleNotFoundError as error:
        if error.name != package_name:
            raise
        return []
    names = [name for _, name, _ in pkgutil.walk_packages(package.__path__, f"{package_name}.")]
    return [package, *(importlib.import_module(name) for name in names)]
