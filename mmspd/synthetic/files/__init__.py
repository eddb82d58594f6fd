"""Rendered people as files: LIP's tree, made by several processes, resumable."""
