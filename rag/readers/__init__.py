"""Files to articles: a reader for each format, the folders that hold them, and the process in which a file is read."""
