"""Which kinds of files does stock-keeping take in? One module per kind; the machine is erp.core.imports."""
