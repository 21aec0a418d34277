"""From another framework's config to a spec: a module a framework, with its `FRAMEWORK`."""
