"""Beginnings: a new policy repository from a starting point, a policy set from exports."""
