"""A block of a document to picture files, drawn once."""

from lrviz.embedding.block import Block, explained, option_names
from lrviz.embedding.permission import MAX_UPDATES, Permission
from lrviz.embedding.picture import STYLESHEET, Picture, embed

__all__ = [
    "MAX_UPDATES",
    "STYLESHEET",
    "Block",
    "Permission",
    "Picture",
    "embed",
    "explained",
    "option_names",
]
