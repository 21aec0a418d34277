"""Traces to figures, renderables and text, by pure functions."""
