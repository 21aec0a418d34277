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
    parts = sorted((_HERE / "script").glob("*.js"), key=lambda path: path.name)
    own = "\n".join(path.read_text(encoding="utf-8") for path in parts)
    code = f'{script()}(() => {{\n"use strict";\n{own}\n}})();\n'
    style = styles() + _text("page.css")
    data = json.dumps(first).replace("<", "\\u003c")
    html = (
        _text("page.html")
        .replace("/*style*/", style)
        .replace("/*code*/", code)
        .replace("/*first*/", data)  # the last: what it has in it is no mark of ours
    )
    more = {"connect_src": "'self'", "img_src": "data:", "frame_ancestors": "'none'"}
    return html, policy(code, style, **more)


def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
