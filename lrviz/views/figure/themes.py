"""How a figure looks: lrviz's own themes, and any style of matplotlib's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, cast

import matplotlib as mpl
from cycler import cycler
from matplotlib.colors import to_hex

from lrviz.errors import UsageError, suggestion
from lrviz.files import checked
from lrviz.views.plan import palette
from lrviz.views.plan.palette import DARK, LIGHT, Colours, Palette

# matplotlib's settings; some releases type the keys, some do not.
settings = cast("MutableMapping[str, Any]", mpl.rcParams)

# The last one has the raised figures of 10⁻³, which many fonts have not.
_FONTS = {"sans": ["DejaVu Sans", "sans-serif"], "serif": ["STIXGeneral", "serif", "DejaVu Serif"]}

_OF_WINDOWS = ("backend", "interactive", "toolbar", "webagg", "tk", "figure.max", "figure.raise")

# Fonts that come with matplotlib, so that a figure is the same on every machine; the second names
# are for SVGs, whose text is drawn by the reader's browser.
_BASE: Mapping[str, Any] = {
    "axes.axisbelow": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.sans-serif": ["DejaVu Sans", "Verdana"],
    "font.serif": ["STIXGeneral", "Times New Roman"],
    "pdf.fonttype": 42,  # journals refuse matplotlib's default, Type 3
    "svg.fonttype": "none",
    "svg.hashsalt": "lrviz",
}


@dataclass(frozen=True)
class Theme:
    """A look.

    Attributes:
        rc: matplotlib's settings.
        size: Default width and height in inches.
        dpi: Default resolution.
        font_size: In points; None: it follows the figure's width.
    """

    rc: Mapping[str, Any] = field(default_factory=dict)
    size: tuple[float, float] = (8.0, 5.0)
    dpi: int = 150
    font_size: float | None = None


def _colours(palette: Palette) -> dict[str, Any]:
    """Return the settings for a theme's colours."""
    return {
        **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.labelcolor"), palette.text),
        "ytick.labelcolor": palette.text,
        **dict.fromkeys(("axes.edgecolor", "xtick.color", "ytick.color"), palette.muted),
        **dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), palette.back),
        "grid.color": palette.grid,
        "axes.prop_cycle": cycler(color=palette.curves),
        # By its name, for a generic one would be looked up again when the figure is drawn.
        "font.family": _FONTS["sans"],
    }


_LIGHT = _colours(LIGHT)

THEMES: Mapping[str, Theme] = {
    "light": Theme(rc=_LIGHT),
    "dark": Theme(rc=_colours(DARK)),
    # One column of a two-column page.
    "paper": Theme(
        rc={
            **_LIGHT,
            "axes.linewidth": 0.6,
            "font.family": _FONTS["serif"],
            "lines.linewidth": 1.2,
            "mathtext.fontset": "stix",
        },
        size=(3.4, 2.4),
        dpi=300,
    ),
}


@contextmanager
def applied(style: str | None, font: str | None = None) -> Iterator[Theme]:
    """Apply a style, and nothing of the user's matplotlibrc, within the context.

    Args:
        style: One of `THEMES`, a style of matplotlib's, or the path of a style file; None is
            `light`.
        font: `sans` or `serif`; None: the style's.

    Raises:
        UsageError: There is no such style, or its file is wrong.
    """
    with mpl.rc_context():
        # Straight into the dict, as matplotlib does to restore them: they need no validation.
        dict.update(cast("dict[str, Any]", mpl.rcParams), _defaults())
        settings.update(_BASE)
        theme = THEMES.get(style or "light")
        if theme is None:
            _use(str(style))
            theme = Theme(font_size=float(settings["font.size"]))
            if not settings["axes.grid"]:  # nor then its colour is meant to be seen
                edge, back = settings["axes.edgecolor"], settings["axes.facecolor"]
                settings["grid.color"] = mixed(edge, back, 0.8)
        settings.update(theme.rc)
        if font is not None:
            settings["font.family"] = _FONTS[font]
        elif theme.font_size is not None:
            settings["font.family"] = [*settings["font.family"], "DejaVu Sans"]
        yield theme


@cache
def _defaults() -> dict[str, Any]:
    """Return matplotlib's own settings but for those that are about windows.

    `matplotlib.rcdefaults` reads all style files to know which ones these are.
    """
    return {
        key: value
        for key, value in dict.items(mpl.rcParamsDefault)
        if not key.startswith(_OF_WINDOWS)
    }


def _use(style: str) -> None:
    """Apply a style of matplotlib's, by its name or its file."""
    from matplotlib import style as styles  # reads all of matplotlib's style files

    is_file = style not in styles.library and Path(style).is_file()
    try:
        styles.use(checked(Path(style)) if is_file else style)
    except (OSError, ValueError) as error:
        if is_file:
            raise UsageError(f"cannot read the style {style}: {error}") from error
        if style.endswith(".mplstyle"):
            raise UsageError(f"no style file {style}") from error
        known = [*THEMES, *styles.available]
        raise UsageError(
            f"no style {style!r}{suggestion(style, known)} (light, dark, paper, a style of "
            "matplotlib's such as ggplot, or the path of an .mplstyle file)"
        ) from error


def colours() -> Colours:
    """Return the colours of curves in the style that is in force."""
    found = settings["axes.prop_cycle"].by_key().get("color", ["C0"])
    return Colours(tuple(map(to_hex, found)), to_hex(settings["axes.facecolor"]))


def readable(colour: str, text: str, background: str) -> str:
    """Return `colour`, moved towards the colour of `text` until it can be read as text (4.5:1)."""
    return palette.readable(to_hex(colour), to_hex(text), to_hex(background))


def mixed(one: str, other: str, part: float) -> str:
    """Return a colour between two, 0 at the first and 1 at the second."""
    return palette.mixed(to_hex(one), to_hex(other), part)
