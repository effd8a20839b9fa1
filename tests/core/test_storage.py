"""Answers: did every model get the fill factor that it names?"""

from __future__ import annotations

import pytest
from django.apps import apps

from erp.core.sql import query


@pytest.mark.django_db
def test_tables_leave_the_room_that_their_models_ask_for() -> None:
    asked = {
        model._meta.db_table: model.FILLFACTOR for model in apps.get_models() if "FILLFACTOR" in vars(model)
    }
    found = {
        table: int(option.removeprefix("fillfactor="))
        for table, options in query("SELECT relname, reloptions FROM pg_class WHERE relkind = 'r'")
        for option in options or ()
        if option.startswith("fillfactor=")
    }
    assert asked
    assert found == asked
