"""Processes that keep the same curves in one cache, each killed at a moment of its own.

    python -m tests.attacks.races --kills 1000

Whatever is read meanwhile must be the right answer or none. Exit code 1 says that one was not.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from lrviz.cache.store import Store
from lrviz.curves.trace import RunError, Trace
from lrviz.spec.durations import Length
from tests.traces import trace

CLASSES = (Trace, RunError, Length)
KEYS = [f"{number:064x}" for number in range(8)]
ROOT = Path(__file__).parents[2]
TOGETHER = 4
WRITER = """
import sys
from pathlib import Path
from lrviz.cache.store import Store
from tests.attacks.races import CLASSES, KEYS, curve
kept = Store(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    for value, key in enumerate(KEYS):
        kept.put(key, curve(value), CLASSES)
"""


def curve(value: int) -> Trace:
    """Return what is kept for a key: 2,000 updates at its number."""
    return trace([float(value)] * 2_000)


def killed(folder: Path, kills: int, seed: int = 0) -> tuple[int, int]:
    """Start writers, four at a time, and kill each; return how many reads were right, and wrong."""
    kept, random = Store(folder), np.random.default_rng(seed)
    right, wrong = 0, 0
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for _ in range(-(-kills // TOGETHER)):
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, str(folder)],
                cwd=ROOT,
                env=environment,
                stdout=subprocess.PIPE,
            )
            for _ in range(TOGETHER)
        ]
        for each in writers:
            assert each.stdout is not None
            assert each.stdout.readline() == b"ready\n"
        for each in writers:
            time.sleep(random.uniform(0, 0.05))
            for value, key in enumerate(KEYS):
                read = kept.get(key, CLASSES)
                if read is not None:
                    same = read.lr.tobytes() == curve(value).lr.tobytes()
                    right, wrong = right + same, wrong + (not same)
            each.send_signal(signal.SIGKILL)
            each.wait()
            assert each.stdout is not None
            each.stdout.close()
    return right, wrong


def main() -> int:
    """Run the attack from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        right, wrong = killed(Path(name), given.kills, given.seed)
        half = len(list(Path(name).glob("*.tmp")))
    sys.stdout.write(
        f"{given.kills:,} kills, {right + wrong:,} reads: {wrong} wrong; "
        f"{half} temporary files left\n"
    )
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
