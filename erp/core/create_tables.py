"""How are many tables created without building Django's models once per table?

Each `CreateModel` makes Django build every related model anew, which with two hundred tables takes a minute. Here the models are
built once, when the first table wants them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.migrations.operations import CreateModel
from django.db.migrations.operations.base import Operation


class CreateTables(Operation):
    """Create the tables of `tables`, in their order; reversed, drop them in the other."""

    serialization_expand_args = ["tables"]  # as Django declares it

    def __init__(self, tables: Sequence[CreateModel]) -> None:
        self.tables = list(tables)

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """This function will return what writes this step into a migration."""
        return type(self).__qualname__, [self.tables], {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """This function will add all tables to the state, whose models are built anew when they are next asked for."""
        vars(state).pop("apps", None)
        for table in self.tables:
            table.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """This function will create the tables."""
        for table in self.tables:
            table.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """This function will drop the tables."""
        for table in reversed(self.tables):
            table.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        """This function will say what the step does."""
        return f"Create {len(self.tables)} tables"
