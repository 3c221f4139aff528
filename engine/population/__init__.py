"""Whole populations: the law as SQL, run where the people are."""
