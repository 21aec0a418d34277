"""Labels, titles and names that want to be more than text, in every command and format."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lrviz.writing.text import cells, visible
from tests.commands import Ran, lrviz

ROOT = Path(__file__).parents[2]

LABELS = {
    "colours": "a\x1b[31mred\x1b[0m",
    "the terminal's title": "\x1b]0;owned\x07x",
    "a terminal's link": "\x1b]8;;https://evil.example\x1b\\x",
    "one-byte escapes": "\x9b31mX",
    "several lines": "a\nb\rc\x85d\u2028e",
    "NUL": "a\x00b",
    "reversed": "a\u202eb\u2066c",
    "bytes that are no text": os.fsdecode(b"a\xff\xfeb"),
    "no character": "a\ufffeb",
    "rich": "[red]a[/red][link=https://evil.example]b[/link][/]",
    "mathematics": r"$\frac{1}{2}$ and $\frac$",
    "matplotlib hides it": "_private",
    "Markdown": "a|b `c` **d** [e](https://evil.example) <!-- $x$ --> # f",
    "HTML": '--><script>alert("1")</script><!--]]>&amp;',
    "a formula": "=cmd|' /C calc'!A0",
    "a sum": "@SUM(A1)",
    "a path": "../../etc/passwd",
    "a workflow command": "::error file=x::y",
    "percent": "%s %d {0} {label} %0A",
    "nothing to see": "   ",
    "wide": "学習率 🚀👩‍👩‍👧 é̂̂",
    "long": "x" * 500,
    "long and wide": "🚀" * 500,
}
IN_FILES = {name: label for name, label in LABELS.items() if "\udcff" not in label}
ON_COMMAND_LINES = {name: label for name, label in LABELS.items() if "\0" not in label}
# What no terminal, file or reader may get to see raw; tab and newline aside.
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
OF_PAGES = {
    *("html", "head", "meta", "title", "style", "body", "main", "noscript", "script", "doctype"),
    *("h1", "h2", "h3", "p", "b", "div", "ul", "li", "table", "thead", "tbody", "tr", "th", "td"),
    *("section", "article", "picture", "source", "img", "a", "code", "pre", "details", "summary"),
    *("label", "input", "output"),
}
COMMANDS = [
    *(("table", "--format", form) for form in ("rich", "plain", "markdown", "csv", "json")),
    *(("check", "--format", form) for form in ("text", "json", "github")),
    ("check", "--diff"),
    *(
        ("compare", "--format", form, "-o", "out.png", "--size", "9x30")
        for form in ("rich", "plain", "markdown")
    ),
    ("plot", "-o", "out.png", "-o", "out.svg", "-o", "out.pdf", "--size", "9x30"),
    ("plot", "-o", "-", "--check"),
    ("plot", "--terminal"),
    ("plot", "--ascii"),
]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def schedules(label: str) -> dict[str, object]:
    """Return two schedules with a text in each of their names; `check` finds something in both."""
    stale = {"type": "CosineAnnealingLR", "T_max": 10}
    groups = {label: {"lr": 0.2}, f"b{label}": {"lr": 0.3}}
    optimizer = {"type": "SGD", "lr": 0.1, "groups": groups}
    return {label: {"scheduler": stale}, f"{label}2": {"optimizer": optimizer, "scheduler": stale}}


def spec(path: Path, curves: Mapping[str, object], text: str) -> None:
    """Write a spec with `text` wherever a spec may have one."""
    words = dict.fromkeys(("title", "summary", "when", "reference"), text)
    data = {**words, "train": {"steps": 50}, "schedules": curves}
    pair = r"\\ud[89ab]\w\w\\ud[c-f]\w\w"  # which YAML does not read
    shown = re.sub(pair, lambda found: str(json.loads(f'"{found[0]}"')), json.dumps(data))
    path.write_text(shown, encoding="utf-8")


def everything() -> None:
    """Write a spec with all labels."""
    curves = {}
    for label in IN_FILES.values():
        curves.update(schedules(label))
    spec(Path("spec.json"), curves, "\n".join(IN_FILES.values()))


def is_text(ran: Ran) -> None:
    assert ran.code in (0, 1), ran.err
    for text in (ran.out, ran.err):
        assert not RAW.search(text)
    assert "Traceback" not in ran.err


@pytest.mark.filterwarnings("ignore:the figure's fonts have nothing for")
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_labels_are_shown_as_text(command: tuple[str, ...]) -> None:
    everything()
    is_text(lrviz(command[0], "spec.json", *command[1:], TERM="xterm"))
    outputs = {option for option in command if option.startswith("out.")}
    assert {path.name for path in Path.cwd().iterdir()} == {"spec.json", *outputs}
    if "out.svg" in outputs:
        is_picture(Path("out.svg"))


@pytest.mark.filterwarnings("ignore:the figure's fonts have nothing for")
def test_a_gallery_shows_words_as_text() -> None:
    Path("specs").mkdir()
    for index, label in enumerate(IN_FILES.values()):
        spec(Path(f"specs/{index}.json"), schedules(label), label)
    title = LABELS["HTML"]
    is_text(lrviz("gallery", "specs", "-o", "gallery", "-q", "--title", title, "--html"))
    page = Path("gallery/README.md").read_text(encoding="utf-8")
    outside = re.sub(r"`+\w*\n.*?\n`+", "", page, flags=re.DOTALL)  # code blocks show it as it is
    assert not RAW.search(outside)
    tags = set(re.findall(r"(?<!\\)<(/?[a-z]+)", outside))
    assert tags == {"a", "/a", "br", "picture", "/picture", "source", "img"} | {
        *("details", "/details", "summary", "/summary", "code", "/code"),
    }
    pictures = list(Path("gallery").glob("*.svg"))
    assert len(pictures) == 2 * len(IN_FILES)
    for path in pictures:
        is_picture(path)
    pages = list(Path("gallery").glob("*.html"))
    assert len(pages) == len(IN_FILES) + 1
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert not RAW.search(text)
        # Of the page: what a browser reads as such; data and code end at the first end tag.
        page = re.sub(r"<(script|style)\b.*?</\1>", r"<\1>", text, flags=re.DOTALL)
        assert set(re.findall(r"<[/!]?([a-z]+\d?)", page)) <= OF_PAGES, path
        assert not re.search(r"<[^>]*\bon\w+=", page)


@pytest.mark.parametrize("label", [each for each in ON_COMMAND_LINES.values() if len(each) < 200])
def test_the_files_that_a_gallery_misses_are_shown_as_text(label: str) -> None:
    ran = lrviz("gallery", "cosine", "--steps", "5", "-q", "-o", label, "--check")
    assert ran.code == 1
    assert ran.out.startswith("missing: ")
    is_text(ran)


@pytest.mark.filterwarnings("ignore:the figure's fonts have nothing for")
@pytest.mark.parametrize("label", ON_COMMAND_LINES.values(), ids=ON_COMMAND_LINES.keys())
def test_a_title_of_the_command_line_is_shown_as_text(label: str) -> None:
    is_text(lrviz("plot", "cosine", "-q", "--steps", "5", "-o", "out.svg", "--title", label))
    is_picture(Path("out.svg"))


def test_a_gallery_shows_arguments_that_are_no_text() -> None:
    no_text = os.fsdecode(b"a\xff")
    Path(f"{no_text}.py").write_text("def halve(step):\n    return 0.5 ** step\n", encoding="utf-8")
    ran = lrviz("gallery", f"{no_text}.py:halve", "-q", "--title", no_text)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    page = Path("gallery/README.md").read_text(encoding="utf-8")
    assert "\n# a\\\\udcff\n" in page  # which Markdown shows as a\\udcff
    assert "\nlrviz plot 'a\\udcff.py:halve' --size 6x4\n" in page


def is_picture(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not RAW.search(text)
    assert "<script" not in text
    ElementTree.fromstring(text)


def words(label: str) -> Iterator[tuple[str, ...]]:
    """Yield command lines with `label` in each place where one can stand."""
    yield from ((command, label) for command in ("plot", "table", "check", "info", "init", "rule"))
    yield (label,)
    yield "table", f"cosine:{label}=1"
    yield "table", f"cosine:T_max={label}"
    yield "table", f"{label}.yaml"
    yield "table", f"spec.json#{label}x"
    yield "table", f"{label}:make"
    yield "table", f"math:{label}"
    yield "table", f"code.py:{label}"
    yield "table", "cosine", "--at", f"{label}%"
    yield "table", "cosine", "--set", f"{label}=1"
    yield "table", "cosine", "--set", f"scheduler.T_max={label}"
    yield "table", "cosine", "--set", f"title=[{label}"
    yield "table", f"multistep:milestones=[{label}x"
    yield "table", "cosine", "--param", f"x{label}"
    yield "table", "cosine", "--optimizer", f"x{label}"
    yield "table", "cosine", "--steps", f"x{label}"
    yield "table", "cosine", f"--x{label}"
    yield "plot", "cosine", "-o", label
    yield "plot", "cosine", "-o", f"no/{label}.png"
    yield "plot", "cosine", "--style", f"x{label}", "-o", "out.png"
    yield "plot", "cosine", "--size", label
    yield "check", "cosine", "--select", f"x{label}"
    yield "check", "cosine", "--format", label
    yield "gallery", label, "-o", "gallery"


@pytest.mark.parametrize("label", ON_COMMAND_LINES.values(), ids=ON_COMMAND_LINES.keys())
def test_an_error_shows_what_was_written_as_text(label: str) -> None:
    spec(Path("spec.json"), schedules(label), label)
    Path("code.py").write_text("", encoding="utf-8")
    for line in words(label):
        ran = lrviz(*line)
        assert ran.code in (1, 2), line
        assert re.search("^error: ", ran.err, re.MULTILINE), line
        assert not RAW.search(ran.err), line
        assert ran.out == "", line


UNTRUSTED = (
    "{} is neither a scheduler of torch nor a schedule of transformers, and importing it runs its "
    "code; if you know what it does, add --trust"
)
NO_CLASS = "{} is no scheduler class"
NO_FUNCTION = "{} is no schedule function of transformers; there are: get_"
# What has code to run, and what is said where a scheduler's type names it.
REACHES = {
    "evil.boom": UNTRUSTED,
    "os.system": UNTRUSTED,
    "builtins.exec": UNTRUSTED,
    "torch.os.system": UNTRUSTED,
    "torch.load": UNTRUSTED,
    "torch.serialization.load": UNTRUSTED,
    "torch.serialization.os.system": UNTRUSTED,
    "torch.optim.lr_scheduler.math.sqrt": UNTRUSTED,
    "torch.optim.lr_scheduler.StepLR.step": UNTRUSTED,
    "torch.optim.lr_scheduler.Optimizer": NO_CLASS,
    "torch.optim.lr_scheduler.partial": NO_CLASS,
    "torch.optim.lr_scheduler.": NO_CLASS,
    "torch.optim.lr_scheduler.__loader__": NO_CLASS,
    "torch.optim.swa_utils.AveragedModel": NO_CLASS,
    "torch.optim.SGD": NO_CLASS,
    "transformers.optimization.torch.load": UNTRUSTED,
    "transformers.optimization.os.system": UNTRUSTED,
    "transformers.optimization.partial": NO_FUNCTION,
    "transformers.optimization.LambdaLR": NO_FUNCTION,
    "transformers.optimization.Adafactor": NO_FUNCTION,
    "transformers.optimization.__builtins__": NO_FUNCTION,
    "transformers.pipeline": NO_FUNCTION,
    ".": UNTRUSTED,
    "os..system": UNTRUSTED,
}
SPELT = {
    "type": "scheduler: {{type: {0}, command: touch ran}}",
    "_target_": "scheduler: {{_target_: {0}, command: touch ran, _partial_: true}}",
    "class_path": "scheduler: {{class_path: {0}, init_args: {{command: touch ran}}}}",
    "bare": "scheduler: {0}",
    "member": "schedulers: [cosine, {{scheduler: {{type: {0}}}}}]",
    "phase": "scheduler: {{type: SequentialLR, milestones: [3], schedulers: [{0}, cosine]}}",
}


@pytest.fixture
def evil(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module in this folder that leaves a file behind when it is imported."""
    monkeypatch.syspath_prepend(Path.cwd())
    Path("evil.py").write_text("open('ran', 'w').close()\nboom = print\n", encoding="utf-8")


@pytest.mark.usefixtures("evil")
@pytest.mark.parametrize("path", REACHES)
def test_a_dotted_path_of_a_spec_reaches_no_code(path: str) -> None:
    for spelling, text in SPELT.items():
        Path("a.yaml").write_text(f"train: {{steps: 9}}\n{text.format(path)}\n", encoding="utf-8")
        ran = lrviz("table", "a.yaml", "-q")
        at = r"error: a\.yaml:2:\d+: (scheduler\.schedulers: )?"
        if spelling == "bare" and path == ".":
            continue  # which YAML reads as text all the same
        assert re.match(at + re.escape(REACHES[path].format(path)), ran.err), spelling
        assert (ran.code, ran.out) == (2, "")
    for option in (f"scheduler.type={path}", f"scheduler={{type: {path}}}", f"scheduler={path}"):
        ran = lrviz("table", "cosine", "-q", "--set", option)
        assert ran.err.startswith(f"error: --set {option}: {REACHES[path].format(path)}")
        assert (ran.code, ran.out) == (2, "")
    assert {each.name for each in Path.cwd().iterdir()} == {"a.yaml", "evil.py"}
    assert sys.modules.pop("evil", None) is None


@pytest.mark.usefixtures("evil")
@pytest.mark.parametrize("path", [path for path in REACHES if path[-1] != "."])
def test_a_dotted_path_on_the_command_line_reaches_no_code(path: str) -> None:
    unknown = f"error: no preset or scheduler {path!r} (`lrviz list` shows all)\n"
    assert lrviz("table", path).err == unknown
    assert lrviz("table", f"x={path}").err == unknown
    known = "" if path == "torch.optim.SGD" else unknown  # read from torch's text, not imported
    assert lrviz("info", path).err == known
    assert lrviz("check", f"{path}:command='touch ran'").err == unknown
    no_optimizer = (
        "{}{} is no optimizer of torch, and importing it runs its code; if you know what it does, "
        "add --trust\n"
    )
    if path != "torch.optim.SGD":  # which is one
        assert lrviz("table", "cosine", "-q", "--optimizer", path).err == no_optimizer.format(
            "error: --optimizer: ", path
        )
        Path("a.yaml").write_text(f"train: {{steps: 9}}\nscheduler: cosine\noptimizer: {path}\n")
        assert lrviz("table", "a.yaml").err == no_optimizer.format(
            "error: a.yaml:3:12: optimizer.type: ", path
        )
    assert not Path("ran").exists()
    assert sys.modules.pop("evil", None) is None


SPEC = "train: {steps: 4}\nschedules:\n  é: cosine\n"
CONTROL = "not valid YAML: a control character; remove it"
NO_TEXT = "not UTF-8 text; save the file as UTF-8"
BYTES = {
    "UTF-8": (SPEC.encode(), None),
    "a mark": (SPEC.encode("utf-8-sig"), None),
    "UTF-16": (SPEC.encode("utf-16"), None),
    "UTF-16, the other way": (b"\xfe\xff" + SPEC.encode("utf-16-be"), None),
    "Windows": (SPEC.replace("\n", "\r\n").encode(), None),
    "an old Macintosh": (SPEC.replace("\n", "\r").encode(), None),
    "tabs behind": (SPEC.replace("\n", "\t\n").encode(), None),
    "a version": (f"%YAML 1.1\n---\n{SPEC}...\n".encode(), None),
    "UTF-16 without its mark": (SPEC.encode("utf-16-le"), f"3:6: {NO_TEXT}"),
    "half of UTF-16": (b"\xff\xfea", f"1:3: {NO_TEXT}"),
    "UTF-32": (SPEC.encode("utf-32-le"), f"3:12: {NO_TEXT}"),
    "Latin-1": (SPEC.encode("latin-1"), f"3:3: {NO_TEXT}"),
    "a NUL": (SPEC.encode() + b"\0", f"4:1: {CONTROL}"),
    "NULs": (b"\0" * 1000, f"1:1: {CONTROL}"),
    "an escape": (SPEC.encode() + b"\x1b[31m: 1\n", f"4:1: {CONTROL}"),
    "a tab before": (
        SPEC.replace("  ", "\t").encode(),
        "3:1: not valid YAML: found character that cannot start any token; indent with spaces, and "
        "quote text that begins with a special sign",
    ),
    "nothing": (
        b"",
        "1:1: not a spec: it is empty; begin with `train:` and `schedules:` "
        "(`lrviz init` writes one)",
    ),
}


@pytest.mark.parametrize(("raw", "message"), BYTES.values(), ids=BYTES.keys())
def test_the_bytes_of_a_spec_are_read_or_refused(raw: bytes, message: str | None) -> None:
    Path("a.yaml").write_bytes(raw)
    ran = lrviz("table", "a.yaml", "--format", "csv", "-q")
    if message is None:
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith("step,epoch,é\n0,,0.1\n")
    else:
        assert (ran.code, ran.err) == (2, f"error: a.yaml:{message}\n")


MEGABYTES = "y" * 7_000_000
LONG_IN_FILES = {
    "a scheduler": f"{{type: {MEGABYTES}}}",
    "an argument": f"{{type: StepLR, step_size: {MEGABYTES}}}",
    "a number": f"{{type: StepLR, step_size: {'9' * 7_000_000}}}",
    "a duration": f"{{type: StepLR, step_size: '{'9' * 7_000_000}%'}}",
    "a share": f"{{type: OneCycleLR, total_steps: 9, max_lr: {MEGABYTES}lr}}",
    "a choice": f"{{type: onecycle, anneal_strategy: {MEGABYTES}}}",
    "an expression": f"{{type: LambdaLR, lr_lambda: '{'1+' * 3_000_000}1'}}",
    "a shape": f"{{type: LambdaLR, lr_lambda: {{shape: {MEGABYTES}}}}}",
    "a dotted path": f"{{type: a.{MEGABYTES}}}",
    "a path of transformers": f"{{type: transformers.{MEGABYTES}}}",
    "a list": f"{{type: [{'y,' * 150_000}y]}}",
    "too many items": f"{{type: [{'y,' * 300_000}y]}}",
    "a tag": f"!{MEGABYTES} a",
    "an anchor that is not there": f"*{MEGABYTES}",
    "an optimizer": f"cosine\noptimizer: {MEGABYTES}",
    "a group's lr": f"cosine\noptimizer: {{type: SGD, lr: 1, groups: {{a: {{lr: {MEGABYTES}}}}}}}",
    "a curve": f"plateau\nmetric: {{curve: {MEGABYTES}}}",
    "a metric's file": f"plateau\nmetric: {{file: {MEGABYTES}, column: a}}",
    "a key step": f"cosine\ntable: {{at: [{MEGABYTES}]}}",
    "a section": f"cosine\nplot: {MEGABYTES}",
    "a key": f"cosine\n? {MEGABYTES}\n: 1",
    "all of it": f"cosine\ntitle: {MEGABYTES}{MEGABYTES}",
}


@pytest.mark.parametrize("text", LONG_IN_FILES.values(), ids=LONG_IN_FILES.keys())
def test_megabytes_are_refused_at_once_in_a_short_message(text: str) -> None:
    Path("long.yaml").write_text(f"train: {{steps: 10}}\nscheduler: {text}\n", encoding="utf-8")
    begun = time.process_time()
    ran = lrviz("table", "long.yaml", "-q")
    assert time.process_time() - begun < 2
    assert ran.code == 2
    assert re.match(r"error: long\.yaml:\d+:\d+: ", ran.err)
    assert len(ran.err) < 3000


def test_an_argument_as_long_as_the_system_allows_is_shown_in_part() -> None:
    spec(Path("spec.json"), schedules("a"), "a")
    Path("code.py").write_text("", encoding="utf-8")
    for line in words("y" * 130_000):
        ran = lrviz(*line)
        assert ran.code == 2, line[:2]
        assert re.search("^error: ", ran.err, re.MULTILINE)
        assert len(ran.err) < 4000, line[:2]


def test_a_traceback_of_the_users_own_code_is_shown_as_text() -> None:
    code = "def make(optimizer):\n    raise RuntimeError('\\x1b[31mno\\x07')\n"
    Path("code.py").write_text(code, encoding="utf-8")
    ran = lrviz("table", "code.py:make", "-v")
    assert ran.code == 2
    assert ran.err.startswith("Traceback (most recent call last):\n")
    assert ran.err.endswith(
        "RuntimeError: \\x1b[31mno\\x07\n"
        "error: code.py:make raised RuntimeError: \\x1b[31mno\\x07\n"
    )
    assert not RAW.search(ran.err)


def test_a_spec_may_be_in_a_file_of_any_name() -> None:
    spec(Path("spec.json"), schedules("a"), "a")
    name = "\x1b]0;owned\x07 $x$ [red] \u202e.json"
    Path("spec.json").rename(name)
    for command, *options in COMMANDS:
        if options != ["--diff"]:
            is_text(lrviz(command, name, *options))
    assert f"{visible(name)}:1:" in lrviz("check", name).out


def test_a_file_is_named_after_letters_of_its_source_only() -> None:
    Path("deep").mkdir()
    os.chdir("deep")
    spec(Path("spec.json"), schedules("../../over"), "")
    assert lrviz("plot", "spec.json#../../over").err.endswith("wrote spec-..-..-over.png\n")
    assert lrviz("plot", "../../x=cosine", "-q").code == 0
    assert lrviz("gallery", "../x\x1b|<a>`=cosine", "-q").code == 0
    assert [path.name for path in Path("..").iterdir()] == ["deep"]
    assert sorted(path.name for path in Path("gallery").iterdir()) == [
        *("README.md", "x-a-dark.svg", "x-a-light.svg"),
    ]


def test_csv_reads_back_with_no_formula_and_json_with_the_label_itself() -> None:
    everything()
    ran = lrviz("table", "spec.json", "--format", "csv")
    names = next(csv.reader(io.StringIO(ran.out)))[2::3]
    for label, name in zip(IN_FILES.values(), names, strict=True):
        assert not name.startswith(("=", "+", "-", "@"))
        if not RAW.search(label):
            assert name.removeprefix("'") == label
    ran = lrviz("table", "spec.json", "--format", "json")
    found = json.loads(ran.out)["schedules"]
    assert [each["label"] for each in found[::2]] == list(IN_FILES.values())


def test_each_row_of_markdown_has_the_same_cells() -> None:
    everything()
    ran = lrviz("table", "spec.json", "--format", "markdown")
    rows = [line for line in ran.out.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {3 + 3 * len(IN_FILES)}


def cells_of(line: str) -> list[str]:
    """Return what is in each terminal cell of a line."""
    return [cell for character in line for cell in [character] * cells(character)]


def test_columns_stay_aligned_under_wide_labels() -> None:
    ran = lrviz("table", "学習率=cosine", "🚀🚀=onecycle", "ascii=step", COLUMNS="200")
    rows = [cells_of(line) for line in ran.out.split("\n\n")[0].splitlines()]
    [rule] = (row for row in rows if row[0] == "-")
    gaps = [at for at, cell in enumerate(rule) if cell == " "]
    assert len(gaps) == 2 * (len(["step", "what", "学習率", "🚀🚀", "🚀🚀:momentum", "ascii"]) - 1)
    for row in rows:
        assert {row[at] for at in gaps if at < len(row)} == {" "}, "".join(row)


def test_missing_glyphs_are_told_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lrviz", "plot", "🚀学習=cosine", "--steps", "9", "-o", "x.svg"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"},
    )
    assert done.returncode == 0
    assert done.stderr == (
        "🚀学習: SGD, lr 0.1, momentum 0.9 (say otherwise with --optimizer, --lr)\n"
        "warning: the figure's fonts have nothing for 🚀学習, and a box stands for each; install "
        "a font that has it, such as Noto Sans CJK, or name one in a style file\n"
        "wrote x.svg\n"
    )
