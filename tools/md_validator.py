"""Stands in for the hub's `mshub_res/tools/md_validator.py`: the same flag and last line, judged by hubbot.

Copy it over the hub's own file; it needs `pip install hubbot` and no MindSpore.
"""

import sys

from bot.cli.compat import md_validator

if __name__ == "__main__":
    sys.exit(md_validator())
