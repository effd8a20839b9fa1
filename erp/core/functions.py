"""Which functions does the kernel put into PostgreSQL?"""

# KL002: a set-based statement met something that a service has a typed error for (erp.core.sql.REFUSALS).
# KL001 is Keel's own SQLSTATE: a statement touched another number of rows than it had to (erp.core.sql.Statements.demand).
FUNCTIONS = """
CREATE FUNCTION keel_demand(actual bigint, expected bigint, what text) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF actual IS DISTINCT FROM expected THEN
        RAISE EXCEPTION '%: % of % rows', what, actual, expected USING ERRCODE = 'KL001';
    END IF;
    RETURN actual;
END $$;
CREATE FUNCTION keel_refuse(refusal text, about text) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'KL002', MESSAGE = refusal, DETAIL = coalesce(about, '');
END $$
"""
FUNCTIONS_REVERSE = "DROP FUNCTION keel_demand(bigint, bigint, text), keel_refuse(text, text)"
