"""Does the API answer what the stock card shows, and refuse what nobody knows?"""

from datetime import timedelta

import pytest
from django.test import Client

from erp.core.services.api_key import api_key_create
from inventory.services import buffer_save
from tests.cast import NOW, Company, stock_in

BASE = "/api/v1/inventory"


@pytest.fixture
def ask(client: Client, company: Company):
    key = api_key_create(name="robot", user=company.olga, actor=company.ada, at=NOW)
    secret = key[1]

    def get(path: str, **query: object):
        return client.get(f"{BASE}{path}", query, headers={"Authorization": f"Bearer {secret}"})

    return get


def test_products_are_listed_page_by_page(ask, company: Company) -> None:
    first = ask("/products", limit=2).json()
    rest = ask("/products", limit=2, after=first["next_cursor"]).json()
    assert [row["sku"] for row in first["products"] + rest["products"]] == ["MUG", "LAMP", "CREAM"]
    assert rest["next"] is None
    assert ask("/products/04006381333931").json()["sku"] == "MUG"


def test_stock_now_then_and_what_may_be_promised(ask, company: Company) -> None:
    sequence = stock_in(company, company.mug, 10)
    stock_in(company, company.mug, 5, at=NOW + timedelta(days=1))
    buffer_save(node_id=company.north.pk, product_id=None, quantity=2, actor=company.olga, at=NOW)
    level = {"sku": "MUG", "node": "NORTH", "status": "AVAILABLE"}
    assert ask("/stock", sku="mug").json()["levels"] == [level | {"quantity": 15}]
    assert ask("/stock/as-of", sku="mug", sequence=sequence).json()["levels"] == [level | {"quantity": 10}]
    assert ask("/stock/as-of", sku="mug", at=NOW.isoformat()).json()["levels"] == [level | {"quantity": 10}]
    (promise,) = ask("/atp", sku="MUG,LAMP").json()["atp"]
    assert (promise["available"], promise["buffer"], promise["quantity"]) == (15, 2, 13)


@pytest.mark.parametrize(("path", "query", "status"), [
    ("/stock", {"sku": "NOPE"}, 404),
    ("/stock", {"sku": ","}, 422),
    ("/stock/as-of", {"sku": "MUG"}, 422),
    ("/stock/as-of", {"sku": "MUG", "sequence": 1, "at": "2026-03-02T09:00:00Z"}, 422),
    ("/stock/as-of", {"sku": "MUG", "at": "2026-03-02T09:00:00"}, 422),
    ("/stock/as-of", {"sku": "MUG", "sequence": "one"}, 422),
    ("/products", {"limit": 100000}, 422),
    ("/products/NOPE", {}, 404),
    ("/atp", {"sku": "MUG", "on": "tomorrow"}, 422),
])  # fmt: skip
def test_a_wrong_question_is_explained(ask, path: str, query: dict, status: int) -> None:
    response = ask(path, **query)
    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("application/problem+json")


def test_without_a_key_nothing_is_told(client: Client, company: Company) -> None:
    assert client.get(f"{BASE}/products").status_code == 401
