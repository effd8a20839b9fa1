"""Which kinds of files do the order desk and the sales office take in? The machine is erp.core.imports."""
