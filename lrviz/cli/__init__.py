"""A command line to a result and an exit code: one file a command, the others are shared."""
