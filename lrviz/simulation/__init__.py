"""Built objects to a Trace: the loop, the fast path, and what a loop records."""
