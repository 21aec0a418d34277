"""The options of `plot` and `compare` that say how the picture looks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import lrviz

SHORT = ("--steps", "100", "--lr", "0.1", "-q")
REBOUND = """
train: {steps: 1000}
optimizer: {type: SGD, lr: 0.1, momentum: 0.9}
scheduler: {type: CosineAnnealingLR, T_max: 500}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def page(*args: str) -> str:
    ran = lrviz(*args, "-o", "a.svg")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    return Path("a.svg").read_text(encoding="utf-8")


def test_annotate_writes_values_on_the_curves() -> None:
    plain = page("plot", "MultiStepLR:milestones=30,60", *SHORT)
    marked = page("plot", "MultiStepLR:milestones=30,60", *SHORT, "--annotate")
    for text in ("peak 0.1 at update 0", "drop to 0.01 at update 30", "drop to 0.001 at update 60"):
        assert (f">{text}</text>" in plain, f">{text}</text>" in marked) == (False, True)
    ran = lrviz("compare", "step", "multistep", *SHORT, "--annotate", "-o", "b.svg")
    assert ran.code == 0
    drawn = Path("b.svg").read_text(encoding="utf-8")
    assert all(f">at update {update}</text>" in drawn for update in (50, 75, 90))


def test_grid_draws_a_panel_a_schedule() -> None:
    assert page("plot", "cosine", "linear", "step", *SHORT, "--grid").count('<g id="axes_') == 3
    assert page("plot", "cosine", "linear", "step", *SHORT).count('<g id="axes_') == 1


def test_font_and_style() -> None:
    assert "'STIXGeneral'" in page("plot", "cosine", *SHORT, "--font", "serif")
    both = page("plot", "cosine", *SHORT, "--style", "paper", "--font", "sans")
    assert "'STIXGeneral'" not in both
    Path("mine").write_text("figure.facecolor: 123456\n")
    assert "#123456" in page("plot", "cosine", *SHORT, "--style", "mine")


def test_check_marks_findings_and_says_them() -> None:
    Path("up.yaml").write_text(REBOUND)
    ran = lrviz("plot", "up.yaml", "--check", "-o", "a.svg")
    assert (ran.code, ran.out) == (0, "")
    first, advice, summary, wrote = ran.err.splitlines()
    assert first.startswith("up.yaml:4:38: warning LRV201 rebound [up] the LR climbs from ")
    assert (advice[:4], summary) == ("    ", "1 warning in 1 curve; --fix mends 1")
    assert wrote == "wrote a.svg"
    assert ">LRV201 rebound</text>" in Path("a.svg").read_text(encoding="utf-8")
    assert ">LRV201 rebound</text>" in page("plot", "up.yaml", "--check", "-q")


def test_check_needs_a_picture() -> None:
    ran = lrviz("plot", "cosine", "--check", "--terminal")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "error: --check marks a picture; name a file with -o, or run lrviz check\n"


@pytest.mark.parametrize("option", ["--annotate", "--grid", "--font=serif"])
def test_what_only_a_picture_has_needs_one(option: str) -> None:
    ran = lrviz("plot", "cosine", *SHORT, "--terminal", option)
    assert (ran.code, ran.out) == (2, "")
    name = option.partition("=")[0]
    assert ran.err == (
        f"error: {name} is for a picture, and only a chart in the terminal is drawn; "
        f"name a file with -o, or leave {name} out\n"
    )


@pytest.mark.parametrize("name", ["a.svg", "a.png", "a.pdf", "a.html"])
def test_a_picture_is_the_same_from_whichever_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder-of-mine").mkdir()
    spec = tmp_path / "folder-of-mine" / "a.yaml"
    spec.write_text("train: {steps: 9}\noptimizer: {type: SGD, lr: 1}\nscheduler: cosine\n")
    pages = []
    for folder, source in (
        (tmp_path, str(spec)),
        (spec.parent, "a.yaml"),
        (tmp_path, "folder-of-mine/a.yaml"),
    ):
        monkeypatch.chdir(folder)
        assert lrviz("plot", source, "-o", f"{tmp_path}/{name}", "-q").code == 0
        pages.append((tmp_path / name).read_bytes())
    assert pages[0] == pages[1] == pages[2]
    assert b"folder-of-mine" not in pages[0]


def test_a_page_is_written_beside_pictures_and_alone() -> None:
    ran = lrviz("plot", "cosine", *SHORT[:4], "-o", "a.html", "-o", "a.svg")
    assert (ran.code, ran.out, ran.err) == (0, "", "wrote a.html\nwrote a.svg\n")
    both = Path("a.html").read_bytes()
    assert lrviz("plot", "cosine", *SHORT, "-o", "a.html").code == 0
    assert Path("a.html").read_bytes() == both
    text = both.decode()
    assert text.startswith("<!doctype html>\n")
    assert "<title>cosine</title>" in text
    assert '<meta name="source" content="cosine">' in text
    assert '<td data-update="99">99</td><th scope="row" class="words">last</th>' in text


def test_a_page_goes_to_stdout_and_nothing_else_does() -> None:
    assert lrviz("plot", "cosine", *SHORT, "-o", "a.html").code == 0
    ran = lrviz("plot", "cosine", *SHORT[:4], "-o", "-")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == Path("a.html").read_text(encoding="utf-8")
    ran = lrviz("compare", "cosine", "linear", *SHORT, "-o", "-")
    assert ran.code == 0
    assert ran.out.startswith("<!doctype html>\n")
    assert ran.out.endswith("</html>\n")
    assert not Path("-").exists()


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (("plot", "cosine"), "--terminal"),
        (("plot", "cosine"), "--watch"),
        (("compare", "cosine", "linear"), "--terminal"),
        (("compare", "cosine", "linear"), "--format=plain"),
    ],
)
def test_stdout_is_the_pages_alone(command: tuple[str, ...], option: str) -> None:
    ran = lrviz(*command, *SHORT, "-o", "-", option)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "error: -o - writes a page to stdout, and so nothing else can stand there: leave out "
        f"{option.partition('=')[0]}, or name a file: -o figure.html\n"
    )


def test_compare_puts_what_it_tells_on_the_page() -> None:
    ran = lrviz("compare", "cosine", "onecycle", *SHORT, "-o", "a.html", "--at", "7")
    assert ran.code == 0
    text = Path("a.html").read_text(encoding="utf-8")
    assert '<td data-update="7">7</td><th scope="row" class="words">asked for</th>' in text
    assert "<h2>Comparison</h2>" in text
    assert "cosine and onecycle differ, first at update 0: cosine 0.1, onecycle 0.004." in text


def test_a_verdict_is_on_the_page() -> None:
    Path("log.csv").write_text("step,lr\n0,0.1\n50,0.04\n")
    ran = lrviz("compare", "constant", "log.csv:lr", *SHORT, "-o", "a.html")
    assert ran.code == 0
    text = Path("a.html").read_text(encoding="utf-8")
    [sentence] = [line for line in ran.out.splitlines() if line.startswith("log against constant")]
    assert f"<p>{sentence}</p>" in text


def test_findings_are_on_the_page_and_lead_to_the_curve() -> None:
    Path("up.yaml").write_text(REBOUND)
    assert lrviz("plot", "up.yaml", "--check", "-o", "a.html", "-q").code == 0
    text = Path("a.html").read_text(encoding="utf-8")
    assert '<b class="warning" data-update="500">warning LRV201 rebound</b> [up] ' in text
    assert "<p>1 warning in 1 curve; --fix mends 1</p>" in text
    assert '"update":500,"texts":["LRV201 rebound"],"given":true' in text


def test_what_a_page_cannot_show_is_refused_where_there_are_only_pages() -> None:
    for options, message in (
        (
            ("--dpi", "90"),
            "--dpi is for pictures of pixels, and a.html has none; leave it out, or "
            "write a .png too",
        ),
        (
            ("--grid",),
            "--grid is for pictures; on a page each curve can be switched off: leave it "
            "out, or write a .png or an .svg too",
        ),
        (
            ("--style", "paper"),
            "--style paper is for pictures; a page is light or dark, and "
            "without --style as the reader's system has it",
        ),
    ):
        ran = lrviz("plot", "cosine", *SHORT, "-o", "a.html", *options)
        assert (ran.code, ran.out, ran.err) == (2, "", f"error: {message}\n")
        assert not Path("a.html").exists()
        beside = lrviz("plot", "cosine", *SHORT, "-o", "a.html", "-o", "a.png", *options)
        assert beside.code == 0
        Path("a.html").unlink()


def test_a_page_has_its_size_style_and_font() -> None:
    options = ("--size", "6x4", "--style", "dark", "--font", "serif", "--title", "Mine & yours")
    assert lrviz("plot", "cosine", *SHORT, "-o", "a.html", *options).code == 0
    text = Path("a.html").read_text(encoding="utf-8")
    assert '<html lang="en" data-theme="dark">' in text
    assert "main { max-width: 6in; }\nbody, .lrviz { font-family: serif; }\n</style>" in text
    assert '"size":[6.0,4.0]' in text
    assert "<h1>Mine &amp; yours</h1>" in text
