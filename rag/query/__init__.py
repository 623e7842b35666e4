"""What a person asks: a question read once, with the Arabic words that its Latin ones may stand for."""
