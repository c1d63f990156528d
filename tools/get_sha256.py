"""Stands in for the hub's `mshub_res/tools/get_sha256.py`: the same flag and line, in constant memory.

Copy it over the hub's own file; it needs `pip install hubbot` and no MindSpore.
"""

import sys

from bot.cli.compat import get_sha256

if __name__ == "__main__":
    sys.exit(get_sha256())
