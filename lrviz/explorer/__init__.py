"""SOURCEs to a local page: a control for each argument, and the real schedulers behind it."""
