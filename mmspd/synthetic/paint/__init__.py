"""Colours, noise and cloth patterns, for people and scenery alike."""
