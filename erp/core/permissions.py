"""Who may open which page, and how does a view say so?

A view names one permission of `erp.core.roles.PERMISSIONS`; a view that names none cannot be opened (see
`erp.core.middleware`). `page` marks function views, a class view has an attribute `permission`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest
from django.urls import NoReverseMatch, Resolver404, ResolverMatch, resolve, reverse

from erp.core.roles import PERMISSIONS

if TYPE_CHECKING:
    from erp.core.models import User

PUBLIC = "public"
View = TypeVar("View", bound=Callable[..., Any])


def page(permission: str) -> Callable[[View], View]:
    """This function will return a decorator that lets only holders of `permission` open a function view."""
    if permission not in PERMISSIONS:
        raise ImproperlyConfigured(f"“{permission}” is not in erp.core.roles.PERMISSIONS")

    def mark(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """This function will mark a view as open to everybody: log-in, health probes, signed webhooks."""
    view.permission = PUBLIC  # type: ignore[attr-defined]
    return view


def actor_of(request: HttpRequest) -> User:
    """This function will return who acts. A page with a permission is never opened by an anonymous visitor."""
    return cast("User", request.user)


def declared_permission(match: ResolverMatch) -> str | None:
    """This function will return the permission of the view behind `match`, PUBLIC, or None when it names none."""
    if "admin" in match.app_names:
        return "core.admin"
    # The API authenticates each request by its key; its operations carry no session.
    if any(namespace.startswith("api-") for namespace in match.namespaces):
        return PUBLIC
    view = match.func
    found = getattr(view, "permission", None) or getattr(
        getattr(view, "view_class", None), "permission", None
    )
    if found is not None and found != PUBLIC and found not in PERMISSIONS:
        raise ImproperlyConfigured(
            f"{match.view_name} asks for “{found}”, which is not in erp.core.roles.PERMISSIONS"
        )
    return found


def url_or_none(name: str, *args: Any) -> str | None:
    """This function will return the address of a URL name, or None while no app provides that page."""
    if not args:
        return _fixed_url(name)  # the navigation asks for sixty of them on every page
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return None


@cache
def _fixed_url(name: str) -> str | None:
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


@cache
def _permission_of_path(path: str) -> str | None:
    try:
        return declared_permission(resolve(path))
    except Resolver404:
        return None


@cache
def _permission_of_name(name: str, parts: int) -> str | None:
    url = url_or_none(name, *([1] * parts))
    return None if url is None else _permission_of_path(url)


def permission_of_url_name(name: str, args: tuple[Any, ...] = ()) -> str | None:
    """This function will return the permission of the page behind a URL name; None when there is no such page."""
    if args and not all(isinstance(value, int) for value in args):
        url = url_or_none(name, *args)
        return None if url is None else declared_permission(resolve(url))
    return _permission_of_name(name, len(args))


def may_open(user: Any, name: str, *args: Any) -> str | None:
    """This function will return the address of a page when it exists and `user` may open it, else None."""
    permission = permission_of_url_name(name, args)
    if permission is None:
        return None
    if permission != PUBLIC and not (user.is_authenticated and user.may(permission)):
        return None
    return url_or_none(name, *args)
