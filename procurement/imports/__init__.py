"""Which kinds of files does purchasing take in? The machine is erp.core.imports."""
