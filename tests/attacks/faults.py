"""Kill lrviz while it writes, and let it write where nothing fits, in processes of its own.

    python -m tests.attacks.faults [--tries 100] [--seed 0]

A command that draws over three old files is killed at a random moment, half of the times while it
writes them: each file must be the old one or the new one to the last byte, and only SIGKILL may
leave a temporary file. Then the same command, the gallery, `init` and `check --fix` find no room
for all that they write, at every size from nothing to one byte too few: they must say so, and what
was there must stay. What fails is printed, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import os
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from random import Random

from tests.attacks.forking import Process, run, start

NAMES = ("a.png", "b.svg", "c.pdf")
OUTPUTS = tuple(word for name in NAMES for word in ("-o", name))
OLD = ("plot", "cosine", "--steps", "50", *OUTPUTS, "-q")
NEW = ("plot", "onecycle", "step", "--steps", "5000", *OUTPUTS, "-q")
SIGNALS = {
    "SIGKILL": -signal.SIGKILL,
    "SIGTERM": 128 + signal.SIGTERM,
    "SIGHUP": 128 + signal.SIGHUP,
    "SIGINT": 128 + signal.SIGINT,
}
FAULTY = """\
train: {steps: 1000}
# what is too short here
scheduler: {type: CosineAnnealingLR, T_max: 9}
"""


class Attack:
    """A folder, the commands that write into it, and what went wrong."""

    def __init__(self, folder: Path) -> None:
        self.files = folder
        self.failures: list[str] = []

    def clear(self) -> None:
        """Empty the folder of the files."""
        shutil.rmtree(self.files, ignore_errors=True)
        self.files.mkdir()

    def content(self) -> dict[str, bytes]:
        """Return what is in the folder of the files."""
        found = sorted(path for path in self.files.rglob("*") if path.is_file())
        return {str(path.relative_to(self.files)): path.read_bytes() for path in found}

    def made(self, *arguments: str) -> dict[str, bytes]:
        """Return the files that a command writes into an empty folder."""
        self.clear()
        ran = run(*arguments, folder=self.files)
        assert ran.code == 0, ran.err
        return self.content()

    def put(self, files: dict[str, bytes]) -> None:
        """Let the folder hold these files alone."""
        self.clear()
        for name, data in files.items():
            (self.files / name).parent.mkdir(exist_ok=True)
            (self.files / name).write_bytes(data)

    def kills(self, tries: int, rng: Random) -> Counter[str]:
        """Kill the command so many times; return what was found how often."""
        old, new = self.made(*OLD), self.made(*NEW)
        whole, writing = self._lasts(old)
        counts: Counter[str] = Counter()
        for number in range(tries):
            name = [*SIGNALS][number % len(SIGNALS)]
            self.put(old)
            reading, announced = os.pipe()
            process = self._start(announced)
            os.close(announced)
            if number // len(SIGNALS) % 2:
                os.read(reading, 1)
                time.sleep(rng.uniform(0, writing))
            else:
                time.sleep(rng.uniform(0, whole))
            os.close(reading)
            os.kill(process.number, getattr(signal, name))
            ran = process.wait()
            found = self.content()
            states = ["old" if found.get(n) == old[n] else "new" for n in NAMES]
            counts[f"{name}: {'/'.join(states)}"] += 1
            left = sorted(set(found) - set(NAMES))
            counts[f"{name}: temporary file left"] += len(left)
            half = [n for n in NAMES if found.get(n) not in (old[n], new[n])]
            if half or (left and name != "SIGKILL") or ran.code not in (0, SIGNALS[name]):
                self.failures.append(f"{name}: half {half}, left {left}, code {ran.code}")
            if ran.err:
                self.failures.append(f"{name}: said {ran.err!r}")
        return counts

    def _lasts(self, old: dict[str, bytes]) -> tuple[float, float]:
        """Return how long the command takes, and how long it writes, in seconds."""
        self.put(old)
        reading, announced = os.pipe()
        began = time.perf_counter()
        process = self._start(announced)
        os.close(announced)
        os.read(reading, 1)
        wrote = time.perf_counter()
        while os.read(reading, 1):
            last = time.perf_counter()
        process.wait()
        os.close(reading)
        return time.perf_counter() - began, 1.5 * (last - wrote)

    def _start(self, announced: int) -> Process:
        def announce_writing() -> None:
            from lrviz.cli import drawing

            write = vars(drawing)["write"]

            def announcing(path: Path, data: bytes) -> None:
                os.write(announced, b".")
                write(path, data)

            vars(drawing)["write"] = announcing

        return start(NEW, self.files, announce_writing)

    def no_room(self, limits: Callable[[int], Iterable[int]]) -> int:
        """Let commands write files that may not grow beyond some sizes; return how many did."""
        tries = 0
        for before, arguments in (
            (self.made(*OLD), NEW),
            (self.made("gallery", "cosine"), ("gallery", "cosine", "--steps", "77")),
            ({"lrviz.yaml": FAULTY.encode()}, ("check", "lrviz.yaml", "--fix")),
            ({}, ("init", "vit-imagenet")),
        ):
            self.put(before)
            ran = run(*arguments, folder=self.files)
            assert ran.code == 0, ran.err
            largest = max(len(data) for data in self.content().values())
            for limit in limits(largest):
                self.put(before)
                ran = run(
                    *arguments,
                    folder=self.files,
                    prepare=partial(grow_no_more_than, limit),
                )
                tries += 1
                self._check_refused(f"{arguments[0]}, {limit} bytes", ran.code, ran.err, before)
        return tries

    def _check_refused(self, what: str, code: int, err: str, before: dict[str, bytes]) -> None:
        found = self.content()
        lost = [name for name, data in before.items() if name not in found]
        temporary = [name for name in found if name.endswith(".tmp")]
        last = err.splitlines()[-1] if err else ""
        said = last.startswith("error: ") and "cannot be written: " in last
        if code != 2 or not said or lost or temporary or "Traceback" in err:
            self.failures.append(f"{what}: code {code}, lost {lost}, left {temporary}: {err}")

    def full_disk(self, *spares: int) -> int:
        """Draw over old figures on disks that have so many kB to spare; return how many disks."""
        old, new = self.made(*OLD), self.made(*NEW)
        taken = sum(-(-len(data) // 4096) * 4 for data in old.values())
        disks = 0
        for spare in spares:
            self.clear()
            script = (
                f"mount -t tmpfs -o size={taken + spare}k lrviz /mnt && cd /mnt && {lrviz(OLD)} && "
                f"{{ {lrviz(NEW)}; cp -a . {self.files}; }}"
            )
            done = subprocess.run(
                ["unshare", "-rm", "sh", "-c", script],
                capture_output=True,
                text=True,
                env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
            )
            if done.stderr.startswith(("unshare", "mount")):
                return 0
            disks += 1
            found = self.content()
            half = [name for name in NAMES if found.get(name) not in (old[name], new[name])]
            room = done.stderr.endswith("cannot be written: No space left on device\n")
            if half or len(found) != len(NAMES) or not room or done.stderr.count("\n") > 1:
                self.failures.append(f"{spare} kB to spare: {[*found]}, {half}, {done.stderr}")
        return disks


def lrviz(arguments: tuple[str, ...]) -> str:
    """Return a command line for a shell."""
    return shlex.join([sys.executable, "-m", "lrviz", *arguments])


def sizes(largest: int) -> tuple[int, ...]:
    """Return limits from nothing to one byte less than the largest file."""
    return 0, 1, largest // 2, largest - 1


def grow_no_more_than(limit: int) -> None:
    """Let no file of this process grow beyond so many bytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


def main() -> int:
    """Run the attack; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        attack = Attack(Path(folder) / "files")
        counts = attack.kills(options.tries, Random(options.seed))
        for what, count in sorted(counts.items()):
            sys.stdout.write(f"{count:5} {what}\n")
        sys.stdout.write(f"{attack.no_room(sizes)} commands without room\n")
        disks = attack.full_disk(0, 4, 12)
        sys.stdout.write(f"{disks} full disks{'' if disks else ': none may be mounted here'}\n")
    for failure in attack.failures:
        sys.stdout.write(f"FAILED: {failure}\n")
    sys.stdout.write(f"{len(attack.failures)} failures\n")
    return 1 if attack.failures else 0


if __name__ == "__main__":
    sys.exit(main())
