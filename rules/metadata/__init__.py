"""Rules about the fields of the header."""
