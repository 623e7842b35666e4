"""The command line, `rag COMMAND`: a module for each group of commands, and what they print with."""
