"""How a picture file says that lrviz wrote it, and what it shows."""

from __future__ import annotations

from pathlib import Path

from lrviz.writing.text import visible

FORMATS = ("png", "svg", "pdf", "jpg", "jpeg", "webp")


def metadata(file_format: str, source: str) -> dict[str, str | None]:
    """Return what a picture file says of itself: lrviz's mark and no date.

    The names are those of matplotlib's `savefig(metadata=...)`, or of Exif's tags.

    Args:
        file_format: One of `FORMATS`.
        source: What the figure shows, as the user named it; may be empty.
    """
    source = visible(source)
    if file_format == "png":
        return {"Software": "lrviz", "Source": source or None}
    if file_format in ("jpg", "jpeg", "webp"):
        return {"Software": "lrviz", "ImageDescription": source or None}
    if file_format == "svg":
        return {"Creator": "lrviz", "Source": source or None, "Date": None}
    return {"Creator": "lrviz", "Subject": source or None, "Producer": None, "CreationDate": None}


def written_by_lrviz(path: Path) -> bool:
    """Return whether `path` is a picture file that lrviz wrote.

    Only the marks of `metadata` count, in the format that the content has; the file's name does
    not matter. A file that does not exist or is not a regular one is not lrviz's.

    Raises:
        OSError: The file cannot be read.
    """
    if not path.is_file():
        return False
    with path.open("rb") as file:
        start = file.read(4096)
        file.seek(max(0, path.stat().st_size - 65536))
        end = file.read()
    if start.startswith(b"\x89PNG\r\n\x1a\n"):
        return b"tEXtSoftware\0lrviz" in start
    if start.startswith(b"%PDF"):
        return b"/Creator (lrviz)" in end
    if start.startswith(b"\xff\xd8\xff") or (start[:4], start[8:12]) == (b"RIFF", b"WEBP"):
        return _software(path) == "lrviz"
    agent = start.partition(b"<cc:Agent>")[2].partition(b"</cc:Agent>")[0]
    return b"<svg" in start and agent.strip() == b"<dc:title>lrviz</dc:title>"


def _software(path: Path) -> str | None:
    """Return which software wrote a JPEG or WebP file, as its Exif says."""
    from PIL import ExifTags, Image

    try:
        with Image.open(path) as picture:
            found: str | None = picture.getexif().get(ExifTags.Base.Software)
    except (OSError, ValueError, SyntaxError):  # which Pillow raises of what is broken
        return None
    return found
