"""What a script prints under different seeds of Python's hash function."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import List

from tests.kits.projects import REPOSITORY


def outputs_under_hash_seeds(script: str) -> List[str]:
    """Run a script in two processes, each with another seed, and return what each prints."""
    return [
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(REPOSITORY)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
