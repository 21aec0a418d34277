"""Files where none can be written, and ends at any moment: told, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from lrviz.cli.write import write
from lrviz.errors import OutputError
from tests.attacks.faults import Attack
from tests.attacks.forking import run, start
from tests.commands import lrviz

NOBODY = 65534
as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root has files of two users")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user may enter and write into."""
    made = Path(os.path.realpath(tempfile.mkdtemp()))
    made.chmod(0o777)
    yield made
    shutil.rmtree(made)


def become_nobody() -> None:
    """Be a user who may not write everywhere."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def test_a_kill_leaves_each_file_old_or_new(tmp_path: Path) -> None:
    attack = Attack(tmp_path / "files")
    counts = attack.kills(16, Random(1))
    assert attack.failures == []
    assert sum(count for what, count in counts.items() if "temporary" not in what) == 16


def test_without_room_a_command_says_so_and_nothing_is_lost(tmp_path: Path) -> None:
    attack = Attack(tmp_path / "files")
    assert attack.no_room(lambda largest: (1, largest - 1)) == 8
    assert attack.failures == []


def test_a_full_disk_keeps_the_old_figures(tmp_path: Path) -> None:
    attack = Attack(tmp_path / "files")
    if not attack.full_disk(4):
        pytest.skip("no disk may be mounted here")
    assert attack.failures == []


def refused(folder: Path, name: str, problem: str) -> None:
    """Check what is said of an output, and that it is said before anything is drawn."""
    lrviz("plot", "cosine", "-q", "-o", "no/a.png")  # nobody may not read what this imports
    before = sorted(path.name for path in folder.iterdir())
    ran = run("plot", "cosine", "-q", "-o", name, folder=folder, prepare=become_nobody)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"error: {name} cannot be written: {problem}\n"
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_read_only_folder(folder: Path) -> None:
    folder.chmod(0o555)
    refused(folder, "a.png", f"{folder} is read-only; name a file elsewhere with -o")


@pytest.mark.parametrize("owner", [NOBODY, pytest.param(0, marks=as_root)])
def test_a_file_that_is_read_only_for_this_user(folder: Path, owner: int) -> None:
    path = folder / "a.png"
    path.write_bytes(b"old")
    path.chmod(0o444 if owner else 0o644)
    if os.getuid() == 0:
        os.chown(path, owner, owner)
    refused(folder, "a.png", "it is read-only; name another file with -o")
    assert path.read_bytes() == b"old"


@as_root
def test_another_users_file_in_a_folder_for_all(folder: Path) -> None:
    folder.chmod(0o1777)  # as /tmp: who may write there may not replace the files of others
    path = folder / "a.png"
    path.write_bytes(b"old")
    path.chmod(0o666)

    def attempt() -> None:
        become_nobody()
        with pytest.raises(OutputError) as caught:
            write(path, b"new")
        os.write(1, str(caught.value).encode())
        os._exit(5)

    ran = run(folder=folder, prepare=attempt)
    assert (ran.code, ran.out) == (5, f"{path} cannot be written: Operation not permitted")
    assert path.read_bytes() == b"old"
    assert [each.name for each in folder.iterdir()] == ["a.png"]


@as_root
def test_root_leaves_a_file_to_its_owner(folder: Path) -> None:
    path = folder / "a.png"
    path.write_bytes(b"old")
    path.chmod(0o640)
    os.chown(path, NOBODY, NOBODY)
    write(path, b"new")
    found = path.stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (NOBODY, NOBODY, 0o640)
    assert path.read_bytes() == b"new"


def test_a_link_to_a_full_device(folder: Path) -> None:
    (folder / "a.png").symlink_to("/dev/full")
    ran = run("plot", "cosine", "-q", "-o", "a.png", folder=folder)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "error: a.png cannot be written: No space left on device\n"
    assert (folder / "a.png").is_symlink()


def test_a_link_to_a_folder_and_one_into_none(folder: Path) -> None:
    (folder / "a.png").symlink_to(folder)
    ran = run("plot", "cosine", "-q", "-o", "a.png", folder=folder)
    assert (ran.code, ran.err) == (2, "error: a.png is a folder; name a file in it\n")
    (folder / "b.png").symlink_to(folder / "no" / "b.png")
    refused(folder, "b.png", f"{folder}/no does not exist; make it first")


def test_a_link_to_itself_is_replaced(folder: Path) -> None:
    (folder / "a.svg").symlink_to("a.svg")
    ran = run("plot", "cosine", "-q", "-o", "a.svg", folder=folder)
    assert (ran.code, ran.err) == (0, "")
    assert (folder / "a.svg").read_bytes().startswith(b"<?xml")


def test_a_socket(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "a.png"))
        ran = run("plot", "cosine", "-q", "-o", "a.png", folder=folder)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "error: a.png cannot be written: No such device or address\n"


def test_a_reader_that_goes_away_ends_it_quietly(folder: Path) -> None:
    os.mkfifo(folder / "a.png")
    process = start(("plot", "cosine", "-q", "-o", "a.png"), folder)
    reader = os.open(folder / "a.png", os.O_RDONLY)
    os.close(reader)
    ran = process.wait()
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def slow(folder: Path) -> tuple[str, ...]:
    """Write a scheduler that takes long into a folder; return the command that draws it."""
    (folder / "slow.py").write_text(
        "import time\n\n\ndef schedule(step):\n    time.sleep(0.01)\n    return 0.1\n"
    )
    return ("plot", "slow.py:schedule", "--steps", "100000", "-o", "a.png", "-q")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)]
)
def test_a_signal_in_a_users_code_ends_the_command(folder: Path, number: int, code: int) -> None:
    process = start(slow(folder), folder)
    time.sleep(0.5)
    os.kill(process.number, number)
    ran = process.wait()
    assert (ran.code, ran.out, ran.err) == (code, "", "")
    assert not (folder / "a.png").exists()


@pytest.mark.parametrize("instead", ["ImportError('initialization failed')", "ValueError"])
def test_a_signal_that_other_code_loses_is_no_error(folder: Path, instead: str) -> None:
    """As an import of C code does, and matplotlib where a renderer asks numpy for something."""
    (folder / "schedule.py").write_text(
        "import os, signal\n\n\ndef make(optimizer):\n"
        "    try:\n        os.kill(os.getpid(), signal.SIGINT)\n        return sum(range(10**6))\n"
        f"    except KeyboardInterrupt:\n        raise {instead} from None\n"
    )
    ran = run("table", "schedule.py:make", folder=folder)
    assert (ran.code, ran.out, ran.err) == (130, "", "")


def test_under_nohup_a_hangup_is_ignored(folder: Path) -> None:
    def ignore_hangups() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    process = start(slow(folder), folder, ignore_hangups)
    time.sleep(0.5)
    os.kill(process.number, signal.SIGHUP)
    time.sleep(0.2)
    os.kill(process.number, signal.SIGTERM)
    assert process.wait().code == 143


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 0)])
def test_a_watch_ends_well_with_ctrl_c_alone(folder: Path, number: int, code: int) -> None:
    (folder / "spec.yaml").write_text("train: {steps: 9}\nscheduler: cosine\n")
    process = start(("plot", "spec.yaml", "--watch", "-o", "a.svg"), folder)
    deadline = time.monotonic() + 30
    while not (folder / "a.svg").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    os.kill(process.number, number)
    ran = process.wait()
    assert ran.code == code
    assert ran.err.splitlines()[-2:] == ["wrote a.svg", "watching spec.yaml; Ctrl-C ends it"]
