"""The shell around the linter: brings it the world and takes its findings back."""
