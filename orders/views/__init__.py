"""Which pages does orders show?"""
