"""Who does it? The only writers of returns."""
