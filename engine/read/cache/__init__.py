"""Compiled policy sets kept on disk, so that the next question need not read every file.

`home` is where they lie, `shelf` the form of one file, `records` what stands in it, `trees` how a
directory is known to be the one that was read, and `sets` the way in; `verdicts` say of tables that
are too large for it that they are sound, and `outlines` which file of a tree declares what. Nothing
outside of this package knows how any of it is kept, and nothing that is read here is ever executed.
"""
