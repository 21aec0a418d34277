from __future__ import annotations

from pathlib import Path

import pytest

from lrviz.errors import UsageError
from lrviz.sources.grammar import KINDS, reference
from lrviz.sources.loading import load
from lrviz.sources.reference import Reference


@pytest.mark.parametrize(
    ("source", "kind", "name", "label"),
    [
        ("-", "stdin", "", None),
        ("vit.yaml", "spec", "vit.yaml", None),
        ("a/vit.json#small", "spec", "a/vit.json", None),
        ("cosine", "name", "cosine", None),
        ("OneCycleLR:pct_start=0.2,anneal_strategy=linear", "name", "OneCycleLR", None),
        ("preset:*", "presets", "", None),
        ("train.py:make", "function", "make", None),
        ("a train.py", "script", "a train.py", None),
        ("pkg.mod:Class.method", "function", "Class.method", None),
        ("tuned=cosine", "name", "cosine", "tuned"),
        ("tuned=onecycle:pct_start=0.2", "name", "onecycle", "tuned"),
        ("T_0=10 note=sgdr", "name", "sgdr", "T_0=10 note"),
        ("lr=3e-4=vit.yaml#small", "spec", "vit.yaml", "lr=3e-4"),
        ("lr: 3e-4=cosine", "name", "cosine", "lr: 3e-4"),
        ("mine=train.py:make", "function", "make", "mine"),
        ("p=-", "stdin", "", "p"),
    ],
)
def test_a_source_is_taken_apart(source: str, kind: str, name: str, label: str | None) -> None:
    found = reference(source)
    assert (found.kind, found.name, found.label) == (kind, name, label)


@pytest.mark.parametrize("source", ["cosin", "evil.boom:x=1", "tuned=cosin", "a file.txt", ""])
def test_what_is_no_source_has_no_kind(source: str) -> None:
    assert reference(source).kind == ""


@pytest.mark.parametrize("source", ["=cosine", "tuned="])
def test_an_empty_label_or_source_is_refused(source: str) -> None:
    with pytest.raises(UsageError, match="write LABEL=SOURCE, as in tuned=cosine"):
        reference(source)


def test_a_file_that_is_there_is_a_source_whatever_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lr=3e-4.yaml").write_text("train: {steps: 3}\nscheduler: cosine\n")
    Path("lr=3e-4.py").write_text("def make(step): return 1.0\n")
    assert reference("lr=3e-4.yaml") == Reference(
        "lr=3e-4.yaml", "spec", "lr=3e-4.yaml", file="lr=3e-4.yaml"
    )
    assert reference("lr=3e-4.py:make").file == "lr=3e-4.py"
    assert reference("lr=1e-4.yaml").label == "lr"  # which is not there


def test_a_label_may_have_signs_of_its_own() -> None:
    [schedule] = load("T_0=10 note=sgdr", steps=100)
    assert (schedule.label, schedule.source) == ("T_0=10 note", "sgdr")


@pytest.mark.parametrize(
    ("source", "moved"),
    [
        ("a=vit.yaml#small", "a=docs/vit.yaml#small"),
        ("train.py:make", "docs/train.py:make"),
        ("pkg.mod:make", "pkg.mod:make"),
        ("a=cosine", "a=cosine"),
        ("-", "-"),
    ],
)
def test_the_file_in_a_source_is_moved(source: str, moved: str) -> None:
    assert reference(source).moved(lambda file: f"docs/{file}") == moved


@pytest.mark.parametrize(
    ("source", "short"),
    [
        ("/home/someone/configs/vit.yaml#small", "vit.yaml#small"),
        ("a=../vit.yaml", "vit.yaml"),
        ("/home/someone/train.py:make", "train.py:make"),
        ("onecycle:pct_start=0.2", "onecycle:pct_start=0.2"),
        ("-", "-"),
    ],
)
def test_a_source_is_told_without_the_folder(source: str, short: str) -> None:
    assert reference(source).short == short


@pytest.mark.parametrize(
    ("source", "slug"),
    [
        ("configs/vit.yaml", "vit"),
        ("configs/vit.yaml#small", "vit-small"),
        ("onecycle:pct_start=0.2", "onecycle-pct_start-0.2"),
        ("T_0=10 note=sgdr", "T_0-10-note"),
        ("-", "stdin"),
        ("???", "schedule"),
    ],
)
def test_a_source_names_the_files_about_it(source: str, slug: str) -> None:
    assert reference(source).slug == slug


def test_every_kind_has_a_name_of_its_own() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)
