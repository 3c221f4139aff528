"""Benchmarks: whole processes, in turn with a floor and a peer, as ratios of medians."""
