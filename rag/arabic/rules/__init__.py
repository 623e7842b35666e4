"""Rules over words, each for one kind of question: who says it, when, how many, where, and whether it is denied."""
