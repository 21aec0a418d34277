"""Tables, exports, findings and code, as lines of text."""
