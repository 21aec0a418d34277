"""What may have been meant by a text that is no SOURCE."""

from __future__ import annotations

import re

from lrviz import catalog
from lrviz.errors import LrvizError, UsageError
from lrviz.sources.grammar import reference
from lrviz.sources.paths import is_path, is_there, refused
from lrviz.sources.reference import Reference
from lrviz.spec import durations


def unknown(named: Reference) -> UsageError:
    """Return the error for what is no SOURCE."""
    source = named.text
    if is_there(source) or is_path(source):
        return refused(source)
    head = source.partition(":")[0]
    last = head.rpartition(".")[2]
    if head.startswith("torch.") and catalog.scheduler_class(last):
        return UsageError(f"{source!r} is no source; torch's schedulers are named alone: {last}")
    names = re.split(r"[,\s]+", source)
    if len(names) > 1 and all(reference(each).kind for each in names):
        return UsageError(f"{source!r} is no source; did you mean several: {' '.join(names)}?")
    if named.label is not None and named.label.isidentifier() and _is_value(source):
        given = f"{named.label}={source}"
        return UsageError(f"{given}: arguments stand behind a colon, as in cosine:{given}")
    try:
        catalog.find(head)
    except UsageError as error:
        return error
    return UsageError(f"{source!r} is no source")


def _is_value(text: str) -> bool:
    """Return whether it is a number, a duration or a share of the lr."""
    try:
        if durations.parse(text) is not None:
            return True
        float(text.removesuffix("lr"))
    except (ValueError, LrvizError):
        return False
    return True
