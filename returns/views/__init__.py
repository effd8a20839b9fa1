"""Which pages does returns show?"""
