"""Answers: does a request that no person types get a clear refusal instead of a fault?"""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import Company
from tests.fulfillment.goods import order_in


@pytest.mark.django_db
def test_a_reason_with_a_nul_is_refused_and_nothing_happens(client: Client, company: Company) -> None:
    client.force_login(company.olga)
    order = order_in(company, (company.mug, 1))
    url = reverse("orders:order_cancel", args=[order.pk])
    answer = client.post(url, {"reason": "a\0b"}, follow=True)
    assert "“reason” holds a NUL character" in answer.content.decode()
    order.refresh_from_db()
    assert order.state == "CONFIRMED"


@pytest.mark.django_db
def test_a_list_asked_to_sort_by_a_hidden_column_sorts(client: Client, company: Company) -> None:
    client.force_login(company.olga)
    assert client.get(reverse("orders:customer_list"), {"sort": "email"}).status_code == 200
    assert client.get(reverse("orders:customer_list"), {"sort": "no_such_column"}).status_code == 200
