"""transformers' `trainer_state.json`: `log_history`, and the length of the training.

Row `step` k stands for update k - 1 (0-based) from 4.51 on; until 4.50 the scheduler had been
stepped before the row was written, and it showed the next update's rate (huggingface/transformers
pull 36973). The file does not say which version wrote it: where the first rows can tell, a value of
0 at step 1 under a warmup, say, comparing does.
"""

from __future__ import annotations

import json
import math
from array import array
from pathlib import Path
from typing import Any

from lrviz.errors import SpecError
from lrviz.sources.logs.format import Format, Request, assembled
from lrviz.sources.logs.log import Log

TITLE = "Hugging Face trainer_state.json"
_FACTS = {"max_steps": "steps", "num_train_epochs": "epochs"}


def _recognises(path: Path, head: bytes) -> bool:
    return path.suffix == ".json" and (
        path.name == "trainer_state.json" or b'"log_history"' in head
    )


def _read(request: Request) -> Log:
    try:
        state = json.loads(request.path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise SpecError(
            f"{request.source}: not a whole JSON file ({error}); a run that was killed while "
            "saving leaves such: take the last checkpoint's"
        ) from None
    history = state.get("log_history") if isinstance(state, dict) else None
    if not isinstance(history, list):
        raise SpecError(f"{request.source}: no `log_history`, as a trainer_state.json has it")
    key = request.column or "learning_rate"
    numbers, values = array("d"), array("d")
    for row in history:
        if isinstance(row, dict) and _is_number(row.get(key)) and _is_number(row.get("step")):
            numbers.append(row["step"])
            values.append(row[key])
    facts = {
        name: float(state[key])
        for key, name in _FACTS.items()
        if _is_number(state.get(key)) and math.isfinite(state[key]) and state[key] > 0
    }
    return assembled(
        request,
        TITLE,
        {("lr", "0"): (numbers, values)},
        shift=1,
        habit="step k is logged after update k - 1",
        facts=facts,
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


FORMAT = Format("transformers", TITLE, _recognises, _read)
