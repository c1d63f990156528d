"""A branch of a Git repository on this machine, reviewed as if it were a pull request."""

from bot.forges.local.forge import LocalForge

__all__ = ["LocalForge"]
