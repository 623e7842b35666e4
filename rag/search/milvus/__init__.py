"""The engine on a Milvus server: for archives that one machine does not hold."""
