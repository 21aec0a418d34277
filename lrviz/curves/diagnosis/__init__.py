"""A plan and what was logged to a Verdict: what happened, named only where every value says so."""
