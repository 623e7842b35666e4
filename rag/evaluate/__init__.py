"""Measuring search, evidence, citations, refusals and time with a set of questions."""
