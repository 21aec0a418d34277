"""Traces to a plan of what is drawn where, without any drawing library."""
