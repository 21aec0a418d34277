"""Traces, findings and schedulers to lines of text: tables, exports, reports, code."""
