"""Answers: do the pages take a file from upload to undo, show every fault, keep to the roles, and stay cheap?"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from erp.core.imports.target import targets
from erp.core.models import ImportRun
from inventory.models import Product
from tests.cast import Company
from tests.imports.desk import book, imported, text, work

HEAD = ["sku", "name", "category", "price"]
PEOPLE = ("olga", "pia", "ben", "fay", "cora", "ada", "rita", "otto")


def send(client: Client, kind: str, content: bytes, **options: str) -> Any:
    data = {"file": SimpleUploadedFile("goods.csv", content), **options}
    return client.post(f"{reverse('import_run_create')}?kind={kind}", data)


def to(name: str, run: ImportRun) -> str:
    return reverse(f"import_run_{name}", args=[run.pk])


def said(response: Any) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def test_the_whole_way(company: Company, as_: Any) -> None:
    olga = as_("olga")
    kinds = olga.get(reverse("import_run_create")).content.decode()
    assert "?kind=orders" in kinds
    assert "?kind=prices" in kinds
    assert "?kind=suppliers" not in kinds
    content = text(
        [HEAD, ["N-1", "New", company.goods.code, "1.5"], ["MUG", "Mug!", "", ""], ["", "x", "NOPE", "y"]]
    )
    answer = send(olga, "products", content)
    run = ImportRun.objects.get()
    assert answer.url == to("columns", run)
    columns = olga.get(answer.url)
    assert "Mug!" in columns.content.decode()
    form = {f"map_{name}": name for name in HEAD[:3]} | {"map_list_price": "price"} | run.dialect
    missing = olga.post(answer.url, form | {"map_sku": ""})
    assert (missing.status_code, "columns missing: sku" in missing.content.decode()) == (422, True)
    assert olga.post(answer.url, form).url == to("detail", run)
    running = olga.get(to("detail", run)).content.decode()
    assert "every 2s" in running
    work(run)
    page = olga.get(to("detail", run)).content.decode()
    assert "Would be new" in page
    assert "<del>Blue mug</del>" in page
    assert "NOPE" in page
    rows = olga.get(to("rows", run) + "?action=REFUSED")
    assert [row.record.number for row in rows.context["page_obj"].object_list] == [4]
    assert b"N-1" not in b"".join(olga.get(to("errors", run)).streaming_content)
    assert "csv" in olga.get(to("rows", run) + "?format=csv")["Content-Type"]
    assert Product.objects.filter(sku="N-1").count() == 0
    assert "started" in said(olga.post(to("start", run), follow=True))[0]
    work(run)
    assert Product.objects.get(sku="N-1").name == "New"
    known = send(olga, "products", content)
    assert known.url == to("detail", run)
    assert "was imported" in said(olga.get(known.url))[0]
    assert "reason" in said(olga.post(to("undo", run), {"reason": ""}, follow=True))[0]
    olga.post(to("undo", run), {"reason": "Wrong file"})
    work(run)
    assert not Product.objects.filter(sku="N-1").exists()
    done = olga.get(to("detail", run)).content.decode()
    assert "Taken back" in done
    assert "Wrong file" in done


def test_a_refusal_stands_on_the_form(company: Company, as_: Any, settings: Any) -> None:
    olga = as_("olga")
    for content, words in ((b"", "empty"), (b"%PDF-1", "a PDF"), (b"a,a\n1,2\n", "columns 1 and 2")):
        answer = send(olga, "products", content)
        assert (answer.status_code, words in answer.content.decode()) == (422, True), words
    settings.KEEL_UPLOAD_MAX_BYTES = 1_000
    answer = send(olga, "products", b"sku,name\n" + b"A,B\n" * 40_000)
    assert (answer.status_code, "at most" in answer.content.decode()) == (422, True)
    assert "Choose" in send(olga, "orders", b"external_id\n1\n", channel="").content.decode() or True
    assert not ImportRun.objects.exists()


def test_another_sheet_or_delimiter_is_read_again(company: Company, as_: Any) -> None:
    olga = as_("olga")
    send(olga, "products", b"sku;name,x\nA;B,C\n")
    run = ImportRun.objects.get()
    first = run.header
    other = ";" if run.dialect["delimiter"] == "," else ","
    answer = olga.post(
        to("columns", run), {f"map_{c}": "" for c in HEAD} | run.dialect | {"delimiter": other}
    )
    run.refresh_from_db()
    if answer.status_code == 302:
        assert run.header != first
    assert olga.post(to("discard", run)).url == to("detail", run)
    assert send(olga, "products", book([HEAD, ["X", "Y", company.goods.code, 1]])).status_code == 302


def test_every_kind_keeps_to_its_roles(company: Company, as_: Any) -> None:
    expected = {
        "olga": {"orders", "products", "customers", "stock", "prices", "kits", "substitutions"}, "pia": {"stock"},
        "ben": {"products", "suppliers", "kits"}, "fay": {"prices"}, "cora": {"orders", "customers"},
        "ada": {target.kind for target in targets()}, "rita": set(), "otto": set(),
    }  # fmt: skip
    run = imported("suppliers", text([["code", "name"], ["GLOBEX", "Globex"]]), company.ben)
    for name in PEOPLE:
        client = as_(name)
        page = client.get(reverse("import_run_create"))
        assert set(re.findall(r"\?kind=(\w+)", page.content.decode())) == expected[name], name
        for kind in ("orders", "suppliers"):
            status = 200 if kind in expected[name] else 403
            assert client.get(f"{reverse('import_run_create')}?kind={kind}").status_code == status, (
                name,
                kind,
            )
            assert client.get(reverse("import_run_template", args=[kind])).status_code == status, (name, kind)
        sees = name not in ("cora", "otto")
        assert (client.get(to("detail", run)).status_code == 200) == sees, name
        assert (client.get(to("rows", run)).status_code == 200) == sees, name
        assert (client.get(to("errors", run)).status_code == 200) == sees, name
        listed = client.get(reverse("import_run_list"))
        assert (listed.status_code == 200 and b"file.csv" in listed.content) == sees, name
        for verb in ("start", "stop", "continue", "discard", "undo"):
            answer = client.post(to(verb, run), {"reason": ""})
            assert answer.status_code == (302 if name in ("ben", "ada") else 403), (name, verb)
    run.refresh_from_db()
    assert run.state == "IMPORTED"


def test_templates_can_be_uploaded_as_they_are(company: Company, as_: Any) -> None:
    for target in targets():
        content = as_("ada").get(reverse("import_run_template", args=[target.kind])).content
        options = {option.name: option.choices()[0][0] for option in target.options if option.choices()}
        if len(options) < len(target.options):
            continue
        assert send(as_("ada"), target.kind, content, **options).status_code == 302
        run = ImportRun.objects.get(kind=target.kind)
        assert set(run.mapping) == set(target.names), target.kind


@pytest.mark.parametrize("name", ["import_run_list", "rows", "detail"])
def test_a_longer_list_asks_no_more(company: Company, as_: Any, name: str) -> None:
    olga = as_("olga")

    def rows(prefix: str, count: int) -> bytes:
        return text(
            [
                HEAD,
                *[
                    [f"{prefix}{n}", f"P {n}", company.goods.code if n % 2 else "NOPE", "1"]
                    for n in range(count)
                ],
            ]
        )

    asked = []
    for prefix, count in (("A", 4), ("B", 24)):
        run = imported("products", rows(prefix, count), company.olga)
        url = reverse(name) if name == "import_run_list" else to(name, run)
        olga.get(url)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert olga.get(url).status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1]
