"""The shared kernel: states, money, sequences, locks, audit, approvals, exception desk, work, roles, search."""
