"""Checksums of files."""

import hashlib
from pathlib import Path

__all__ = ['file_sha256']

_BLOCK = 1 << 20  # bytes


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content, hexadecimal; a block in memory at a time.

    Raises:
        OSError: If it cannot be read.
    """
    digest = hashlib.sha256()
    with path.open('rb') as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
