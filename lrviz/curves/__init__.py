"""Trace, and what is read from it: events, key steps, comparison."""
