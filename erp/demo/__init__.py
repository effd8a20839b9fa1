"""How is the whole house shown and proven? The demo company, the replayed year, the races and the benchmarks.

Top layer: it uses every app's services and is used by nobody.
"""
