"""What does PostgreSQL itself refuse, whichever program asks?"""

from __future__ import annotations

import pgtrigger
from django.db import models
from pgtrigger import compiler


class GuardSql(compiler.UpsertTriggerSql):
    """The SQL of a guard. Migrations name this class."""

    def get_template(self) -> str:
        return """
            CREATE OR REPLACE FUNCTION {pgid}()
            RETURNS TRIGGER AS $$
                {declare}
                BEGIN
                    {func}
                END;
            $$ LANGUAGE plpgsql;

            DROP TRIGGER IF EXISTS {pgid} ON {table};
            CREATE {constraint} TRIGGER {pgid}
                {when} {operation} ON {table}
                {timing}
                {referencing}
                FOR EACH {level} {condition}
                EXECUTE PROCEDURE {execute};

            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class Guard(pgtrigger.Trigger):
    """A trigger that nobody talks out of its duty.

    pgtrigger's own template first asks the session variable `pgtrigger.ignore` whether to stand aside. So any connection
    could switch an append-only journal off by a SET, and each call paid for a subtransaction: ten times the check itself.
    """

    def compile(self, model: models.Model) -> compiler.Trigger:
        """This function will return the trigger compiled with our template."""
        plain = super().compile(model)
        arguments = {name: value for name, value in plain.sql.kwargs.items() if name != "ignore_func_name"}
        return compiler.Trigger(name=plain.name, sql=GuardSql(**arguments))


def append_only(name: str) -> Guard:
    """This function will return the trigger that refuses UPDATE, DELETE and TRUNCATE of a journal's rows.

    Per statement, so it costs nothing per row on the insert path and cannot be outrun by a bulk statement.
    """
    return Guard(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.Before,
        operation=pgtrigger.Update | pgtrigger.Delete | pgtrigger.Truncate,
        func="RAISE EXCEPTION '% is append-only: % refused; post a reversal instead', TG_TABLE_NAME, TG_OP "
        "USING ERRCODE = 'insufficient_privilege';",
    )
