"""Which pages does reporting show?"""
