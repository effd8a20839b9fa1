"""How does a file of any kind become rows of ours: read, mapped, checked, written, and taken back?

The machine is the kernel's; what a row of a kind means is said by a target that its app registers
(`<app>/imports/<noun>.py`).
"""
