"""A drawn figure that is given as its pixels, for the tests of formats of pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass
class Stub:
    """A figure of these pixels, which has no vectors."""

    page: NDArray[np.uint8]
    dpi: float = 150
    title: str = ""
    description: str = ""

    def pixels(self) -> NDArray[np.uint8]:
        return self.page

    def vector(self, file_format: str, texts: Mapping[str, str | None]) -> bytes:
        raise NotImplementedError(file_format, texts)
