"""Predicted surfaces as annotation: of which person, good enough, and as points."""
