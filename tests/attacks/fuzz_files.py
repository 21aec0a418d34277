"""Configs of other frameworks and logs with something wrong in them, for the fuzzer."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "data"
CONFIGS = sorted(each for each in (DATA / "configs/recipes").rglob("*") if each.is_file())
LOGS = sorted(
    each for each in (DATA / "logs").rglob("*") if each.is_file() and each.suffix != ".md"
)
_FRAMEWORKS = (None, None, None, None, "hf", "mmengine", "yolo@8.3", "nanogpt", "timm", "nowhere")


def config(
    rng: random.Random, folder: Path, mutated: Callable[[random.Random, list[str]], str]
) -> tuple[Path, dict[str, Any], object]:
    """Write a mutated config of a framework; return it, what is said of it, and how to show it."""
    file = rng.choice(CONFIGS)
    text = file.read_text(encoding="utf-8")
    text = mutated(rng, [text]) if rng.random() < 0.9 else text
    path = folder / f"config{file.suffix or '.txt'}"
    path.write_bytes(text.encode(errors="surrogatepass"))
    said = {
        "dataset_size": rng.choice([None, 1, 64, 5000, 10**12]),
        "world_size": rng.choice([None, None, 1, 8]),
        "steps": rng.choice([None, None, 1, 100]),
        "steps_per_epoch": rng.choice([None, None, 1, 7]),
        "framework": rng.choice(_FRAMEWORKS),
        "metric": rng.choice([None, None, "nowhere.csv:loss"]),
        "interval": rng.choice([None, "step", "epoch"]),
    }
    return path, said, (file.name, said, text)


def log(rng: random.Random, folder: Path) -> tuple[str, object]:
    """Write a log with bytes changed, lost or doubled; return its SOURCE, and how to show it."""
    file = rng.choice(LOGS)
    data = bytearray(file.read_bytes())
    for _ in range(rng.choice([0, 1, 1, 2, 8])):
        where = rng.randrange(len(data) + 1)
        match rng.randrange(4):
            case 0:
                data[where:where] = rng.choice(
                    [b"\0", b"nan", b"1e400", b'"', b",", b"\n", b"\xff"]
                )
            case 1:
                del data[where : where + rng.choice([1, 4, 100, len(data)])]
            case 2 if data:
                data[min(where, len(data) - 1)] = rng.randrange(256)
            case _:
                data[where:where] = data[where : where + 50]
    path = folder / file.name
    path.write_bytes(data)
    column = rng.choice(["", "", "", ":lr", ":train/lr", ":nowhere"])
    return f"{path}{column}", (file.name, column, bytes(data[:2000]))
