"""The pages, and the two commands that make their tables and their picture."""
