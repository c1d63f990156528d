"""What people may say to the bot in a comment, and what is decided about it."""

from bot.commands.decision import decide, offered
from bot.commands.grammar import parse

__all__ = ["decide", "offered", "parse"]
