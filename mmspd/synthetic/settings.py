"""``PeopleSettings``: every probability and range that rendered people are drawn from, with its default."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

__all__ = ['POSE_FAMILIES', 'PeopleSettings', 'parse_settings', 'shown']

POSE_FAMILIES: Final = ('stand', 'walk', 'sit', 'reach', 'lean')

Check = Callable[[str, Any], Any]


def shown(value: Any) -> str:
    """A value for an error message, cut where it is long."""
    try:
        text = repr(value)
    except ValueError:  # of a whole number of thousands of digits
        text = f'{type(value).__name__} of too many digits to show'
    return text if len(text) <= 60 else f'{text[:57]}...'


def _is_number(value: Any, low: float, high: float, whole: bool) -> bool:
    """Whether ``value`` is a number of ``low..high``, and not a fraction where ``whole``."""
    return type(value) in ((int,) if whole else (int, float)) and low <= value <= high


def _single(default: float, low: float, high: float, what: str, whole: bool = False) -> Any:
    """A field of one number of ``low..high``."""
    expected = f'{what} of {low:g}..{high:g}'

    def check(name: str, value: Any) -> Any:
        if not _is_number(value, low, high, whole):
            raise ValueError(f'{name}: expected {expected}, got {shown(value)}')
        return value if whole else float(value)

    return field(default=default, metadata={'check': check})


def _pair(default: tuple, low: float, high: float, what: str, whole: bool = False, ordered: bool = True) -> Any:
    """A field of two numbers of ``low..high``; where ``ordered``, the first is not above the second."""
    expected = f'{what}, each of {low:g}..{high:g}' + (', the first not above the second' if ordered else '')

    def check(name: str, value: Any) -> Any:
        is_pair = isinstance(value, list | tuple) and len(value) == 2
        in_range = is_pair and all(_is_number(item, low, high, whole) for item in value)
        if not in_range or (ordered and value[0] > value[1]):
            raise ValueError(f'{name}: expected {expected}, got {shown(value)}')
        return tuple(value) if whole else (float(value[0]), float(value[1]))

    return field(default=default, metadata={'check': check})


def _probability(default: float) -> Any:
    return _single(default, 0, 1, 'a probability')


def _weight(default: float) -> Any:
    return _single(default, 0, 1e6, 'a weight')


def _check_folder(name: str, value: Any) -> Any:
    if value is None or (isinstance(value, str) and value and '\0' not in value):
        return value
    raise ValueError(f"{name}: expected a folder's path, or none at all, got {shown(value)}")


@dataclass(frozen=True)
class PeopleSettings:
    """What rendered people are drawn from. Every value is checked when the settings are made.

    Attributes:
        size: (height, width) of every picture in pixels, 32..2048 each.
        pose_stand, pose_walk, pose_sit, pose_reach, pose_lean: Weights of the families of poses; only their ratios
            count, and not all may be 0.
        p_back_view: Probability that the person is seen from behind.
        camera_height: Lowest and highest camera, metres above the ground, 0.1..5.
        distance: Nearest and farthest camera, metres from the person, 1..50. The focal length follows from it, so that
            the person fills the picture.
        p_cut_legs: Probability that the picture ends above the feet.
        p_cut_head: Probability that the picture cuts the head.
        p_occluder: Probability of an object in front of the person.
        p_second_person: Probability of another person behind, who is labelled background.
        p_hat, p_sunglasses, p_gloves, p_scarf, p_coat, p_socks: Probability of each; socks: that they show.
        p_dress, p_jumpsuits, p_skirt: Probability of each, of which a person wears one at most; otherwise shirt and
            trousers. Their sum is at most 1.
        p_bare_feet: Probability of no shoes.
        p_long_hair: Probability of long instead of short hair.
        p_shadow: Probability that the person casts a shadow, on the ground and on themselves.
        p_colour_cast: Probability of coloured light.
        p_vignette: Probability of dark corners.
        p_blur: Probability of an image out of focus.
        p_motion_blur: Probability of a blur in one direction.
        p_noise: Probability of a sensor's noise.
        p_speckle: Probability of coloured blotches.
        p_low_resolution: Probability of a picture enlarged from fewer pixels.
        jpeg_quality: Lowest and highest JPEG quality, whole numbers of 1..100.
        background_folder: Folder of photographs to put behind people; none by default.
        p_photo_background: Probability of a photograph behind the person, where there is a ``background_folder``.
        surface_points: Annotated surface points of a person, 0..10,000; fewer where the body shows fewer pixels.

    Raises:
        ValueError: If a value is of another type or out of its range; the message names field, value and range.
    """

    size: tuple[int, int] = _pair((384, 384), 32, 2048, 'height and width in whole pixels', whole=True, ordered=False)

    pose_stand: float = _weight(0.34)
    pose_walk: float = _weight(0.2)
    pose_sit: float = _weight(0.14)
    pose_reach: float = _weight(0.2)
    pose_lean: float = _weight(0.12)
    p_back_view: float = _probability(0.22)

    camera_height: tuple[float, float] = _pair((0.5, 2.0), 0.1, 5, 'lowest and highest in metres')
    distance: tuple[float, float] = _pair((2.0, 8.0), 1, 50, 'lowest and highest in metres')
    p_cut_legs: float = _probability(0.2)
    p_cut_head: float = _probability(0.04)
    p_occluder: float = _probability(0.25)
    p_second_person: float = _probability(0.25)

    p_hat: float = _probability(0.2)
    p_sunglasses: float = _probability(0.12)
    p_gloves: float = _probability(0.12)
    p_scarf: float = _probability(0.12)
    p_coat: float = _probability(0.25)
    p_socks: float = _probability(0.35)
    p_dress: float = _probability(0.14)
    p_jumpsuits: float = _probability(0.09)
    p_skirt: float = _probability(0.14)
    p_bare_feet: float = _probability(0.05)
    p_long_hair: float = _probability(0.5)

    p_shadow: float = _probability(0.7)
    p_colour_cast: float = _probability(0.4)
    p_vignette: float = _probability(0.3)
    p_blur: float = _probability(0.25)
    p_motion_blur: float = _probability(0.1)
    p_noise: float = _probability(0.8)
    p_speckle: float = _probability(0.15)
    p_low_resolution: float = _probability(0.15)
    jpeg_quality: tuple[int, int] = _pair((60, 95), 1, 100, 'lowest and highest quality, whole', whole=True)

    background_folder: str | None = field(default=None, metadata={'check': _check_folder})
    p_photo_background: float = _probability(1.0)
    surface_points: int = _single(100, 0, 10_000, 'a whole number', whole=True)

    def __post_init__(self) -> None:
        for item in dataclasses.fields(self):
            # The only way to store a list as a tuple, a whole number as a float, in a frozen dataclass.
            object.__setattr__(self, item.name, item.metadata['check'](item.name, getattr(self, item.name)))
        if not any(self.pose_weights.values()):
            names = ', '.join(f'pose_{family}' for family in POSE_FAMILIES)
            raise ValueError(f'{names}: expected at least one weight above 0, got 0 for all')
        whole_body = self.p_dress + self.p_jumpsuits + self.p_skirt
        if whole_body > 1 + 1e-9:
            raise ValueError(
                f'p_dress + p_jumpsuits + p_skirt: expected a sum of at most 1, got {self.p_dress:g} + '
                f'{self.p_jumpsuits:g} + {self.p_skirt:g} = {whole_body:g}: lower the others, too'
            )

    @property
    def pose_weights(self) -> dict[str, float]:
        """Family of poses -> weight, as given."""
        return {family: getattr(self, f'pose_{family}') for family in POSE_FAMILIES}

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON has them: pairs are lists."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> 'PeopleSettings':
        """Settings from :meth:`to_json`'s form; fields that are left out keep their defaults.

        Args:
            values (Mapping): Field -> value.

        Returns:
            PeopleSettings: The settings.

        Raises:
            ValueError: If there is no such field, or a value is not allowed.
        """
        if not isinstance(values, Mapping):
            raise ValueError(f'expected settings as an object of names and values, got {shown(values)}')
        for name in values:
            _check_name(name)
        return cls(**values)


def parse_settings(assignments: Iterable[str], base: PeopleSettings | None = None) -> PeopleSettings:
    """Settings with some fields given as text, as on a command line.

    Args:
        assignments (Iterable[str]): ``name=value`` each: a number, two numbers with a comma between them
            (``distance=2,4``), a path or ``none``.
        base (PeopleSettings, optional): What the other fields are taken from. Defaults to None: the defaults.

    Returns:
        PeopleSettings: The settings.

    Raises:
        ValueError: If an assignment has no ``=``, there is no such field, one is given twice, or its value is not
            allowed.
    """
    changes: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition('=')
        if not equals:
            raise ValueError(f'expected name=value, got {shown(assignment)}')
        name = name.strip()
        _check_name(name)
        if name in changes:
            raise ValueError(f'{name} is given twice')
        changes[name] = _parse_value(name, text.strip())
    return dataclasses.replace(base or PeopleSettings(), **changes)


def _parse_value(name: str, text: str) -> Any:
    """A field's value from text, of the right kind where it can be read; the field's own check judges it."""
    if name == 'background_folder':
        return None if text.lower() == 'none' else text
    values = [_parse_number(item) for item in text.split(',')]
    return values[0] if len(values) == 1 else values


def _parse_number(text: str) -> Any:
    """A whole number, a number, or the text itself where it is neither."""
    if '_' in text:  # Python reads 1_0 as ten
        return text
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _check_name(name: Any) -> None:
    names = [item.name for item in dataclasses.fields(PeopleSettings)]
    if name in names:
        return
    close = get_close_matches(str(name), names, n=1)
    remedy = f'did you mean {close[0]}?' if close else f'there are {", ".join(names)}'
    raise ValueError(f'there is no setting {shown(name)}: {remedy}')
