"""What people may say to the bot in a comment, and what is decided about it."""

from bot.commands.decision import commands_for, decide
from bot.commands.grammar import parse

__all__ = ["commands_for", "decide", "parse"]
