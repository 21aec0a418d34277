"""Traces to one HTML file that answers: every value of every update, drawn in the browser."""
