"""Where a stopped run continues."""

import re
import zipfile
from pathlib import Path

_NUMBERED = re.compile(r'(?:iter|epoch)_(\d+)\.pth')


def find_latest_checkpoint(work_dir: Path) -> Path | None:
    """The newest complete checkpoint of a work dir.

    mmengine follows the name in ``last_checkpoint``, which a run killed while writing leaves empty, and would take a
    checkpoint that was cut off in the middle. A checkpoint is a zip archive, whose table of contents comes last, so a
    file that was cut off is none.

    Args:
        work_dir (Path): Where the run writes; it need not exist.

    Returns:
        Path | None: The file with the highest number; None if there is no complete one.
    """
    numbered = [(int(match[1]), path) for path in work_dir.glob('*.pth') if (match := _NUMBERED.fullmatch(path.name))]
    complete = (path for _, path in sorted(numbered, reverse=True) if zipfile.is_zipfile(path))
    return next(complete, None)
