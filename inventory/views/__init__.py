"""Which page shows it? Edges only: parse, permit, read the clock, one domain call, render."""
