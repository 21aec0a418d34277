"""Specs to pages of figures."""
