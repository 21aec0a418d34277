"""The faults of `tests.attacks.mutants` can still be planted; that script tells who notices."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

import pytest

from tests.attacks.mutants import MUTANTS, ROOT, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_can_be_planted(mutant: Mutant, tmp_path: Path) -> None:
    target = tmp_path / "lrviz" / mutant.file
    target.parent.mkdir(parents=True)
    shutil.copy(ROOT / "lrviz" / mutant.file, target)
    before = target.read_text(encoding="utf-8")
    mutant.plant(tmp_path)
    after = target.read_text(encoding="utf-8")
    assert after != before
    if target.suffix == ".py":
        assert ast.dump(ast.parse(after)) != ast.dump(ast.parse(before))
    for path in mutant.modules():
        assert (ROOT / path).is_file()
