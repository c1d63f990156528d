"""Answers a comment: its commands are parsed, permission looked up live, and their effects applied."""
