"""Who does it? The only writers of the kernel."""
