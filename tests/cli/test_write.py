from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from lrviz.cli.write import default_name, figure_targets, write
from lrviz.errors import OutputError, UsageError
from lrviz.writing import provenance

KNOWN = ", ".join(f".{each}" for each in (*provenance.FORMATS, provenance.PAGE))
OURS = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + b"tEXtSoftware\0lrviz"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def names(folder: str = ".") -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def test_a_file_is_replaced_as_a_whole_and_keeps_its_mode() -> None:
    path = Path("a.png")
    path.write_bytes(b"old and longer")
    path.chmod(0o640)
    write(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert names() == ["a.png"]


def test_a_new_file_has_the_mode_of_the_umask() -> None:
    before = os.umask(0o027)
    try:
        write(Path("a.png"), b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE(Path("a.png").stat().st_mode) == 0o640


def test_a_link_stays_and_what_it_leads_to_is_replaced() -> None:
    Path("far").mkdir()
    Path("far/a.png").write_bytes(b"old")
    Path("link.png").symlink_to("far/a.png")
    write(Path("link.png"), b"new")
    assert Path("link.png").is_symlink()
    assert Path("far/a.png").read_bytes() == b"new"
    assert names("far") == ["a.png"]


def test_a_link_to_nothing_is_written_where_it_leads() -> None:
    Path("far").mkdir()
    Path("link.png").symlink_to("far/a.png")
    write(Path("link.png"), b"new")
    assert Path("far/a.png").read_bytes() == b"new"
    assert Path("link.png").is_symlink()


def test_what_was_there_stays_when_the_rename_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.png").write_bytes(b"old")

    def refuse(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OutputError) as caught:
        write(Path("a.png"), b"new")
    assert str(caught.value) == "a.png cannot be written: No space left on device"
    assert Path("a.png").read_bytes() == b"old"
    assert names() == ["a.png"]


def test_an_interrupt_leaves_no_temporary_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.png").write_bytes(b"old")

    def interrupt(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(Path("a.png"), b"new")
    assert Path("a.png").read_bytes() == b"old"
    assert names() == ["a.png"]


def test_a_pipe_is_written_straight_and_stays_a_pipe() -> None:
    os.mkfifo("pipe.png")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(Path("pipe.png").read_bytes()))
    reader.start()
    write(Path("pipe.png"), b"through the pipe")
    reader.join(timeout=10)
    assert got == [b"through the pipe"]
    assert stat.S_ISFIFO(Path("pipe.png").stat().st_mode)


def test_a_device_is_written_straight() -> None:
    write(Path("/dev/null"), b"gone")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


@pytest.mark.parametrize(
    ("sources", "name"),
    [
        (["cosine"], "cosine.png"),
        (["cosine", "onecycle"], "cosine-vs-onecycle.png"),
        (["configs/vit.v2.yaml"], "vit.v2.png"),
        (["configs/vit.yaml#head one"], "vit-head-one.png"),
        (["base=configs/vit.yaml", "onecycle:pct_start=0.2"], "base-vs-onecycle-pct_start-0.2.png"),
        (["-"], "stdin.png"),
        (["../sched.py:make"], "sched.py-make.png"),
        (["**"], "schedule.png"),
        ([f"preset{i:02}" for i in range(20)], "preset00-and-19-more.png"),
    ],
)
def test_the_default_name_comes_from_the_sources(sources: list[str], name: str) -> None:
    assert default_name(sources) == name


def test_a_file_of_ours_is_replaced_and_another_is_not() -> None:
    Path("cosine.png").write_bytes(OURS)
    assert provenance.written_by_lrviz(Path("cosine.png"))
    assert figure_targets([], ["cosine"]) == (Path("cosine.png"),)
    Path("cosine.png").write_bytes(b"a photograph")
    with pytest.raises(UsageError) as caught:
        figure_targets([], ["cosine"])
    assert str(caught.value) == (
        "cosine.png is here already and lrviz did not write it; "
        "-o cosine.png replaces it, or name another file"
    )
    assert figure_targets(["cosine.png"], ["cosine"]) == (Path("cosine.png"),)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x.pgn", "-o x.pgn: the format .pgn is unknown; did you mean .png?"),
        ("x.gif", f"-o x.gif: the format .gif is unknown; it is one of {KNOWN}"),
        ("x", f"-o x: no extension says which format; it is one of {KNOWN}"),
        ("folder.png", "folder.png is a folder; name a file in it"),
    ],
)
def test_a_wrong_output_is_refused_before_anything_is_computed(name: str, message: str) -> None:
    Path("folder.png").mkdir()
    with pytest.raises((UsageError, OutputError)) as caught:
        figure_targets(["good.png", name], ["cosine"])
    assert str(caught.value) == message


def test_a_missing_folder_and_a_file_as_folder_are_named(tmp_path: Path) -> None:
    Path("file").write_bytes(b"")
    real = os.path.realpath(tmp_path)
    for name, message in (
        ("no/x.svg", f"no/x.svg cannot be written: {real}/no does not exist; make it first"),
        ("file/x.svg", f"file/x.svg cannot be written: {real}/file is not a folder"),
    ):
        with pytest.raises(OutputError) as caught:
            figure_targets([name], ["cosine"])
        assert str(caught.value) == message


def test_a_read_only_file_or_folder_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.png").write_bytes(OURS)
    closed: set[str] = {"a.png"}
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name not in closed)
    with pytest.raises(
        OutputError, match=r"^a\.png cannot be written: it is read-only; name another file with -o$"
    ):
        figure_targets(["a.png"], ["cosine"])
    closed = {Path.cwd().name}
    with pytest.raises(
        OutputError,
        match=r"^b\.png cannot be written: .* is read-only; name a file elsewhere with -o$",
    ):
        figure_targets(["b.png"], ["cosine"])
