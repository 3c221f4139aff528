"""Changing files: the smallest edit of the text, its preview, and how it is written."""
