"""Rules about what goes wrong in the linter itself."""
