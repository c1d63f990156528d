"""The linter: parses asset pages of a model hub and judges them; it does no I/O."""
