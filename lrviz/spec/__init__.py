"""The language of a spec, from plain data to resolved Schedules; no torch."""
