"""What is not about bodies: checkpoints, dependencies, whole files, progress, arrays, memory."""
