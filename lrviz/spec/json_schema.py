"""The JSON Schema of a spec file, for editors."""

from __future__ import annotations

from typing import Any

from lrviz.spec.models import Curve, Member, Optimizer, Spec, Trained


def json_schema(types: list[str] | None = None) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a spec file.

    Args:
        types: Names that an editor may offer for a scheduler's `type`.
    """
    schema = Spec.model_json_schema()
    definitions = schema["$defs"]
    definitions["Member"] = _inlined(Member.model_json_schema(), definitions)
    definitions["Optimizer"] = _inlined(Optimizer.model_json_schema(), definitions)
    definitions["Trained"] = _inlined(Trained.model_json_schema(), definitions)
    definitions["Curve"] = _inlined(Curve.model_json_schema(), definitions)
    name: dict[str, Any] = {"type": "string"}
    if types:
        name = {"anyOf": [{"enum": types}, {"type": "string"}]}
    definitions["Scheduler"] = {
        "anyOf": [name, {"type": "object", "properties": {"type": name}}],
        "description": "A scheduler: a preset, a torch class or a dotted path, with its arguments.",
    }
    scheduler, metric = {"$ref": "#/$defs/Scheduler"}, {"$ref": "#/$defs/Metric"}
    many = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Member"}}
    opt = {"anyOf": [{"$ref": "#/$defs/Optimizer"}, {"type": "string"}]}
    definitions["Member"]["properties"]["scheduler"] = scheduler
    each = {"anyOf": [{"$ref": "#/$defs/Trained"}, {"type": "string"}]}
    several = {"type": "object", "minProperties": 1, "additionalProperties": each}
    for part in (schema, definitions["Curve"], definitions["Trained"]):
        part["properties"] |= {"scheduler": scheduler, "schedulers": many, "metric": metric}
    for part in (schema, definitions["Curve"]):
        part["properties"] |= {"optimizer": opt, "optimizers": several}
    curve = {"anyOf": [{"$ref": "#/$defs/Curve"}, scheduler]}
    schema["properties"]["schedules"] = {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": curve,
        "description": "Label -> one curve.",
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _inlined(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    definitions |= schema.pop("$defs", {})
    return schema
