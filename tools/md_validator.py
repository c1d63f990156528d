"""Stands in for the hub's `mshub_res/tools/md_validator.py`: the same flag and last line, judged by hubbot.

Copy it over the hub's own file; it needs `pip install hubbot` and no MindSpore.
"""

import sys

try:
    from bot.cli.compat import md_validator
except ModuleNotFoundError as error:
    sys.exit(f"md_validator.py: pip install hubbot / 请先安装 hubbot ({error.name})")

if __name__ == "__main__":
    sys.exit(md_validator())
