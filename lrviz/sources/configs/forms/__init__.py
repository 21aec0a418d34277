"""From a config's text to plain data with places, for the forms of file that are not YAML."""
