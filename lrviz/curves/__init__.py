"""Trace, and what is derived from it: events, key steps, comparison."""
