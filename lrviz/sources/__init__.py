"""What stood on the command line, to schedules."""
