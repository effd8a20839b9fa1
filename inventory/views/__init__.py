"""Which pages does inventory show?"""
