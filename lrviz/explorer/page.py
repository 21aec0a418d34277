"""What a page begins with to its HTML, and the policy under which it runs its own script alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lrviz.views.html.page import policy, script, styles

_HERE = Path(__file__).parent


def explorer_page(first: Mapping[str, Any]) -> tuple[str, str]:
    """Return a page as HTML, and its Content-Security-Policy.

    Args:
        first: What it begins with, as JSON takes it.
    """
    code = f'{script()}(() => {{\n"use strict";\n{own_script()}\n{_text("page.js")}\n}})();\n'
    style = styles() + own_styles() + _text("page.css")
    data = json.dumps(first).replace("<", "\\u003c")
    html = (
        _text("page.html")
        .replace("/*style*/", style)
        .replace("/*body*/", body())
        .replace("/*code*/", code)
        .replace("/*first*/", data)  # the last: what it has in it is no mark of ours
    )
    more = {"connect_src": "'self'", "img_src": "data:", "frame_ancestors": "'none'"}
    return html, policy(code, style, **more)


def own_script() -> str:
    """Return what declares `mount`, behind the renderer's script."""
    parts = sorted((_HERE / "script").glob("*.js"), key=lambda path: path.name)
    return "\n".join(path.read_text(encoding="utf-8") for path in parts)


def own_styles() -> str:
    """Return what a page's body looks like, behind the renderer's styles."""
    return _text("body.css")


def body() -> str:
    """Return what `mount` takes as the content of its element."""
    return _text("body.html")


def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
