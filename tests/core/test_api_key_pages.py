"""Answers: is a key made, renewed and revoked by administrators only, and its secret shown once?"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from erp.core.models import ApiKey, Note
from erp.core.services.api_key import api_key_authenticate
from tests.cast import Company

pytestmark = pytest.mark.django_db
SECRET = re.compile(rb"keel_[A-Za-z0-9_\-]{40,}")


def shown(answer: Any) -> str:
    found = SECRET.search(answer.content)
    assert found, answer.content[:500]
    assert answer["Cache-Control"].startswith("no-store")
    return found.group().decode()


def test_a_key_is_made_renewed_and_revoked(
    client: Client, company: Company, django_assert_max_num_queries: Any
) -> None:
    client.force_login(company.ada)
    content = {
        "name": "Shop",
        "user": company.cora.pk,
        "scopes": ["orders:read", "orders:write"],
        "days": "30",
    }
    secret = shown(client.post(reverse("api_key_create"), content))
    key = ApiKey.objects.get()
    assert (key.scopes, key.user) == (["orders:read", "orders:write"], company.cora)
    assert client.post(reverse("api_key_create"), content).status_code == 422
    assert client.post(reverse("api_key_create"), content | {"name": "B", "scopes": ["x"]}).status_code == 422
    page = reverse("api_key_detail", args=[key.pk])
    assert not SECRET.search(client.get(page).content)
    with django_assert_max_num_queries(12):
        assert b"orders:read" in client.get(reverse("api_key_list")).content
    assert client.post(reverse("api_key_rotate", args=[key.pk]), {"hours": "soon"}).status_code == 302
    new = shown(client.post(reverse("api_key_rotate", args=[key.pk]), {"hours": "2"}))
    now = timezone.now()
    assert api_key_authenticate(secret=new, at=now) == api_key_authenticate(secret=secret, at=now) == key
    client.post(reverse("api_key_revoke", args=[key.pk]), {"reason": "the shop closed"})
    assert api_key_authenticate(secret=new, at=now) is None
    assert "the shop closed" in Note.objects.latest("pk").body
    assert b"the shop closed" in client.get(page).content
    assert client.post(reverse("api_key_rotate", args=[key.pk]), {"hours": "2"}).status_code == 302
    assert ApiKey.objects.count() == 1


def test_nobody_else_sees_or_makes_keys(client: Client, company: Company) -> None:
    client.force_login(company.olga)
    for name in ("api_key_list", "api_key_create"):
        assert client.get(reverse(name)).status_code == 403
    assert client.post(reverse("api_key_rotate", args=[1])).status_code == 403
    assert client.post(reverse("api_key_revoke", args=[1])).status_code == 403
