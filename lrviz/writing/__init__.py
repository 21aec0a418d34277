"""Numbers, and somebody else's text, to what views and messages show alike."""
