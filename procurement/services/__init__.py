"""Who does it? The only writers of procurement."""
