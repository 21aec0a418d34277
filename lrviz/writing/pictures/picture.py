"""What a format of picture files is, and what it may ask of a drawn figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Drawn(Protocol):
    """A figure that is drawn when a format asks for it.

    Attributes:
        dpi: Pixels an inch.
        title: In a few words what it shows; may be empty.
        description: The same in a sentence, for those who hear it read; may be empty.
    """

    dpi: float
    title: str
    description: str

    def pixels(self) -> NDArray[np.uint8]:
        """Return it as pixels, shape (height, width, 4): red, green, blue, alpha."""

    def vector(self, file_format: str, texts: Mapping[str, str | None]) -> bytes:
        """Return it as matplotlib writes it, with `texts` as `savefig(metadata=...)`."""


@dataclass(frozen=True)
class FileEnds:
    """What is looked at of a file to see who wrote it.

    Attributes:
        path: Where it is.
        start: Its first 4,096 bytes.
        end: Its last 65,536 bytes.
    """

    path: Path
    start: bytes
    end: bytes


@dataclass(frozen=True)
class PictureFormat:
    """A format of picture files.

    Attributes:
        texts: Returns what a file says of itself (lrviz's mark, what the figure shows, no date)
            from what the figure shows, which may be empty. A None keeps matplotlib from a text
            of its own.
        encode: Returns the bytes of a file that has these texts.
        has_mark: Returns whether a file is of this format and has lrviz's mark.
    """

    texts: Callable[[str], dict[str, str | None]]
    encode: Callable[[Drawn, Mapping[str, str | None]], bytes]
    has_mark: Callable[[FileEnds], bool]
