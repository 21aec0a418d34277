from __future__ import annotations

import base64
import re
import zlib
from pathlib import Path

import pytest

import lrviz as package
from lrviz import catalog
from lrviz.checking import runner as checking
from lrviz.gallery import listing
from lrviz.gallery import pages as gallery
from lrviz.sources.loading import load, load_all
from lrviz.sources.overrides import Overrides
from lrviz.views.figure import FigureOptions
from lrviz.views.html.packing import packed, unpacked
from lrviz.views.text.index import MARK, linked
from lrviz.writing.provenance import written_by_lrviz
from tests.commands import lrviz

ROOT = Path(__file__).parents[2]
PITFALLS = sorted((ROOT / "configs/plates/pitfalls").glob("*.yaml"))

SPEC = """\
title: Two | ways
summary: Steps, and a `cosine_x`.
when: Never.
reference: arXiv:1608.03983
train: {steps: 8}
optimizer: {type: SGD, lr: 0.1}
schedules:
  steps: {scheduler: {type: StepLR, step_size: 4}}
  flat: {scheduler: {type: ConstantLR, factor: 1, total_iters: 0}}
table: {at: [1]}
"""
ONE = "train: {steps: 4}\nscheduler: {type: StepLR, step_size: 2}\n"
BAD = "train: {steps: 4}\nscheduler: {type: StepLR, step_sise: 2}\n"
BAD_MESSAGE = (
    "error: specs/bad.yaml:2:27: scheduler.step_sise: StepLR has no argument 'step_sise'; "
    "did you mean step_size?\n"
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("specs/more").mkdir(parents=True)
    Path("specs/one.yaml").write_text(ONE)
    Path("specs/more/two.yaml").write_text(SPEC)
    return tmp_path


def files(folder: str) -> list[str]:
    found = (path for path in Path(folder).rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)


def contents(folder: str) -> dict[str, tuple[bytes, int]]:
    paths = (Path(folder, name) for name in files(folder))
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in paths}


def figures(*names: str, formats: tuple[str, ...] = ("svg",)) -> list[str]:
    styles = ("dark", "light")
    return sorted(f"{name}-{style}.{end}" for name in names for style in styles for end in formats)


# This repository's own gallery


def gallery_files() -> list[str]:
    """Return what `lrviz gallery` made; other pages have other makers."""
    found = files(str(ROOT / "gallery"))
    others = ("interactive.html", "spec.md", "rules/", "verdicts/")
    return [name for name in found if not name.startswith(others)]


def test_gallery_of_this_repository_is_up_to_date(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(ROOT)
    command = ("gallery", "configs", "preset:*", "-o", "gallery")
    if request.config.getoption("--update-golden"):
        lrviz(*command)
    ran = lrviz(*command, "--check")
    assert ran.out == ""
    assert ran.err == f"gallery: {len(gallery_files())} files, all up to date\n"
    assert ran.code == 0


def test_every_recipe_plate_and_preset_is_in_it() -> None:
    found = (path for end in ("yaml", "json") for path in (ROOT / "configs").rglob(f"*.{end}"))
    specs = [path.relative_to(ROOT / "configs") for path in found]
    names = [path.with_suffix("").as_posix() for path in specs]
    names += [f"presets/{name}" for name in catalog.preset_names()]
    assert gallery_files() == sorted(["README.md", *figures(*names)])


def test_it_opens_with_frameworks_then_families_then_pitfalls() -> None:
    text = (ROOT / "gallery/README.md").read_text(encoding="utf-8")
    headings = [line for line in text.splitlines() if line.startswith(("## ", "### "))]
    assert headings[:20] == [
        "## The same words, five frameworks",
        "### Cosine with 3 % warmup, in five frameworks",
        "### Their first six epochs",
        "## Configs of other frameworks",
        "### axolotl",
        "### deepspeed",
        "### hf",
        "### lightning",
        "### timm",
        "## Families",
        "### Decays",
        "### Warmups",
        "### Cycles and restarts",
        "### Warmup, then a decay",
        "## What people get wrong",
        r"### T\_max shorter than the training rebounds",
        "### Counted in epochs, stepped per batch",
        "### A warmup in updates is a share of the training",
        "### OneCycle moves the momentum against the learning rate",
        "## Published recipes",
    ]
    assert "## Presets" in headings


def test_its_figures_are_small_and_their_text_is_text() -> None:
    paths = sorted((ROOT / "gallery").rglob("*.svg"))
    assert max(path.stat().st_size for path in paths) <= 60_000
    for path in paths:
        assert b">learning rate</text>" in path.read_bytes()


def test_its_links_lead_somewhere() -> None:
    text = (ROOT / "gallery/README.md").read_text(encoding="utf-8")
    anchors = [part.split('"')[0] for part in text.split('<a id="')[1:]]
    links = [part.split(")")[0] for part in text.split("](#")[1:]]
    assert links == anchors
    assert len(set(anchors)) == len(anchors)
    pictures = [part.split('"')[0] for key in ("src=", "srcset=") for part in text.split(key + '"')]
    named = sorted(each for each in pictures if each.endswith(".svg"))
    assert named == [name for name in gallery_files() if name != "README.md"]


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("1-t-max", ["LRV201", "LRV202"]),
        ("2-per-batch-or-per-epoch", ["LRV201", "LRV003"]),
        ("3-warmup-share", ["LRV101"]),
        ("4-onecycle-momentum", []),
    ],
)
def test_check_finds_what_a_pitfall_shows(name: str, codes: list[str]) -> None:
    report = checking.check(load(ROOT / f"configs/plates/pitfalls/{name}.yaml"))
    assert [finding.code for finding in report.ignored] == codes
    assert report.at_least("warning") == ()


def test_pitfalls_are_as_their_summaries_say() -> None:
    traces = {
        f"{path.stem}: {each.label}": package.simulate(each)
        for path in PITFALLS
        for each in load(path)
    }
    final = {name: float(trace.final[0]) for name, trace in traces.items()}
    assert traces["1-t-max: T_max 6,000"].lr[6000, 0] == 0
    assert final["1-t-max: T_max 6,000"] == pytest.approx(0.075, rel=1e-3)
    assert final["1-t-max: T_max 20,000"] == pytest.approx(0.05, rel=1e-3)
    assert final["1-t-max: T_max 10,000"] < 1e-8
    assert final["2-per-batch-or-per-epoch: 720, per epoch"] > 0.096
    assert final["2-per-batch-or-per-epoch: 90, per epoch"] < 1e-4
    assert final["2-per-batch-or-per-epoch: 720, per update"] < 1e-6
    assert final["3-warmup-share: 400 updates"] == 0.001 * (399 / 500)
    one = traces["4-onecycle-momentum: as it comes"]
    assert one.lr[:, 0].argmax() == one.values("momentum").argmin() == 2999
    assert (one.values("momentum").max(), one.values("momentum").min()) == (0.95, 0.85)


FRAMEWORKS = {
    "transformers": "hf.yaml",
    "MMEngine": "mmengine.py",
    "Lightning CLI": "lightning.yaml",
    "timm": "timm.yaml",
    "DeepSpeed": "deepspeed.json",
}


@pytest.mark.parametrize("label", FRAMEWORKS)
def test_the_plates_of_frameworks_are_what_their_configs_give(label: str) -> None:
    folder = ROOT / "configs/frameworks"
    config = str(folder / FRAMEWORKS[label])
    # 320 images or texts, 32 an update: 10 updates an epoch, where the config does not say.
    by_size = label == "MMEngine"
    more = Overrides(dataset_size=320) if by_size else Overrides(steps_per_epoch=10)
    [read] = load_all([config], more).schedules
    lr = package.simulate(read).lr[:, 0].tolist()
    plates = [
        load(folder / "plates" / f"{name}.yaml") for name in ("1-same-words", "2-first-epochs")
    ]
    whole, begin = ([each for each in plate if each.label == label] for plate in plates)
    assert package.simulate(whole[0]).lr[:, 0].tolist() == lr
    assert package.simulate(begin[0]).lr[:, 0].tolist() == lr[:60]


def test_the_words_of_the_plates_of_frameworks_are_true() -> None:
    plate = load(ROOT / "configs/frameworks/plates/2-first-epochs.yaml")
    lr = {each.label: package.simulate(each).lr[:, 0] for each in plate}
    assert lr["transformers"][0] == 0 < lr["transformers"][1]
    assert lr["DeepSpeed"][:2].tolist() == [0, 0]
    assert (lr["MMEngine"][0], lr["transformers"][30]) == (1e-6, 1e-3)
    assert lr["MMEngine"][28] < 0.99e-3 < lr["MMEngine"][29] == pytest.approx(1e-3, rel=1e-12)
    assert set(lr["timm"][:10].tolist()) == {1e-5}
    assert lr["timm"].max() < 1e-3
    assert lr["Lightning CLI"][19] < lr["Lightning CLI"][20] == 1e-3
    whole = load(ROOT / "configs/frameworks/plates/1-same-words.yaml")
    traces = {each.label: package.simulate(each) for each in whole}
    changes = {label: len(set(trace.lr[100:200, 0].tolist())) for label, trace in traces.items()}
    per_update = {label for label, count in changes.items() if count > 90}
    assert (per_update, max(changes[each] for each in {*changes} - per_update)) == (
        {"transformers", "DeepSpeed"},
        10,
    )
    after = {label: float(trace.after["lr"][0]) for label, trace in traces.items()}
    assert after["DeepSpeed"] == pytest.approx(1e-7, rel=1e-9)
    assert max(after[label] for label in {*after} - {"DeepSpeed"}) < 1e-6
    middle = {label: trace.lr[500, 0] for label, trace in traces.items()}
    assert min(middle, key=lambda label: middle[label]) == "timm"


def test_plates_are_no_recipes() -> None:
    assert not [name for name in catalog.recipe_names() if name[0].isdigit()]


# What is written


def test_a_spec_gives_a_light_and_a_dark_figure_and_a_page(here: Path) -> None:
    ran = lrviz("gallery", "specs", "-o", "out")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "wrote out/README.md and 4 figures\n"
    assert files("out") == ["README.md", *figures("more/two", "one")]
    assert all(written_by_lrviz(Path("out", name)) for name in figures("more/two", "one"))
    light, dark = (Path(f"out/one-{style}.svg").read_text() for style in ("light", "dark"))
    assert ("fill: #ffffff" in light, "fill: #0d1117" in dark) == (True, True)


def test_the_page_of_a_spec_has_all_that_is_known_of_it(here: Path) -> None:
    Path("specs/more/gallery.md").write_text("# Odd & ends\n\nSeen *elsewhere*.\n")
    lrviz("gallery", "specs/more", "-o", "out", "--title", "Ours", "--set", "train.steps=6")
    text = Path("out/README.md").read_text(encoding="utf-8")
    assert text.startswith(f"{MARK}\n# Ours\n")
    assert text[text.index("**Odd") :] == (
        r"""**Odd \& ends**<br>
[Two \| ways](#two)

## Odd \& ends

Seen *elsewhere*.

<a id="two"></a>

### Two \| ways

Steps, and a `cosine_x`.

<picture>
  <source media="(prefers-color-scheme: dark)" srcset="two-dark.svg">
  <img alt="Two | ways: Steps, and a `cosine_x`." src="two-light.svg">
</picture>

**When to use it.** Never.

**Reference.** [arXiv:1608.03983](https://arxiv.org/abs/1608.03983)

| step | what                  | steps | flat |
|-----:|:----------------------|------:|-----:|
|    0 | first, peak           |   0.1 |  0.1 |
|    1 | asked for             |   0.1 |  0.1 |
|    2 | 25%                   |   0.1 |  0.1 |
|    3 | 50%                   |   0.1 |  0.1 |
|    4 | steps: drop x0.1, 75% |  0.01 |  0.1 |
|    5 | last                  |  0.01 |  0.1 |
|      | after                 |  0.01 |  0.1 |

```sh
lrviz plot specs/more/two.yaml --set train.steps=6 --size 6x4
```

<details><summary><code>specs/more/two.yaml</code></summary>

```yaml
"""
        + SPEC
        + """```

</details>
"""
    )


def test_the_command_on_the_page_draws_that_figure(here: Path) -> None:
    lrviz("gallery", "onecycle", "-o", "out", "--steps", "50", "--lr", "0")
    [command] = [
        line for line in Path("out/README.md").read_text().splitlines() if line[:5] == "lrviz"
    ]
    assert command == "lrviz plot onecycle --steps 50 --lr 0.0 --size 6x4"
    lrviz(*command.split()[1:], "-o", "own.svg")
    own, made = Path("own.svg").read_text(), Path("out/presets/onecycle-light.svg").read_text()
    assert own == made.replace("lrviz gallery: onecycle", "onecycle")


def test_presets_by_name_by_class_and_with_arguments(here: Path) -> None:
    lrviz("gallery", "cosine", "linear:end_factor=0.5", "StepLR:step_size=9", "-o", "out")
    text = Path("out/README.md").read_text(encoding="utf-8")
    assert files("out") == sorted(
        ["README.md", *figures("presets/cosine", "linear-end_factor-0.5", "StepLR-step_size-9")]
    )
    preset = catalog.preset("cosine")
    assert preset is not None
    assert f"\n{preset.summary}\n" in text
    cosine = "scheduler: {type: CosineAnnealingLR, T_max: 100%, eta_min: 0lr}\n"
    assert f"cosine.yaml</code></summary>\n\n```yaml\ntrain: {{steps: 1000}}\n{cosine}```" in text
    assert "scheduler: {type: StepLR, step_size: 9}\n```" in text
    assert "\ncosine: 1,000 updates, SGD, lr 0.1, momentum 0.9 (say otherwise" in text
    assert "**Reference.** torch.optim.lr\\_scheduler.StepLR\n" in text
    # What has no section stands above all sections, or it would be part of one.
    assert text.index("\n## StepLR\n") < text.index("\n## Presets\n") < text.index("\n### cosine\n")


def test_png_as_well(here: Path) -> None:
    lrviz("gallery", "specs/one.yaml", "-o", "out", "--png")
    assert files("out") == ["README.md", *figures("one", formats=("png", "svg"))]
    ran = lrviz("gallery", "specs/one.yaml", "-o", "out")
    assert ran.err == (
        "removed out/one-dark.png, which no spec here is for\n"
        "removed out/one-light.png, which no spec here is for\n"
        "wrote out/README.md and 2 figures\n"
    )
    assert files("out") == ["README.md", *figures("one")]


def test_pages_and_an_index_with_a_search_box(here: Path) -> None:
    Path("specs/index.yaml").write_text(ONE)
    Path("specs/gallery.md").write_text("# Ours & <theirs>\n\nSee `x` and [it](two.md).\n")
    ran = lrviz("gallery", "specs", "-o", "out", "--html")
    assert ran.err == "wrote out/README.md, out/index.html and 9 figures\n"
    names = ("index-2", "one", "more/two")
    pages = [f"{name}.html" for name in names]
    assert files("out") == sorted(["README.md", "index.html", *figures(*names), *pages])
    text = Path("out/index.html").read_text(encoding="utf-8")
    assert '<input type="search" id="search">' in text
    assert '<output id="found" for="search">3 figures</output>' in text
    assert "<h2>Ours &amp; &lt;theirs&gt;</h2>" in text
    assert '<p>See <code>x</code> and <a href="two.md">it</a>.</p>' in text
    assert "<h3>Two | ways</h3>\n<p>Steps, and a <code>cosine_x</code>.</p>" in text
    assert '<a href="https://arxiv.org/abs/1608.03983">arXiv:1608.03983</a>' in text
    for name in names:
        assert f'<a href="{name}.html"><picture>' in text
    assert text.count("</picture>Open the interactive figure</a>") == len(names)
    for name in names:
        assert f'src="{name}-light.svg"' in text
    page = Path("out/more/two.html").read_text(encoding="utf-8")
    assert "<h1>Two | ways</h1>" in page
    assert '<td data-update="4">4</td>' in page
    assert '"size":null' in page
    listed = Path("out/README.md").read_text(encoding="utf-8")
    assert "with a search box, for a browser: [index.html](index.html).\n" in listed
    links = re.findall(r"^\[As an interactive page\]\((.*)\)$", listed, re.MULTILINE)
    assert sorted(links) == sorted(pages)
    lrviz("gallery", "specs", "-o", "out")
    assert ".html" not in Path("out/README.md").read_text(encoding="utf-8")


def test_pages_are_stale_by_what_they_hold_and_go_with_html(here: Path) -> None:
    command = ("gallery", "specs", "-o", "out", "--html")
    lrviz(*command)
    assert lrviz(*command, "--check").out == ""
    path = Path("out/one.html")
    text = path.read_text(encoding="utf-8")
    [values] = re.findall(r'class="values">([^<]*)<', text)
    again = base64.b64encode(zlib.compress(zlib.decompress(base64.b64decode(values), -15), 9)[2:-4])
    path.write_text(text.replace(values, again.decode()), encoding="utf-8")
    assert lrviz(*command, "--check").out == ""  # the same values, packed otherwise
    path.write_text(text.replace(values, packed(unpacked(values) * 1.01)), encoding="utf-8")
    assert lrviz(*command, "--check").out == "stale: out/one.html\n"
    path.write_text(text.replace(values, "nothing"), encoding="utf-8")
    assert lrviz(*command, "--check").out == "stale: out/one.html\n"
    ran = lrviz("gallery", "specs", "-o", "out")
    assert ran.err.splitlines()[:3] == [
        f"removed out/{name}.html, which no spec here is for"
        for name in ("index", "more/two", "one")
    ]


def test_an_index_of_ones_own_is_not_written_over(here: Path) -> None:
    Path("out").mkdir()
    Path("out/index.html").write_text("mine")
    assert lrviz("gallery", "specs", "-o", "out").code == 0
    ran = lrviz("gallery", "specs", "-o", "out", "--html")
    assert ran.err == (
        "error: out/index.html is here already and lrviz did not write it; "
        "move it, or name another folder with -o\n"
    )
    assert Path("out/index.html").read_text() == "mine"


def test_verbose_says_what_is_drawn(here: Path) -> None:
    assert lrviz("gallery", "specs/one.yaml", "-v").err == (
        "specs/one.yaml: one-light.svg, one-dark.svg\nwrote gallery/README.md and 2 figures\n"
    )


def test_one_quantity_only(here: Path) -> None:
    ran = lrviz("gallery", "onecycle", "cosine", "-o", "out", "--param", "momentum")
    assert ran.code == 1
    assert ran.err.endswith("error: no momentum to show: these schedules move lr\n")
    page = Path("out/README.md").read_text(encoding="utf-8")
    assert "| onecycle:momentum |" in page
    assert "| onecycle |" not in page
    assert "\nlrviz plot onecycle --param momentum --size 6x4\n" in page
    assert b">learning rate<" not in Path("out/presets/onecycle-light.svg").read_bytes()


def test_quiet(here: Path) -> None:
    ran = lrviz("gallery", "specs", "-q")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert lrviz("gallery", "specs", "-q", "--check") == ran


def test_odd_words_stay_words(here: Path) -> None:
    text = "title: '<b>\"a\" & *b*'\nsummary: see ``x`` <i>\n" + ONE + "# ```` four\n"
    Path("specs/one.yaml").write_text(text, encoding="utf-8")
    lrviz("gallery", "specs/one.yaml", "-o", "out")
    page = Path("out/README.md").read_text(encoding="utf-8")
    assert '\n## \\<b\\>"a" \\& \\*b\\*\n' in page
    assert 'alt="&lt;b&gt;&quot;a&quot; &amp; *b*: see ``x`` &lt;i&gt;"' in page
    assert f"\n`````yaml\n{text}`````\n" in page


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("a_b *c*", r"a\_b \*c\*"),
        ("`a_b` and c_d", r"`a_b` and c\_d"),
        ("a ` b_c", r"a \` b\_c"),
        ("arXiv:1706.02677.", "[arXiv:1706.02677](https://arxiv.org/abs/1706.02677)."),
        ("github.com/a_b/c, d.py", r"[github.com/a\_b/c](https://github.com/a_b/c), d.py"),
        ("http://x.io/y", "[http://x.io/y](https://x.io/y)"),
        ("torch.optim.lr, fast.ai's", "torch.optim.lr, fast.ai's"),
        ("me@x.org/y", "me@x.org/y"),
    ],
)
def test_links(text: str, markdown: str) -> None:
    assert linked(text) == markdown


# What is compared


def test_check_is_content_with_what_was_written(here: Path) -> None:
    lrviz("gallery", "specs", "-o", "out", "--png")
    before = contents("out")
    ran = lrviz("gallery", "specs", "-o", "out", "--png", "--check")
    assert (ran.code, ran.out, ran.err) == (0, "", "out: 9 files, all up to date\n")
    assert contents("out") == before


def test_check_names_what_is_stale_missing_or_left_over_and_writes_nothing(here: Path) -> None:
    Path("specs/gone.yaml").write_text(ONE)
    lrviz("gallery", "specs", "-o", "out")
    Path("specs/gone.yaml").unlink()
    Path("specs/one.yaml").write_text(ONE.replace("step_size: 2", "step_size: 3"))
    Path("out/more/two-dark.svg").unlink()
    before = contents("out")
    ran = lrviz("gallery", "specs", "-o", "out", "--check")
    assert ran.code == 1
    assert ran.out.splitlines() == [
        "missing: out/more/two-dark.svg",
        "stale: out/one-light.svg",
        "stale: out/one-dark.svg",
        "stale: out/README.md",
        "left over: out/gone-dark.svg",
        "left over: out/gone-light.svg",
    ]
    assert contents("out") == before
    lrviz("gallery", "specs", "-o", "out")
    assert lrviz("gallery", "specs", "-o", "out", "--check").code == 0
    assert files("out") == ["README.md", *figures("more/two", "one")]


def test_check_of_a_folder_that_is_not_there(here: Path) -> None:
    ran = lrviz("gallery", "specs/one.yaml", "-o", "nowhere", "--check")
    assert (ran.code, ran.out.splitlines()[0]) == (1, "missing: nowhere/one-light.svg")
    assert not Path("nowhere").exists()


def test_check_looks_at_content_not_at_bytes(here: Path) -> None:
    lrviz("gallery", "specs/one.yaml", "-o", "out")
    figure, page = Path("out/one-light.svg"), Path("out/README.md")
    figure.write_bytes(figure.read_bytes().replace(b'id="', b'id="other_'))
    page.write_bytes(page.read_bytes().replace(b"\n", b"\r\n"))  # as git may check it out
    assert lrviz("gallery", "specs/one.yaml", "-o", "out", "--check").code == 0
    page.write_bytes(page.read_bytes().replace(b"|     0 |", b"|     1 |"))
    page.write_bytes(page.read_bytes() + b"more\n")
    assert lrviz("gallery", "specs/one.yaml", "-o", "out", "--check").out == (
        "stale: out/README.md\n"
    )


# What goes wrong


def test_one_bad_spec_does_not_stop_the_others(here: Path) -> None:
    Path("specs/bad.yaml").write_text(ONE)
    lrviz("gallery", "specs", "-o", "out")
    kept = Path("out/bad-light.svg").read_bytes()
    Path("specs/bad.yaml").write_text(BAD)
    ran = lrviz("gallery", "specs", "-o", "out")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == f"wrote out/README.md and 4 figures\n{BAD_MESSAGE}"
    # Its figures are what they were until it is mended.
    assert files("out") == ["README.md", *sorted(figures("bad", "more/two", "one"))]
    assert Path("out/bad-light.svg").read_bytes() == kept
    checked = lrviz("gallery", "specs", "-o", "out", "--check")
    assert (checked.code, checked.out) == (1, "")
    assert checked.err == f"out: 5 files, all up to date\n{BAD_MESSAGE}"


def test_nothing_is_written_where_every_spec_is_bad(here: Path) -> None:
    Path("specs/bad.yaml").write_text(BAD)
    ran = lrviz("gallery", "specs/bad.yaml", "cosin", "-o", "out")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        f"{BAD_MESSAGE}error: no preset or scheduler 'cosin'; did you mean cosine? "
        "(`lrviz list` shows all)\n"
    )
    assert not Path("out").exists()


def test_a_run_that_is_cut_short_is_shown_and_reported(here: Path) -> None:
    Path("specs/cut.yaml").write_text(
        "train: {steps: 8}\nscheduler: {type: OneCycleLR, max_lr: 1, total_steps: 4}\n"
    )
    ran = lrviz("gallery", "specs/cut.yaml", "-o", "out")
    assert ran.code == 1
    assert ran.err.splitlines()[0] == "wrote out/README.md and 2 figures"
    assert ran.err.splitlines()[1].startswith(
        "error: specs/cut.yaml: cut: its scheduler failed after update 4 of 8, "
        "and the curve ends there: ValueError: Tried to step 5 times"
    )


def test_a_spec_whose_table_is_wrong_leaves_no_figure_without_a_page(here: Path) -> None:
    Path("specs/one.yaml").write_text(ONE + "table: {at: [soon]}\n")
    ran = lrviz("gallery", "specs", "-o", "out")
    assert ran.code == 1
    assert ran.err.startswith("wrote out/README.md and 2 figures\nerror: ")
    assert files("out") == ["README.md", *figures("more/two")]


@pytest.mark.parametrize("name", ["README.md", "one-light.svg"])
def test_what_lrviz_did_not_write_is_never_written_over(here: Path, name: str) -> None:
    Path("out").mkdir()
    Path("out", name).write_text("mine")
    ran = lrviz("gallery", "specs", "-o", "out")
    assert (ran.code, ran.err) == (
        2,
        f"error: out/{name} is here already and lrviz did not write it; "
        "move it, or name another folder with -o\n",
    )
    assert files("out") == [name]


def test_figures_of_ones_own_are_not_left_over(here: Path) -> None:
    lrviz("gallery", "specs", "-o", "out")
    lrviz("plot", "cosine", "--steps", "9", "-o", "out/own-light.svg", "-o", "out/own.png")
    Path("out/notes.svg").write_text("<svg/>")
    assert lrviz("gallery", "specs", "-o", "out", "--check").code == 0
    lrviz("gallery", "specs", "-o", "out")
    assert {"own-light.svg", "own.png", "notes.svg"} < set(files("out"))


def test_no_source_and_no_folder(here: Path) -> None:
    ran = lrviz("gallery")
    assert ran.code == 2
    assert ran.err.startswith("error: gallery needs a SOURCE")
    Path("empty").mkdir()
    assert lrviz("gallery", "empty").err == (
        "error: empty: no spec (.yaml, .yml, .json) in this folder\n"
    )
    Path("file").touch()
    ran = lrviz("gallery", "specs/one.yaml", "-o", "file")
    assert (ran.code, ran.err) == (2, "error: file cannot be made: File exists\n")


# Names and order


def listed(*sources: str) -> list[tuple[str, str, str]]:
    return [(each.source, each.name, each.section) for each in listing.entries(sources)]


def test_folders_come_before_the_specs_beside_them(here: Path) -> None:
    Path("specs/a.json").touch()
    Path("specs/more/deep").mkdir()
    Path("specs/more/deep/z.yml").touch()
    assert listed("specs/") == [
        ("specs/more/deep/z.yml", "more/deep/z", "specs/more/deep"),
        ("specs/more/two.yaml", "more/two", "specs/more"),
        ("specs/a.json", "a", "specs"),
        ("specs/one.yaml", "one", "specs"),
    ]


@pytest.mark.parametrize(
    ("folder", "source", "heading"),
    [("on_vision-tasks", "on_vision-tasks", "On vision tasks"), ("any", ".", "Schedules")],
)
def test_a_section_is_named_after_its_folder_and_never_after_the_checkout(
    here: Path, monkeypatch: pytest.MonkeyPatch, folder: str, source: str, heading: str
) -> None:
    Path(folder).mkdir()
    Path(folder, "one.yaml").write_text(ONE)
    if source == ".":
        monkeypatch.chdir(folder)
    lrviz("gallery", source, "-o", "out")
    assert f"\n## {heading}\n" in Path("out/README.md").read_text(encoding="utf-8")


def test_a_spec_is_shown_once_where_it_is_named_first(here: Path) -> None:
    assert listed("./specs/one.yaml", "specs", "specs/more", "cosine", "preset:*")[:3] == [
        ("./specs/one.yaml", "one", ""),
        ("specs/more/two.yaml", "more/two", "specs/more"),
        ("cosine", "presets/cosine", "preset:*"),
    ]
    assert len(listed("cosine", "preset:*", "cosine")) == len(catalog.preset_names())


def test_no_two_names_are_the_same_file(here: Path) -> None:
    Path("other").mkdir()
    Path("other/One.yaml").touch()
    Path("specs/one.json").touch()
    names = [name for _, name, _ in listed("specs", "other", "specs/more/two.yaml#steps")]
    assert names == ["more/two", "one", "one-2", "One-3", "two-steps"]


def test_progress_is_told_after_each_entry(here: Path) -> None:
    done: list[tuple[int, bool]] = []
    options = gallery.GalleryOptions(
        lambda schedules, style: FigureOptions(style=style), Overrides(steps=5)
    )
    gallery.make(
        listing.entries(["cosine", "cosin", "linear"]), options, lambda *told: done.append(told)
    )
    assert done == [(1, False), (2, False), (3, False)]
