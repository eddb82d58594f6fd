"""Dependencies and checkpoints."""
