from __future__ import annotations

from pathlib import Path

import pytest

from lrviz.writing.provenance import picture_format, written_by_lrviz

SVG = (
    '<?xml version="1.0"?>\n<svg>\n <metadata><rdf:RDF><cc:Work><dc:creator>\n <cc:Agent>\n'
    "  <dc:title>{}</dc:title>\n </cc:Agent></dc:creator></cc:Work></rdf:RDF></metadata></svg>"
)


@pytest.mark.parametrize(
    ("content", "ours"),
    [
        (b"\x89PNG\r\n\x1a\n....tEXtSoftware\0lrviz....", True),
        (b"\x89PNG\r\n\x1a\n....tEXtSoftware\0Matplotlib version3.11.2", False),
        (b"tEXtSoftware\0lrviz", False),
        (b"%PDF-1.4\n" + b"x" * 100_000 + b"<< /Creator (lrviz) >>\n%%EOF", True),
        (b"%PDF-1.4\n<< /Creator (Matplotlib) >>", False),
        (SVG.format("lrviz").encode(), True),
        (SVG.format("Matplotlib v3").encode(), False),
        (b"<svg><text>lrviz</text></svg>", False),
        (b"", False),
        (b"label,step\n", False),
    ],
)
def test_only_the_mark_in_the_content_counts(tmp_path: Path, content: bytes, ours: bool) -> None:
    path = tmp_path / "figure.png"
    path.write_bytes(content)
    assert written_by_lrviz(path) is ours


def test_what_is_not_a_file_is_not_ours(tmp_path: Path) -> None:
    assert not written_by_lrviz(tmp_path)
    assert not written_by_lrviz(tmp_path / "none.png")
    assert not written_by_lrviz(Path("/dev/null"))


def test_no_format_has_a_date() -> None:
    assert picture_format("png").texts("") == {"Software": "lrviz", "Source": None}
    assert picture_format("svg").texts("a.yaml")["Date"] is None
    assert picture_format("pdf").texts("a.yaml")["CreationDate"] is None
