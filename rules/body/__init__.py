"""Rules about the Markdown after the header."""
