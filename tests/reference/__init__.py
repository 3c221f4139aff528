"""A naive, independent reading of the specification, to hold the engine against.

Naive on purpose: plain dicts, brute force, no shared code with the engine. Each module cites the
rules that it reads. Everything here assumes a valid policy set, or one of the half-way sets that
*Causes* describes.
"""
