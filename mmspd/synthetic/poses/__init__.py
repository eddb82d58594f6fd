"""Joint angles, families of poses, and arms kept out of the body."""
