"""The colours of lrviz's own themes, for figures and pages alike."""

from __future__ import annotations

from dataclasses import dataclass

# After Okabe and Ito ("Color Universal Design"), made darker where a colour had less than 3:1 on
# white; the yellow, which cannot be mended so, is replaced. Any two of the first six stay apart
# under each of the three kinds of colour blindness.
_ON_LIGHT = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#222222",
    "#8E3FD8",
    "#A81F63",
    "#8A5A2B",
    "#3B97D3",
)
_ON_DARK = (
    "#56B4E9",
    "#E69F00",
    "#2BC49A",
    "#F2F2F2",
    "#A57CF5",
    "#FF7088",
    "#9C7A3C",
    "#F0E442",
)


@dataclass(frozen=True)
class Palette:
    """The colours of a theme, as `#RRGGBB`.

    Attributes:
        text: Of what is read.
        muted: Of axes and ticks.
        grid: Of grid lines.
        back: Behind everything.
        curves: In turn.
    """

    text: str
    muted: str
    grid: str
    back: str
    curves: tuple[str, ...]


LIGHT = Palette("#24292F", "#6E7781", "#E4E7EB", "#FFFFFF", _ON_LIGHT)
DARK = Palette("#E6EDF3", "#8B949E", "#272D35", "#0D1117", _ON_DARK)
