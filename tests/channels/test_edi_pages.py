"""Answers: what does a person see of an interchange, and what happens to a file that somebody brings?"""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orders.models import EdiInterchange, Order
from tests.cast import Company
from tests.channels.edi_partner import order_850, partner, post, sent, work, x12

pytestmark = pytest.mark.django_db
BROKEN = x12(order_850("PO-1"), order_850("PO-2", reference="0002", tail="CTT*7*2~\n"))


def test_the_list_and_the_record_show_what_was_said(company: Company, client: Client) -> None:
    partner(company)
    post(client, BROKEN)
    work()
    client.force_login(company.rita)
    page = client.get(reverse("orders:edi_interchange_list")).content.decode()
    assert "Partly accepted" in page and "850 × 2" in page
    assert client.get(reverse("orders:edi_interchange_list") + "?q=PO-2&answer=PARTLY").status_code == 200
    received = EdiInterchange.objects.get(direction="IN")
    page = client.get(reverse("orders:edi_interchange_detail", args=[received.pk])).content.decode()
    assert "it counts 7 lines and has 1" in page
    raw = client.get(reverse("orders:edi_interchange_raw", args=[received.pk]))
    assert raw.content.decode() == received.text and 'filename="000000001.x12"' in raw["Content-Disposition"]
    answer = client.get(reverse("orders:edi_interchange_detail", args=[sent("997")[0].pk])).content.decode()
    assert "AK5" in answer and "Acknowledges" in answer


def test_a_file_that_a_person_brings_is_taken_in(company: Company, client: Client) -> None:
    partner(company)
    client.force_login(company.cora)
    url = reverse("orders:edi_receive")
    assert client.get(url).status_code == 200
    file = SimpleUploadedFile("po.x12", x12(order_850()).encode())
    assert client.post(url, {"channel": "wholesale", "file": file}).status_code == 302
    work()
    assert Order.objects.count() == 1
    refused = client.post(url, {"channel": "wholesale", "file": SimpleUploadedFile("po.x12", b"hello")})
    assert refused.status_code == 422 and "neither X12 nor EDIFACT" in refused.content.decode()
    client.force_login(company.rita)
    assert client.post(url, {"channel": "wholesale", "file": file}).status_code == 403


def test_a_folder_is_taken_in_file_by_file(company: Company, tmp_path: Path) -> None:
    partner(company)
    (tmp_path / "a.x12").write_text(x12(order_850()))
    (tmp_path / "b.txt").write_text("no interchange")
    (tmp_path / ".writing").write_text("half")
    out, errors = StringIO(), StringIO()
    with pytest.raises(CommandError, match="1 refused"):
        call_command("edi_receive", str(tmp_path), channel="wholesale", stdout=out, stderr=errors)
    work()
    assert (Order.objects.count(), "a.x12: message" in out.getvalue(), "b.txt" in errors.getvalue()) == (
        1,
        True,
        True,
    )
    with pytest.raises(CommandError):
        call_command("edi_receive", str(tmp_path / "a.x12"), channel="web", stdout=out, stderr=errors)
    assert "is no EDI partner" in errors.getvalue()


def test_the_list_costs_the_same_however_long_it_is(company: Company, client: Client) -> None:
    connection = partner(company)
    post(client, x12(order_850()))
    work()
    client.force_login(company.rita)
    url = reverse("orders:edi_interchange_list")
    client.get(url)
    with CaptureQueriesContext(database) as few:
        client.get(url)
    row = EdiInterchange.objects.filter(direction="IN").values().get()
    EdiInterchange.objects.bulk_create(
        EdiInterchange(**{**row, "id": None, "key": f"copy:{n}", "connection_id": connection.pk})
        for n in range(20)
    )
    with CaptureQueriesContext(database) as many:
        client.get(url)
    assert len(many) == len(few)
