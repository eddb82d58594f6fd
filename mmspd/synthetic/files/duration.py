"""About how long it takes to render people, before it is known how fast a machine is."""

from typing import Final

__all__ = ['estimated_seconds']

# Of one process: 8 pictures a second of 256x192 pixels, 5 of 384x384, between them in proportion to the pixels.
_SECONDS_A_PICTURE: Final = 0.0875
_SECONDS_A_MEGAPIXEL: Final = 0.763
_SECONDS_TO_START: Final = 10.0


def estimated_seconds(people: int, size: tuple[int, int], workers: int) -> float:
    """About how long people take to render on an ordinary machine, before it is known how fast this one is.

    Args:
        people (int): How many.
        size (tuple[int, int]): (height, width) of a picture.
        workers (int): Number of processes; 0 counts as one.

    Returns:
        float: Seconds.
    """
    megapixels = size[0] * size[1] / 1e6
    each = _SECONDS_A_PICTURE + _SECONDS_A_MEGAPIXEL * megapixels
    return _SECONDS_TO_START + people * each / max(workers, 1)
