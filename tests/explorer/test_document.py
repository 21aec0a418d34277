"""The spec of a page: read as it was written, and searched for what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrviz.document import unplaced
from lrviz.errors import SpecError
from lrviz.explorer.document import path_of, read, spec_text, tidy

TEXTS = st.text(max_size=12) | st.sampled_from(
    ["1e-4", "yes", "0o7", "1:30", "null", "~", "", " ", "- a", "a: b", "#", "<<", "5%", "é\n", "]"]
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | TEXTS.filter(str.isprintable)
)
KEYS = TEXTS.filter(str.isprintable)
DOCUMENTS = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS,
        lambda each: st.lists(each, max_size=3) | st.dictionaries(KEYS, each, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


@settings(max_examples=60)
@given(DOCUMENTS)
def test_a_spec_is_read_as_it_was_written(document: dict[str, Any]) -> None:
    found = unplaced(read(spec_text(document)))
    assert found == document
    assert repr(found) == repr(document)  # 1 and 1.0 are two values


def test_schedulers_are_written_in_one_spelling() -> None:
    tree: dict[str, Any] = {
        "scheduler": {
            "class_path": "SequentialLR",
            "init_args": {"milestones": [5], "schedulers": ["cosine", {"_target_": "LinearLR"}]},
        }
    }
    tidy(tree)
    assert tree["scheduler"] == {
        "type": "SequentialLR",
        "milestones": [5],
        "schedulers": [{"type": "cosine"}, {"type": "LinearLR"}],
    }
    members: dict[str, Any] = {"schedulers": ["cosine", {"scheduler": "linear", "begin": 5}]}
    tidy(members)
    assert members["schedulers"] == [
        {"scheduler": {"type": "cosine"}},
        {"scheduler": {"type": "linear"}, "begin": 5},
    ]


def test_the_place_of_an_error_is_the_path_of_its_key_or_value() -> None:
    tree = read("a: {b: [1, {c: d}]}\ne: 2\n")
    inner = tree["a"]["b"]
    assert path_of(tree, tree.places["e"].key) == ("e",)
    assert path_of(tree, tree.places["e"].value) == ("e",)
    assert path_of(tree, inner.places[0]) == ("a", "b", 0)
    assert path_of(tree, inner[1].places["c"].value) == ("a", "b", 1, "c")
    assert path_of(tree, None) is None
    with pytest.raises(SpecError, match="duplicate key"):
        read("a: 1\na: 2\n")
