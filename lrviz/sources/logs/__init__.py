"""Files that a training wrote: bytes in, a Log out; one file a format, by the standard library."""
