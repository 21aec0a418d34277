"""Schedules and their traces to findings, and findings to edits."""
