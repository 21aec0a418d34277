"""What a rule says of a framework's config, in the config's own words."""

from __future__ import annotations

import re

from lrviz.spec.schedule import Schedule


def worded(text: str, schedule: Schedule) -> str:
    """Return a message or an advice with the config's keys in place of a scheduler's arguments.

    Only numbers that stand in the config as the scheduler has them have its words: of what was
    computed from a key, the key would be given another value than is told.
    """
    if schedule.config is None:
        return text
    given = schedule.tree.get("scheduler")
    for path, key in schedule.config.keys.items():
        name, own = path[-1], key.rpartition(".")[2]
        if len(path) != 2 or path[0] != "scheduler" or name == own or not isinstance(name, str):
            continue
        if isinstance(given, dict) and type(given.get(name)) in (int, float):
            text = re.sub(rf"\b{re.escape(name)}\b", own, text)
    return text
