"""Renderers: one module per format, `render(report) -> str`, no printing."""
