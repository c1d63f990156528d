"""Rules about what a pull request does to published pages."""
