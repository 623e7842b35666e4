"""The engine on a Milvus server: for archives that one machine does not hold."""

MARK = "milvus"
"""A file beside the library that says where its collection is; by it an emptied library is told from one that is new."""
