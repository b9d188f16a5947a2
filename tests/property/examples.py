"""How many random examples a law is tried on."""

import os


def many(all_of_them: int) -> int:
    """All where tests/property was named, a fifth otherwise (tests/conftest.py)."""
    return all_of_them if os.environ["EXAMPLES"] == "all" else all_of_them // 5
