"""Figures in documentation: a block of a document in, picture files out, drawn once."""

from lrviz.embedding.block import Block, explained, option_names
from lrviz.embedding.picture import STYLESHEET, Picture, embed

__all__ = ["STYLESHEET", "Block", "Picture", "embed", "explained", "option_names"]
