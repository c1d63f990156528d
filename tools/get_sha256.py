"""Stands in for the hub's `mshub_res/tools/get_sha256.py`: the same flag and line, in constant memory.

Copy it over the hub's own file; it needs `pip install hubbot` and no MindSpore.
"""

import sys

try:
    from bot.cli.compat import get_sha256
except ModuleNotFoundError as error:
    sys.exit(f"get_sha256.py: pip install hubbot / 请先安装 hubbot ({error.name})")

if __name__ == "__main__":
    sys.exit(get_sha256())
