"""Finding passages: a lexical and a dense leg over the same passages, fused."""
