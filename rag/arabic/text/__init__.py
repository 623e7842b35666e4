"""Text as letters, words and sentences: what holds before anybody asks what the words mean."""
