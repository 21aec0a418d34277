"""The server: what it sends to whom, how much it takes, and when it ends."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import lrviz
from lrviz.errors import UsageError
from lrviz.explorer.opening import opened
from lrviz.explorer.server import Explorer
from lrviz.explorer.service import Service
from lrviz.sources.overrides import Overrides
from tests.explorer.pages import asked, drawn, sent, served

SPEC = """\
train: {steps: 100}
optimizer: {type: SGD, lr: 0.1, momentum: 0.9}
schedules:
  a:
    scheduler: {type: onecycle}
  b:
    scheduler: {type: cosine}
"""


def test_it_listens_on_this_machine_alone_under_an_address_that_nobody_guesses() -> None:
    with served(["cosine"]) as one, served(["cosine"]) as other:
        assert one.server_address[0] == "127.0.0.1"
        assert len(one.gate.token) >= 32
        assert one.gate.token != other.gate.token


def test_wrong_tokens_hosts_and_origins_are_refused_and_learn_nothing() -> None:
    with served(["cosine"]) as server:
        right = sent(server, "GET", "")
        assert right[0] == 200
        refused = [
            sent(server, "GET", "", token="x" * 32),
            sent(server, "GET", "", Host="evil.example"),
            sent(server, "GET", "", Host=None),
            sent(server, "GET", "", Sec_Fetch_Site="cross-site"),
            sent(server, "POST", "draw", asked(SPEC), token="x" * 32),
            sent(server, "POST", "draw", asked(SPEC), Host="evil.example"),
            sent(server, "POST", "draw", asked(SPEC), Origin="http://evil.example"),
            sent(server, "POST", "draw", asked(SPEC), Origin=None),
            sent(server, "POST", "words", asked(SPEC), Origin="null"),
            sent(server, "POST", "load?name=a.yaml", b"a", Origin="http://evil.example"),
        ]
        # Twice, of which the right one stands first or last.
        refused.append(sent(server, "GET", "", host="evil.example"))
        refused.append(sent(server, "POST", "draw", asked(SPEC), origin="http://evil.example"))
        for code, headers, body in refused:
            assert code in (400, 403)
            assert server.gate.token not in body.decode()
            assert "Access-Control-Allow-Origin" not in headers
        # No preflight of another site is answered.
        assert sent(server, "OPTIONS", "draw", Origin="http://evil.example")[0] == 501


def test_answers_are_for_the_page_alone() -> None:
    with served(["cosine"]) as server:
        _, headers, body = sent(server, "GET", "")
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
        policy = dict(each.split(" ", 1) for each in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == "'none'"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["connect-src"] == "'self'"
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert b"<script>" in body


def test_what_a_page_gets_is_what_simulate_gives() -> None:
    with served(["cosine"]) as server:
        edit = ("set", ["schedules", "a", "scheduler", "pct_start"], "0.45")
        code, _, body = sent(server, "POST", "draw", asked(SPEC, edit))
        head, curves = drawn(body)
        assert code == 200
        assert head["problems"] == []
        assert "scheduler: {type: onecycle, pct_start: 0.45}" in head["spec"]
        one = lrviz.simulate("onecycle:pct_start=0.45", steps=100)
        other = lrviz.simulate("cosine", steps=100)
        assert np.array_equal(curves["a", "lr", 0], one.lr[:, 0])
        assert np.array_equal(curves["a", "momentum", 0], one.curves["momentum"][:, 0])
        assert np.array_equal(curves["b", "lr", 0], other.lr[:, 0])


def test_a_curve_that_is_wrong_takes_no_other_with_it() -> None:
    with served(["cosine"]) as server:
        path = ["schedules", "a", "scheduler", "pct_start"]
        head, curves = drawn(sent(server, "POST", "draw", asked(SPEC, ("set", path, "1.5")))[2])
        assert {label for label, _, _ in curves} == {"b"}
        [problem] = head["problems"]
        assert problem["path"] == path
        assert problem["message"] == (
            "OneCycleLR refuses its arguments: ValueError: Expected float between 0 and 1 "
            "pct_start, but got 1.5"
        )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "Invalid JSON"),
        (b"[]", "should be an object"),
        (b'{"page": "a", "number": 1, "spec": "", "trust": true}', "Extra inputs"),
        (asked(SPEC, ("import", [], "os")), "'set', 'unset'"),
        (asked(SPEC, *[("set", ["a"], "1")] * 10_001), "at most 10000 items"),
        (asked(SPEC, ("set", ["a"] * 61, "1")), "at most 60 items"),
        (asked("#" * 1_000_001), "at most 1000000 characters"),
    ],
)
def test_what_is_no_request_is_refused(body: bytes, said: str) -> None:
    with served(["cosine"]) as server:
        code, _, answer = sent(server, "POST", "draw", body)
        assert code == 422
        assert said in json.loads(answer)["error"]


def test_bodies_are_capped_before_they_are_read() -> None:
    with served(["cosine"]) as server:
        assert sent(server, "POST", "draw", Content_Length="2000001")[0] == 413
        assert sent(server, "POST", "load?name=a", Content_Length="32000001")[0] == 413
        assert sent(server, "POST", "draw", Content_Length="9" * 400)[0] == 413
        assert sent(server, "POST", "draw", Content_Length="-1")[0] == 411
        assert sent(server, "POST", "draw", Content_Length=None)[0] == 411
        assert sent(server, "POST", "draw", Transfer_Encoding="chunked")[0] == 411


def test_updates_are_capped() -> None:
    with served(["cosine"]) as server:
        edits = [
            ("set", ["train", "steps"], "100000"),
            ("set", ["optimizer", "groups"], "{a: {count: 50}}"),
        ]
        head, curves = drawn(sent(server, "POST", "draw", asked(SPEC, *edits))[2])
        assert curves == {}
        assert head["problems"] == [
            {
                "path": ["train"],
                "message": "10,000,000 updates, all curves and param groups counted, and a page "
                "takes 5,000,000; take fewer, or lrviz plot, which has no limit",
            }
        ]


def test_no_page_reads_a_file_that_the_command_line_did_not_name(tmp_path: Path) -> None:
    (tmp_path / "val.csv").write_text("step,loss\n" + "".join(f"{n},1\n" for n in range(100)))
    (tmp_path / "other.csv").write_text("step,loss\n" + "".join(f"{n},1\n" for n in range(100)))
    spec = tmp_path / "a.yaml"
    spec.write_text(
        "train: {steps: 100}\nmetric: {file: val.csv, column: loss}\n"
        "scheduler: {type: ReduceLROnPlateau, patience: 5}\n"
    )
    with served([str(spec)]) as server:
        text = server.service.opened.state.spec
        head, curves = drawn(sent(server, "POST", "draw", asked(text))[2])
        assert head["problems"] == []
        assert curves["a", "lr", 0][-1] < curves["a", "lr", 0][0]
        path = ["schedules", "a", "metric", "file"]
        for name in ("other.csv", "nothing.csv"):
            edit = ("set", path, str(tmp_path / name))
            head, curves = drawn(sent(server, "POST", "draw", asked(text, edit))[2])
            assert curves == {}
            # The same words whether it is there or not.
            assert [each["message"] for each in head["problems"]] == [
                f"{tmp_path / name}: not named on the command line, and a page reads no other"
            ]


def test_no_page_imports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "evil_page.py").write_text("raise SystemExit('imported')\n")
    with served(["cosine"]) as server:
        for name in ("evil_page.LR", "os.system"):
            edit = ("set", ["schedules", "a", "scheduler", "type"], name)
            head, _ = drawn(sent(server, "POST", "draw", asked(SPEC, edit))[2])
            [problem] = head["problems"]
            assert problem["message"].startswith(f"{name} is neither a scheduler of torch nor")
            assert "--trust" not in problem["message"]
        code, _, body = sent(server, "POST", "load?name=evil_page.py", b"import os\n")
        assert code == 422
        assert json.loads(body)["error"].startswith("evil_page.py: a page runs no code")
        head, _ = drawn(sent(server, "POST", "draw", asked(SPEC, sources=["evil_page:f"]))[2])
        assert [each["message"] for each in head["problems"]] == [
            "evil_page:f is not here any more: load it again"
        ]


def test_a_file_that_is_loaded_leads_to_no_other(tmp_path: Path) -> None:
    secret = tmp_path / "secret.yaml"
    secret.write_text("SOLVER: {BASE_LR: 0.5}\n")
    text = f"_BASE_: {secret}\nSOLVER: {{MAX_ITER: 100, STEPS: [50]}}\n"
    with served(["cosine"]) as server:
        code, _, body = sent(server, "POST", "load?name=a.yaml", text.encode())
        assert code == 422
        assert "a page reads no file beside the one it is given" in json.loads(body)["error"]
        for name in ("", ".", "..", ".hidden.yaml"):
            assert sent(server, "POST", f"load?name={name}", b"a: 1")[0] == 422


def test_specs_configs_and_logs_are_loaded(tmp_path: Path) -> None:
    with served(["cosine"]) as server:
        spec = b"train: {steps: 50}\nscheduler: onecycle\n"
        body = json.loads(sent(server, "POST", "load?name=mine.yaml", spec)[2])
        merged = asked(SPEC, ("merge", [], body["spec"]))
        head, curves = drawn(sent(server, "POST", "draw", merged)[2])
        assert head["problems"] == []
        assert {
            label: len(each) for (label, param, _), each in curves.items() if param == "lr"
        } == {
            "a": 100,
            "b": 100,
            "mine": 50,
        }
        config = b"learning_rate: 2.0e-5\nlr_scheduler_type: linear\nmax_steps: 100\n"
        body = json.loads(
            sent(server, "POST", "load?name=train.yaml", b"model_name_or_path: a\n" + config)[2]
        )
        assert body == {"config": "train.yaml"}
        head, curves = drawn(
            sent(server, "POST", "draw", asked(SPEC, ("read", [], "train.yaml")))[2]
        )
        assert head["problems"] == []
        assert head["configs"] == [{"name": "train.yaml", "facts": {}, "labels": ["train"]}]
        assert (len(curves["train", "lr", 0]), curves["train", "lr", 0][0]) == (100, 2e-5)
        log = b"step,lr\n" + b"".join(b"%d,0.1\n" % n for n in range(0, 100, 10))
        names = [
            json.loads(sent(server, "POST", "load?name=log.csv", log)[2])["source"]
            for _ in range(2)
        ]
        assert names == ["log.csv", "log.csv (2)"]
        head, curves = drawn(sent(server, "POST", "draw", asked(SPEC, sources=names[:1]))[2])
        assert head["problems"] == []
        assert curves["log", "lr", 0].tolist() == [0.1] * 10


def folder(*files: tuple[str, bytes]) -> bytes:
    """Return what a page sends of a folder."""
    head = json.dumps([[path, len(data)] for path, data in files]).encode()
    return struct.pack("<I", len(head)) + head + b"".join(data for _, data in files)


def test_the_folder_of_a_log_is_loaded() -> None:
    log = b"epoch,step,lr-SGD\n" + b"".join(b"0,%d,0.1\n" % n for n in range(0, 100, 10))
    files = [("version_0/metrics.csv", log), ("version_0/hparams.yaml", b"a: 1\n")]
    with served(["cosine"]) as server:
        answer = sent(server, "POST", "folder?name=lightning_logs", folder(*files))[2]
        assert json.loads(answer) == {"source": "lightning_logs"}
        body = asked(SPEC, sources=["lightning_logs"])
        head, curves = drawn(sent(server, "POST", "draw", body)[2])
        assert head["problems"] == []
        assert curves["lightning_logs", "lr", 0].tolist() == [0.1] * 10
        several = folder(*files, ("version_1/metrics.csv", log))
        code, _, answer = sent(server, "POST", "folder?name=lightning_logs", several)
        assert (code, json.loads(answer)["error"]) == (
            422,
            "lightning_logs: several logs; name one of them: "
            "lightning_logs/version_0/metrics.csv, lightning_logs/version_1/metrics.csv",
        )
        spec = folder(("a.yaml", b"scheduler: cosine\n"))
        code, _, answer = sent(server, "POST", "folder?name=a", spec)
        assert json.loads(answer)["error"] == "a: no log of a training in this folder"


@pytest.mark.parametrize(
    "path", ["../a.csv", "/etc/a.csv", "a/../../b.csv", "", "a//b", ".", "a\\b", "a\0b", "x" * 300]
)
def test_no_file_of_a_folder_is_written_outside_of_it(path: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no path below the folder"):
        Service(opened(["cosine"], Overrides()), tmp_path).load_folder("a", folder((path, b"a")))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("body", [b"", b"\xff\xff\xff\xff", folder()[:3], b"\2\0\0\0{}", b"[1]"])
def test_what_is_no_folder_is_refused(body: bytes, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no folder of a page"):
        Service(opened(["cosine"], Overrides()), tmp_path).load_folder("a", body)


def test_a_fault_of_its_own_is_no_silence(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with served(["cosine"]) as server:
        monkeypatch.setattr(server.service, "draw", lambda body: body.nothing)
        code, _, answer = sent(server, "POST", "draw", asked(SPEC))
        assert code == 500
        assert json.loads(answer)["error"] == (
            "lrviz cannot answer this, which is a fault of its own: AttributeError: 'bytes' object "
            "has no attribute 'nothing'"
        )
        assert sent(server, "GET", "")[0] == 200
    assert "AttributeError" in capfd.readouterr().err


def test_the_newest_request_wins() -> None:
    with served(["cosine"]) as server:
        long = SPEC.replace("100", "2000000")
        answers: list[int] = []
        first = threading.Thread(
            target=lambda: answers.append(sent(server, "POST", "draw", asked(long))[0])
        )
        first.start()
        time.sleep(0.3)
        began = time.monotonic()
        code, _, body = sent(server, "POST", "draw", asked(SPEC, number=2))
        assert (code, drawn(body)[0]["number"]) == (200, 2)
        assert time.monotonic() - began < 5
        first.join()
        assert answers == [409]
        # An older one that comes late is not begun.
        assert sent(server, "POST", "draw", asked(long, number=1))[0] == 409


def test_it_ends_by_itself_once_no_page_is_open() -> None:
    server = Explorer(opened(["cosine"], Overrides()), idle=0.4)
    thread = threading.Thread(target=lambda: server.serve_forever(0.05))
    with server:
        thread.start()
        page = socket.create_connection(("127.0.0.1", server.gate.port))
        head = (
            f"GET /{server.gate.token}/alive HTTP/1.1\r\nHost: 127.0.0.1:{server.gate.port}\r\n\r\n"
        )
        page.sendall(head.encode())
        assert page.recv(100).startswith(b"HTTP/1.1 200")
        time.sleep(1.0)
        assert thread.is_alive()
        page.close()
        thread.join(5)
        assert not thread.is_alive()
