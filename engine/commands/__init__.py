"""The commands: options, load, call, render, exit. One module each, imported on use."""
