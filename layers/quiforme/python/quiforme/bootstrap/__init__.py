"""Wiring: settings and AWS clients become what the functions work with. One module for each set of layers (template.yaml)."""
