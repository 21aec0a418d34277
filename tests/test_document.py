"""YAML text to data with places."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
import yaml

from lrviz.document import Map, Seq, parse, place_of, read_text, unplaced
from lrviz.errors import SpecError


def failure(text: str) -> str:
    with pytest.raises(SpecError) as error:
        parse(text, "f.yaml")
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("1.e3", 1000.0),
        ("-.5", -0.5),
        ("300e9", 3e11),
        ("12", 12),
        ("+12", 12),
        ("010", 10),  # YAML 1.1 reads 8
        ("0x1F", 31),
        ("0o17", 15),
        ("-0.0", -0.0),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2001-01-01", "2001-01-01"),
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("'1e-4'", "1e-4"),
        ('"true"', "true"),
        ("5%", "5%"),
    ],
)
def test_scalars_are_yaml_1_2(text: str, value: Any) -> None:
    found = parse(f"a: {text}", "f.yaml")["a"]
    assert found == value
    assert type(found) is type(value)
    assert math.copysign(1, found) == math.copysign(1, value) if isinstance(value, float) else True


def test_nan_is_a_float() -> None:
    assert math.isnan(parse("a: .nan", "f.yaml")["a"])


def test_places_are_those_of_keys_and_values() -> None:
    text = "a:\n  bé: [10, 'x']\n  c: 1e-4\n"
    data = parse(text, "f.yaml")
    key = place_of(data, ("a", "bé"), key=True)
    item = place_of(data, ("a", "bé", 1))
    value = place_of(data, ("a", "c"))
    assert key
    assert item
    assert value
    assert str(key) == "f.yaml:2:3"
    assert text[key.start : key.end] == "bé"
    assert str(item) == "f.yaml:2:12"
    assert text[item.start : item.end] == "'x'"
    assert str(value) == "f.yaml:3:6"
    assert text[value.start : value.end] == "1e-4"


def test_a_path_that_leads_too_far_gives_the_last_place() -> None:
    data = parse("a: {b: 1}", "f.yaml")
    assert str(place_of(data, ("a", "missing", "x"))) == "f.yaml:1:4"


def test_merge_keys_give_way_to_the_mappings_own() -> None:
    data = parse("base: &b {lr: 1, m: 2}\nown: {<<: *b, lr: 3}\n", "f.yaml")
    assert data["own"] == {"lr": 3, "m": 2}
    assert str(place_of(data, ("own", "m"))) == "f.yaml:1:21"


def test_the_first_of_several_merged_mappings_wins_and_the_last_stands_first() -> None:
    data = parse("a: &a {x: 1, y: 1}\nb: &b {z: 2, y: 2}\nc: {w: 3, <<: [*a, *b], x: 3}", "f.yaml")
    assert list(data["c"].items()) == [("z", 2), ("y", 1), ("x", 3), ("w", 3)]
    assert str(place_of(data, ("c", "y"))) == "f.yaml:1:17"


def test_tens_of_thousands_of_merges_take_no_time() -> None:
    begun = time.process_time()
    keys = "".join(f"k{i}: 1\n" for i in range(20_000))
    assert len(parse(f"a: &b {{}}\n<<: [{'*b,' * 20_000}*b]\n{keys}", "f.yaml")) == 20_001
    assert time.process_time() - begun < 2


def test_over_and_only_keep_places() -> None:
    base, own = parse("{a: 1, b: 2}", "base"), parse("{b: 3}", "own")
    both = own.over(base)
    assert both == {"a": 1, "b": 3}
    assert str(both.places["a"].value) == "base:1:5"
    assert str(both.places["b"].value) == "own:1:5"
    assert both.without("b") == {"a": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2", "f.yaml:2:1: duplicate key 'a' (first on line 1); remove one"),
        ("a: &x [*x]", "f.yaml:1:8: *x stands inside of what it names"),
        ("a: *x", "f.yaml:1:4: *x names no anchor above it"),
        ("a: &x 1\n*x : 2", "f.yaml:2:1: a key must be plain text"),
        ("a: &x [*y]\nb: &y [*x]", "f.yaml:1:8: *y names no anchor above it"),
        ("<<: [1]", "f.yaml:1:1: << merges mappings only"),
        ("a: 1\n'a': 2", "f.yaml:2:1: duplicate key 'a' (first on line 1); remove one"),
        ("a: !!binary aGk=", "f.yaml:1:4: the tag !!binary is not read; write the plain value"),
        (
            "a: !!python/object/apply:os.system [touch ran]",
            "f.yaml:1:4: the tag !!python/object/apply:os.system is not read; "
            "write the plain value",
        ),
        ("? [1]\n: 2", "f.yaml:1:3: a key must be plain text"),
        ("a: 1\n---\nb: 2", "f.yaml:2:1: a second document begins here; write one spec a file"),
        (
            "a: !!python/name:os.system ''",
            "f.yaml:1:4: the tag !!python/name:os.system is not read; write the plain value",
        ),
        ("a: " + "9" * 5000, "f.yaml:1:4: a number of 5,000 digits; quote it if it is text"),
        ("a: \x00", "f.yaml:1:4: not valid YAML: a control character; remove it"),
        ("é: \x1b", "f.yaml:1:4: not valid YAML: a control character; remove it"),
        ("é: \udcff", "f.yaml:1:4: not valid YAML: a byte that is no text; remove it"),
        ("<<: 1", "f.yaml:1:1: << merges mappings only"),
    ],
)
def test_what_is_no_spec(text: str, message: str) -> None:
    assert failure(text) == message


def test_nesting_is_refused_before_anything_recurses() -> None:
    # libyaml 0.2.6 (in PyYAML 6.0.4) stops at 1,000, and may do so before it hands out the 51st.
    limited = yaml._yaml.get_version() >= (0, 2, 6)
    for opened, column in (("[", 52), ("{a: ", 202), ("- ", 103)):
        columns = {column, len(opened) * 1000 + 1} if limited else {column}
        assert failure(opened * 100_000) in {
            f"f.yaml:1:{each}: nested more than 50 deep" for each in columns
        }
    assert failure("[" * 60) == "f.yaml:1:52: nested more than 50 deep"
    assert failure("? " * 100_000) == "f.yaml:1:3: a key must be plain text"
    assert parse("[" * 50 + "]" * 50, "f.yaml") is not None


def test_an_alias_bomb_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 10):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]")
    assert "aliases counted as what they name" in failure("\n".join(lines))


def test_text_is_utf_8_with_or_without_mark_or_utf_16() -> None:
    assert read_text("é".encode(), "f") == "é"
    assert read_text("é".encode("utf-8-sig"), "f") == "é"
    assert read_text("é".encode("utf-16"), "f") == "é"
    with pytest.raises(SpecError) as error:
        read_text(b"a: 1\nb: \xe9\n", "f.yaml")
    assert str(error.value) == "f.yaml:2:4: not UTF-8 text; save the file as UTF-8"


def test_crlf_is_a_line_end() -> None:
    data = parse("a: 1\r\nb: 2\r\n", "f.yaml")
    assert data == {"a": 1, "b": 2}
    assert str(place_of(data, ("b",))) == "f.yaml:2:4"


def test_plain_is_free_of_places() -> None:
    found = unplaced(parse("a: [{b: 1}]", "f.yaml"))
    assert found == {"a": [{"b": 1}]}
    assert type(found) is dict
    assert type(found["a"]) is list
    assert isinstance(parse("[1]", "f"), Seq)
    assert isinstance(parse("{a: 1}", "f"), Map)
