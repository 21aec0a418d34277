"""A Schedule to real torch objects: an optimizer, and schedulers with their cadence."""
