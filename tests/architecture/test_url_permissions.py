"""Answers: does every URL say who may open it, and is it closed to everybody else?"""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, resolve, reverse

from erp.core.models import User
from erp.core.navigation import SECTIONS
from erp.core.permissions import PUBLIC, declared_permission, url_or_none
from erp.core.roles import PERMISSIONS, Role, roles_with
from erp.core.services.role import role_grant, role_sync

# Whoever adds to this list opens a door to the internet.
PUBLIC_NAMES = {"login", "logout", "healthz", "readyz", "metrics"}
PUBLIC_PREFIXES = ("admin/login/", "api/v1/", "channels/")


def patterns(
    resolver: URLResolver | None = None, prefix: str = "", spaces: tuple[str, ...] = ()
) -> Iterator[tuple[str, str, URLPattern]]:
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = (*spaces, entry.namespace) if entry.namespace else spaces
            yield from patterns(entry, route, inner)
        else:
            yield route, ":".join((*spaces, entry.name or "")), entry


OURS = [(route, name, entry) for route, name, entry in patterns() if not route.startswith(("admin/", "api/"))]


@pytest.mark.parametrize(("route", "name", "entry"), OURS, ids=[route for route, _, _ in OURS])
def test_every_url_names_its_permission(route: str, name: str, entry: URLPattern) -> None:
    view = entry.callback
    found = getattr(view, "permission", None) or getattr(
        getattr(view, "view_class", None), "permission", None
    )
    assert found, f"{route} declares no permission"
    if found == PUBLIC:
        assert name in PUBLIC_NAMES or route.startswith(PUBLIC_PREFIXES), (
            f"{route} is public and not on the list"
        )
    else:
        assert found in PERMISSIONS


def static_pages() -> list[tuple[str, str]]:
    """Pages without a parameter in their address: those that a role can simply ask for."""
    found = []
    for _, name, _ in OURS:
        url = url_or_none(name) if name and not name.endswith(":") else None
        permission = declared_permission(resolve(url)) if url else None
        if url and permission not in (None, PUBLIC):
            found.append((url, str(permission)))
    return sorted(set(found))


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_exactly_the_pages_of_its_permissions(client: Client, role: Role) -> None:
    role_sync()
    user = User.objects.create_user("ruth")
    role_grant(user=user, roles=[role])
    client.force_login(user)
    for url, permission in static_pages():
        answer = client.get(url)
        if role in roles_with(permission):
            assert answer.status_code in {200, 302, 405}, f"{role} at {url}: {answer.status_code}"
        else:
            assert answer.status_code == 403, f"{role} at {url}: {answer.status_code}"


@pytest.mark.django_db
def test_an_outsider_opens_nothing(client: Client) -> None:
    for url, _ in static_pages():
        answer = client.get(url)
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("login"))


def test_shortcuts_are_unique() -> None:
    keys = [item.keys for section in SECTIONS for item in section.items if item.keys]
    assert len(keys) == len(set(keys))
