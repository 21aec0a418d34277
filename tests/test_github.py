"""What stands in .github: the action that checks schedules, and the workflow that uses it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

GITHUB = Path(__file__).parent.parent / ".github"
SPEC = "train: {steps: 100}\nscheduler: {type: CosineAnnealingLR, T_max: %s}\n"


def ran(folder: Path, **env: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Run the action's script as the action does; return the job's summary too."""
    command = folder / "lrviz" / "bin" / "lrviz"
    command.parent.mkdir(parents=True, exist_ok=True)
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m lrviz "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    summary = folder / "summary.md"
    done = subprocess.run(
        ["bash", GITHUB / "actions" / "check" / "check.sh"],
        cwd=folder,
        env={
            **os.environ,
            "RUNNER_TEMP": str(folder),
            "GITHUB_STEP_SUMMARY": str(summary),
            "PYTHONPATH": str(GITHUB.parent),
            **env,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done, summary.read_text(encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="a script of bash")
def test_the_action_annotates_lines_and_writes_tables(tmp_path: Path) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "bad.yaml").write_text(SPEC % 50, encoding="utf-8")
    (tmp_path / "specs" / "good.yaml").write_text(SPEC % "100%", encoding="utf-8")
    done, summary = ran(tmp_path, SOURCES="specs", OPTIONS="--select LRV201")
    assert done.returncode == 1
    assert done.stdout.startswith("::warning file=specs/bad.yaml,line=2,col=")
    assert len(done.stdout.splitlines()) == 1
    heads = [line for line in summary.splitlines() if line.startswith("#")]
    assert heads == [
        "## Learning-rate schedules",
        "### `specs/bad.yaml`",
        "### `specs/good.yaml`",
    ]
    assert "|   99 | last " in summary


@pytest.mark.skipif(os.name == "nt", reason="a script of bash")
def test_without_sources_it_reads_lrviz_yaml_and_options_of_the_training_reach_both(
    tmp_path: Path,
) -> None:
    (tmp_path / "lrviz.yaml").write_text(SPEC % "100%", encoding="utf-8")
    done, summary = ran(tmp_path, TRAINING="--steps 7 --lr 0.5")
    assert done.returncode == 0
    assert "### `lrviz.yaml`" in summary
    assert "|    6 | last" in summary
    assert "0.5 |" in summary


def test_the_workflow_and_the_action_name_only_what_there_is() -> None:
    action = _read("actions/check/action.yml")
    script = (GITHUB / "actions" / "check" / "check.sh").read_text(encoding="utf-8")
    *_, last = action["runs"]["steps"]
    assert all(f"${{{name}:-}}" in script for name in last["env"])
    workflow = _read("workflows/tests.yml")
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            if step.get("uses", "").startswith("./"):
                assert set(step["with"]) <= set(action["inputs"])


def _read(name: str) -> Any:
    return yaml.safe_load((GITHUB / name).read_text(encoding="utf-8"))
