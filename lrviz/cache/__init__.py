"""What was simulated before: a schedule in, the Trace that it gave out, or nothing."""
