"""How numbers, and somebody else's text, are written, in views and messages alike."""
