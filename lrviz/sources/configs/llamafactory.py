"""LLaMA-Factory's YAML: TrainingArguments, and its own ways to a dataset's size."""

from __future__ import annotations

from lrviz.document import Entry, Map
from lrviz.sources.configs import hf
from lrviz.sources.configs.draft import Draft
from lrviz.sources.configs.framework import Converted, Document, Facts, Framework

_STAGES = ("pt", "sft", "rm", "ppo", "dpo", "kto")


def _recognises(document: Document) -> bool:
    data = document.data
    if "base_model" in data:  # Axolotl's
        return False
    return any(key in data for key in ("finetuning_type", "cutoff_len")) or (
        data.get("stage") in _STAGES and "template" in data
    )


def _convert(document: Document, facts: Facts) -> Converted:
    data = document.data
    if data.get("stage") == "pt" and data.get("packing") is None:  # LLaMA-Factory turns it on
        where = data.places.get("stage", Entry(None, None))
        data = Map(data, data.places, data.place)
        data.put("packing", True, where)
        document = Document(data, document.file, document.folder, document.form)
    draft = hf.begun(document, facts, "LLaMA-Factory")
    lr = draft.keys.number("learning_rate", 5e-5)
    steps = hf.length(draft, document)
    kind = draft.keys.text("lr_scheduler_type", "linear")
    if kind.value == "warmup_stable_decay":
        document = _with_decay(draft, document, steps.value)
        draft.keys.data = document.data
    hf.schedule(draft, document, lr, steps)
    if "max_samples" in draft.keys and facts.dataset_size is not None:
        names = str(data.get("dataset", "")).split(",")
        if len(names) > 1:
            draft.assume("max_samples counts for each dataset, and one was assumed (--steps)")
    return draft.done()


def _with_decay(draft: Draft, document: Document, total: int) -> Document:
    """Return the document with the decay that LLaMA-Factory fills in: two thirds of the rest."""
    data = Map(document.data, document.data.places, document.data.place)
    given = data.get("lr_scheduler_kwargs")
    extra = Map(given, given.places, given.place) if isinstance(given, Map) else Map()
    warmup = hf.warmup_steps(draft, total).value
    place = draft.keys.place("lr_scheduler_type")
    stable = extra.get("num_stable_steps")
    if not isinstance(stable, int):
        stable = (total - warmup) // 3
        extra.put("num_stable_steps", stable, Entry(place, place))
    if "num_decay_steps" not in extra:
        extra.put("num_decay_steps", total - warmup - stable, Entry(place, place))
    data.put("lr_scheduler_kwargs", extra, Entry(place, place))
    return Document(data, document.file, document.folder, document.form)


FRAMEWORK = Framework(
    name="llamafactory",
    title="LLaMA-Factory",
    file="its YAML",
    looked_for="finetuning_type, cutoff_len, stage with template",
    version=hf.VERSION,
    recognises=_recognises,
    convert=_convert,
    aliases=("llama-factory",),
    versioned=True,
)
