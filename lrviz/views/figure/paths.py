"""How curves reach a file: whole in a raster, and without what no eye can see in a vector."""

from __future__ import annotations

from typing import Any

from matplotlib.path import Path
from matplotlib.patheffects import AbstractPathEffect
from matplotlib.transforms import IdentityTransform

_DIGITS = 2  # of a point (1/72 inch): a hundredth is a sixth of a pixel at 1200 dpi


class Economy(AbstractPathEffect):
    """Draws a long line as it is on pixels, and in a vector file with as few vertices as will do.

    matplotlib simplifies both alike, which on pixels makes steep strokes thinner than they are.
    """

    def draw_path(
        self, renderer: Any, gc: Any, tpath: Any, affine: Any, rgbFace: Any = None
    ) -> None:
        """Draw a path that `affine` takes to the renderer's units."""
        if renderer.option_scale_image():  # of vector formats only
            path = tpath.cleaned(transform=affine, remove_nans=True, simplify=True)
            tpath = Path(path.vertices[:-1].round(_DIGITS), path.codes[:-1])
            affine = IdentityTransform()
        tpath.should_simplify = False
        renderer.draw_path(gc, tpath, affine, rgbFace)
