"""`lrviz schema`: the JSON Schema of a spec."""

from __future__ import annotations

import json

from lrviz.cli.console import emit


def schema() -> None:
    """Print the JSON Schema of a spec file, for editors.

    lrviz schema > lrviz.schema.json
    """
    from lrviz.catalog import names
    from lrviz.spec.json_schema import json_schema

    emit([json.dumps(json_schema(list(names())), indent=2)])
