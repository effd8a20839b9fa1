"""How fast is Keel, as a share of what the same server does for hand-written SQL that leaves the same rows behind?

`manage.py bench` runs every benchmark in a database of its own; docs/performance.md says how to read the figures.
"""
