"""Which pages does the kernel itself show?"""
