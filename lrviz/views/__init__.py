"""Views: pure functions from traces to figures, renderables and text."""
