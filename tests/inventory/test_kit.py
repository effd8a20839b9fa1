"""Is a kit what its components are, and nothing that has stock of its own?"""

from __future__ import annotations

import json
import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from erp.core.errors import InvalidInput
from erp.core.services.api_key import api_key_create
from erp.core.services.proof import prove
from inventory.models import KitComponent, Product, StockEvent, StockLevel, Transfer
from inventory.selectors import KitAtp, kit_atp, kit_parts, with_stock
from inventory.services import (
    AdjustmentLineDraft,
    ComponentDraft,
    KitHasNoStock,
    Move,
    ProductDraft,
    TransferLineDraft,
    adjustment_create,
    buffer_save,
    kit_dissolve,
    kit_save,
    product_deactivate,
    product_save,
    stock_post,
    transfer_create,
)
from inventory.states import StockStatus
from procurement.services import (
    PurchaseLine,
    TermsDraft,
    purchase_order_create,
    supplier_product_create_many,
    supplier_product_save,
)
from tests.cast import NOW, Company, assert_proven, company_create, stock_in
from tests.factories import ProductFactory

pytestmark = pytest.mark.django_db


def kit_of(company: Company, *parts: tuple[Product, int], sku: str = "TEA-SET") -> Product:
    """A kit of these components, made by the service."""
    product = ProductFactory(sku=sku, name="Tea set", category=company.goods, unit=company.each)
    return kit_save(
        kit_id=product.pk, components=[ComponentDraft(part.pk, units) for part, units in parts], actor=company.olga, at=NOW
    )  # fmt: skip


def test_a_kit_keeps_its_components_and_who_changed_them(company: Company) -> None:
    kit = kit_of(company, (company.mug, 2), (company.lamp, 1))
    assert kit.is_kit is True
    assert [(part.sku, part.quantity) for part in kit_parts([kit.pk])[kit.pk]] == [("MUG", 2), ("LAMP", 1)]
    kit_save(
        kit_id=kit.pk, components=[ComponentDraft(company.mug.pk, 3)], reason="no lamp", actor=company.ben, at=NOW
    )  # fmt: skip
    assert [(part.sku, part.quantity) for part in kit_parts([kit.pk])[kit.pk]] == [("MUG", 3)]
    said = KitComponent.history.filter(kit=kit).order_by("history_id")
    assert [(row.component_id, row.quantity, row.history_type, row.history_user) for row in said] == [
        (company.mug.pk, 2, "+", company.olga), (company.lamp.pk, 1, "+", company.olga),
        (company.lamp.pk, 1, "-", company.ben), (company.mug.pk, 3, "~", company.ben),
    ]  # fmt: skip
    assert kit.history.get(history_user=company.ben).history_change_reason == "no lamp: 3 × MUG"
    assert_proven()


def wrong(company: Company, case: str) -> tuple[int, list[ComponentDraft]]:
    kit = kit_of(company, (company.lamp, 1), sku="KNOWN-KIT")
    plain = ProductFactory(sku="PLAIN", category=company.goods, unit=company.each)
    off = ProductFactory(sku="OFF", category=company.goods, unit=company.each, is_active=False)
    mug = ComponentDraft(company.mug.pk, 1)
    stock_in(company, company.mug, 1)
    return {
        "nothing in it": (plain.pk, []),
        "twice": (plain.pk, [mug, mug]),
        "itself": (plain.pk, [ComponentDraft(plain.pk, 1)]),
        "a kit inside": (plain.pk, [ComponentDraft(kit.pk, 1)]),
        "a component becomes a kit": (company.lamp.pk, [mug]),
        "stock of its own": (company.mug.pk, [ComponentDraft(plain.pk, 1)]),
        "by lot": (company.cream.pk, [mug]),
        "out of use": (plain.pk, [ComponentDraft(off.pk, 1)]),
        "no such product": (plain.pk, [ComponentDraft(10**9, 1)]),
        "no units": (plain.pk, [ComponentDraft(company.mug.pk, 0)]),
        "far too many": (plain.pk, [ComponentDraft(company.mug.pk, 10_001)]),
        "a crowd": (plain.pk, [ComponentDraft(number, 1) for number in range(1, 102)]),
    }[case]


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("nothing in it", "1 to 100 components, not 0"), ("twice", "there twice"), ("itself", "can not contain itself"),
        ("a kit inside", "KNOWN-KIT is a kit itself"), ("a component becomes a kit", "component of another kit"),
        ("stock of its own", "has had stock of its own"), ("by lot", "tracked by lot"), ("out of use", "OFF is out of use"),
        ("no such product", "no such product"), ("no units", "0 is no number"), ("far too many", "10001 is no number"),
        ("a crowd", "1 to 100 components, not 101"),
    ],
)  # fmt: skip
def test_what_can_be_no_kit_is_refused_and_nothing_is_kept(company: Company, case: str, words: str) -> None:
    kit_id, components = wrong(company, case)
    before = list(KitComponent.objects.values_list("kit", "component", "quantity"))
    with pytest.raises(InvalidInput, match=words) as refused:
        kit_save(kit_id=kit_id, components=components, actor=company.olga, at=NOW)
    assert refused.value.remedy
    assert list(KitComponent.objects.values_list("kit", "component", "quantity")) == before
    assert Product.objects.get(pk=kit_id).is_kit is False


def test_stock_work_on_a_kit_is_refused_with_its_components_as_the_remedy(company: Company) -> None:
    kit = kit_of(company, (company.mug, 2), (company.lamp, 1))
    north, south, olga = company.north.pk, company.south.pk, company.olga
    acts = [
        lambda: adjustment_create(
            node_id=north, reason="COUNT", actor=olga, at=NOW,
            lines=[AdjustmentLineDraft(kit.pk, 5, location_id=company.bins[0].pk)],
        ),
        lambda: transfer_create(
            from_node_id=north, to_node_id=south, lines=[TransferLineDraft(kit.pk, 1)], expected_date=None, actor=olga, at=NOW
        ),
        lambda: buffer_save(node_id=north, product_id=kit.pk, quantity=1, actor=olga, at=NOW),
        lambda: purchase_order_create(
            supplier_id=company.acme.pk, node_id=north, lines=[PurchaseLine(kit.pk, 1, Decimal(1))], actor=company.ben, at=NOW
        ),
        lambda: supplier_product_save(
            supplier_id=company.acme.pk, product_id=kit.pk, unit_cost=Decimal(1), actor=company.ben, at=NOW
        ),
        lambda: supplier_product_create_many(
            [TermsDraft(company.acme.pk, kit.pk, Decimal(1))], actor=company.ben, at=NOW
        ),
    ]  # fmt: skip
    for act in acts:
        with pytest.raises(KitHasNoStock) as refused:
            act()  # type: ignore[no-untyped-call]
        assert refused.value.remedy == "Use its components: 2 × MUG, 1 × LAMP."
    assert (StockEvent.objects.count(), Transfer.objects.count()) == (0, 0)


def test_postgresql_itself_gives_a_kit_no_stock(company: Company) -> None:
    """A service that forgot to ask is stopped by the level's own guard, with the same typed error."""
    kit = kit_of(company, (company.mug, 2))
    move = Move(kit.pk, 3, company.store.pk, StockStatus.SUPPLIER, company.store.pk, StockStatus.AVAILABLE)
    with pytest.raises(KitHasNoStock, match="TEA-SET is a kit"):
        stock_post(
            action="inventory.stock_post", source_type="t", source_id=1, idempotency_key="k", moves=[move],
            actor=company.olga, at=NOW,
        )  # fmt: skip
    assert not StockLevel.objects.filter(product=kit).exists()


@pytest.mark.django_db(transaction=True)
def test_a_first_level_and_becoming_a_kit_can_not_both_happen() -> None:
    """Whoever comes second waits for the first and is refused: the level's guard shares the product's row."""
    company = company_create()
    product = ProductFactory(sku="EITHER", category=company.goods, unit=company.each)
    outcome: list[object] = []
    posted = threading.Event()

    def become_kit() -> None:
        try:
            kit_save(
                kit_id=product.pk, components=[ComponentDraft(company.mug.pk, 1)], actor=company.olga, at=NOW
            )
        except InvalidInput as error:
            outcome.append(str(error))
        finally:
            connections.close_all()

    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(
            "INSERT INTO inventory_stocklevel (product_id, node_id, status, quantity) VALUES (%s, %s, 'AVAILABLE', 0)",
            [product.pk, company.store.pk],
        )
        other = threading.Thread(target=become_kit)
        other.start()
        while True:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                break
        assert outcome == []
        cursor.execute("COMMIT")
        posted.set()
    other.join(30)
    assert outcome == ["EITHER has had stock of its own, so it can not become a kit"]
    assert Product.objects.get(pk=product.pk).is_kit is False


def test_a_kit_can_be_promised_as_often_as_its_scarcest_component_allows(company: Company) -> None:
    kit = kit_of(company, (company.mug, 2), (company.lamp, 1))
    stock_in(company, company.mug, 9)
    stock_in(company, company.lamp, 3)
    stock_in(company, company.mug, 50, node=company.south)
    assert kit_atp([kit.pk]) == [KitAtp(kit.pk, company.north.pk, 3, company.lamp.pk)]
    buffer_save(node_id=company.north.pk, product_id=company.mug.pk, quantity=5, actor=company.olga, at=NOW)
    assert kit_atp([kit.pk]) == [KitAtp(kit.pk, company.north.pk, 2, company.mug.pk)]
    assert kit_atp([kit.pk], node_ids=[company.south.pk]) == []
    assert kit_atp([company.mug.pk]) == []
    found = {row.sku: (row.on_hand, row.available) for row in with_stock(Product.objects.all())}
    assert (found["TEA-SET"], found["MUG"]) == ((0, 3), (59, 59))  # the list knows no buffers


def test_a_kit_gets_no_lots_and_dissolved_it_may_have_stock(company: Company) -> None:
    kit = kit_of(company, (company.mug, 2))
    draft = ProductDraft("TEA-SET", "Tea set", company.goods.pk, company.each.pk, is_lot_tracked=True)
    with pytest.raises(InvalidInput, match="no lots"):
        product_save(draft, product_id=kit.pk, actor=company.olga, at=NOW)
    with pytest.raises(InvalidInput, match="needs a reason"):
        kit_dissolve(kit_id=kit.pk, reason=" ", actor=company.olga, at=NOW)
    kit_dissolve(kit_id=kit.pk, reason="Comes packed now", actor=company.olga, at=NOW)
    stock_in(company, kit, 4)
    assert StockLevel.objects.get(product=kit, status="AVAILABLE").quantity == 4
    with pytest.raises(InvalidInput, match="no kit"):
        kit_dissolve(kit_id=kit.pk, reason="Again", actor=company.olga, at=NOW)
    assert_proven()


# --- the pages, the API ---
@pytest.fixture
def olga(client: Client, company: Company) -> Client:
    client.force_login(company.olga)
    return client


def test_the_form_makes_a_kit_and_its_page_says_what_can_be_promised(
    olga: Client, company: Company, django_assert_max_num_queries: object
) -> None:
    stock_in(company, company.mug, 9)
    stock_in(company, company.lamp, 3)
    product = ProductFactory(sku="TEA-SET", name="Tea set", category=company.goods, unit=company.each)
    url = reverse("inventory:kit_edit", args=[product.pk])
    assert olga.get(url).status_code == 200
    refused = olga.post(url, {"sku": ["NOPE"], "quantity": ["1"], "reason": "", "form_token": "t0"})
    assert refused.status_code == 422
    assert "there is no product" in refused.content.decode()
    sent = {
        "sku": ["mug", "LAMP", ""],
        "quantity": ["2", "1", ""],
        "reason": "Spring range",
        "form_token": "t1",
    }
    page = olga.post(url, sent, follow=True).content.decode()
    for words in (
        "Kit",
        "3 can be promised",
        "limit",
        "Edit components",
        "£30.00",
        "Spring range",
        "Dissolve the kit",
    ):
        assert words in page, words
    assert "A kit has no stock of its own" in page  # why Adjust is off
    assert "Cost layers" not in page
    assert 'value="MUG"' in olga.get(url).content.decode()
    with django_assert_max_num_queries(24):  # type: ignore[operator]
        olga.get(reverse("inventory:product_detail", args=[product.pk]))
    used = olga.get(reverse("inventory:product_detail", args=[company.mug.pk])).content.decode()
    assert "Sold in kits" in used
    assert "TEA-SET" in used
    listed = olga.get(reverse("inventory:product_list"), {"is_kit": "True"}).content.decode()
    assert "TEA-SET" in listed
    assert "CREAM" not in listed
    olga.post(reverse("inventory:kit_dissolve", args=[product.pk]), {"reason": "Comes packed"})
    assert Product.objects.get(pk=product.pk).is_kit is False


def test_the_list_of_kits_exports_filters_and_costs_the_same_however_long(
    olga: Client, company: Company, django_assert_max_num_queries: object
) -> None:
    kit_of(company, (company.mug, 2), (company.lamp, 1))
    url = reverse("inventory:kit_component_list")
    assert "Import kits" in olga.get(url).content.decode()
    for number in range(8):
        kit_of(company, (company.mug, 1), (company.lamp, 2), sku=f"SET-{number}")
    with django_assert_max_num_queries(14):  # type: ignore[operator]
        assert olga.get(url).status_code == 200
    answer = olga.get(url, {"format": "csv", "component": "lamp"})
    rows = b"".join(answer.streaming_content).decode()
    assert rows.count("LAMP") == 9
    assert "MUG" not in rows


def test_who_may_not_edit_products_changes_no_kit(client: Client, company: Company) -> None:
    kit = kit_of(company, (company.mug, 2))
    client.force_login(company.pia)
    for name, arguments in (("kit_edit", [kit.pk]), ("kit_dissolve", [kit.pk])):
        assert client.post(reverse(f"inventory:{name}", args=arguments), {"reason": "x"}).status_code == 403
    assert Product.objects.get(pk=kit.pk).is_kit is True


def test_the_api_sets_and_shows_a_kit_and_what_can_be_promised(client: Client, company: Company) -> None:
    secret = api_key_create(name="robot", user=company.olga, actor=company.ada, at=NOW)[1]
    stock_in(company, company.mug, 9)
    ProductFactory(sku="TEA-SET", category=company.goods, unit=company.each)
    head = {"Authorization": f"Bearer {secret}"}
    url = "/api/v1/inventory/kits/tea-set"

    def put(content: object) -> Any:
        return client.put(url, json.dumps(content), content_type="application/json", headers=head)

    answer = put({"components": [{"sku": "mug", "quantity": 2}], "reason": "Spring"})
    assert answer.status_code == 200, answer.content
    kit = {
        "sku": "TEA-SET", "is_kit": True, "components": [{"sku": "MUG", "quantity": 2}],
        "atp": [{"node": "NORTH", "quantity": 4, "limited_by": "MUG"}],
    }  # fmt: skip
    assert answer.json() == kit == client.get(url, headers=head).json()
    atp = client.get("/api/v1/inventory/atp", {"sku": "TEA-SET,MUG"}, headers=head).json()
    assert atp["kits"] == [{"sku": "TEA-SET", "node": "NORTH", "quantity": 4}]
    assert [row["sku"] for row in atp["atp"]] == ["MUG"]
    for content, field in (
        ([], "components"), ({"components": [1]}, "components"), ({"components": [{"sku": "MUG"}]}, "components[1]"),
        ({"components": [{"sku": "NOPE", "quantity": 1}]}, "components[1].sku"),
        ({"components": [{"sku": "MUG", "quantity": True}]}, "components[1]"), ({"components": []}, "components"),
    ):  # fmt: skip
        refused = put(content)
        assert (refused.status_code, refused.json()["field"]) == (422, field), content
    assert client.get(url, headers=head).json() == kit


def test_the_proofs_of_kits_find_what_no_service_does(company: Company) -> None:
    kit = kit_of(company, (company.mug, 2))
    stock_in(company, company.mug, 1)
    assert_proven("i01")
    Product.objects.filter(pk__in=[company.mug.pk, company.lamp.pk]).update(is_kit=True)
    found = {finding.title: finding.rows for finding in prove(codes=frozenset({"i01"})).failed}
    assert {row["sku"] for row in found["A kit has no stock: only its components are ever there"]} == {"MUG"}
    title = "A product is a kit exactly when it has components, and none of them is a kit"
    assert {row["sku"] for row in found[title]} == {"LAMP", "MUG", kit.sku}


def test_a_component_out_of_use_is_named(olga: Client, company: Company) -> None:
    kit = kit_of(company, (company.mug, 2))
    product_deactivate(product_id=company.mug.pk, actor=company.olga, at=NOW)
    page = olga.get(reverse("inventory:product_detail", args=[kit.pk])).content.decode()
    assert "A component is out of use" in page
