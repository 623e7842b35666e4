"""Articles into the library and its indexes: from the command line, the browser, a watched folder or a Ray cluster."""
