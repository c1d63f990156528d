"""Rules about where a page lies and how its text is laid out."""
