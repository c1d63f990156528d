"""One module an output format: pure functions from findings to text."""
