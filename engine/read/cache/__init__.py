"""Compiled policy sets kept on disk, so that the next question need not read every file.

`home` is where they lie, `shelf` the form of one file, `records` what stands in it, `trees` how a
directory is known to be the one that was read, and `sets` the way in; `verdicts` say of tables that
are too large for it that they are sound. Nothing outside of this package knows any of it, and
nothing that is read here is ever executed.
"""
