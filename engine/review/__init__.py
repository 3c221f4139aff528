"""What follows from one policy set or two."""
