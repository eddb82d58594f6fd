"""What a folder of rendered people is to hold: splits, names, and the marker that says so in the folder itself."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mmspd.synthetic.settings import PeopleSettings, shown
from mmspd.version import __version__

__all__ = ['DRAFTS', 'MARKER', 'RECORDS', 'UNFINISHED', 'Marker', 'TreePlan', 'read_marker']

_SPLITS: Final = ('train', 'val')
MARKER: Final = 'people.json'
UNFINISHED: Final = '.unfinished'  # lock, drafts and records while the folder is being made
DRAFTS: Final = f'{UNFINISHED}/drafts'
RECORDS: Final = f'{UNFINISHED}/records'

MOST_PEOPLE: Final = 1_000_000
MOST_SEEDS: Final = 2**32
# COCO's annotation ids count apart from its image ids.
_FIRST_ANNOTATION: Final = 100_001


def _whole_number(name: str, value: Any, low: int, high: int) -> None:
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f'{name}: expected a whole number of {low:,}..{high:,}, got {shown(value)}')


@dataclass(frozen=True)
class TreePlan:
    """A folder of people, in LIP's layout.

    Attributes:
        num: Persons of both splits, 1..1,000,000.
        num_val: Persons of the validation split, the last ones; 0..num.
        seed: 0..2**32-1.
        settings: What the people are drawn from.
        dense: Whether there are dense maps of I, U, V, too.

    Raises:
        ValueError: If a number is out of range, or a value of another type.
    """

    num: int
    num_val: int
    seed: int
    settings: PeopleSettings
    dense: bool = False

    def __post_init__(self) -> None:
        _whole_number('num', self.num, 1, MOST_PEOPLE)
        _whole_number('num_val', self.num_val, 0, self.num)
        _whole_number('seed', self.seed, 0, MOST_SEEDS - 1)
        if type(self.dense) is not bool:
            raise ValueError(f'dense: expected True or False, got {shown(self.dense)}')
        if not isinstance(self.settings, PeopleSettings):
            raise ValueError(f'settings: expected PeopleSettings, got {shown(self.settings)}')

    @property
    def num_train(self) -> int:
        """Persons of the training split."""
        return self.num - self.num_val

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that have persons: LIP's readers refuse an empty list."""
        return tuple(split for split in _SPLITS if self.indices(split))

    def split_of(self, index: int) -> str:
        """'train' or 'val'."""
        return _SPLITS[index >= self.num_train]

    def indices(self, split: str) -> range:
        """The persons of a split."""
        return range(self.num_train) if split == 'train' else range(self.num_train, self.num)

    def ids_of(self, index: int) -> tuple[int, int]:
        """Ids of the image and of the annotation."""
        return index + 1, _FIRST_ANNOTATION + index

    def name_of(self, index: int) -> str:
        """Name of a person's files, without suffix: both ids, as LIP has it."""
        return '{}_{}'.format(*self.ids_of(index))

    def picture_folders(self, split: str) -> dict[str, str]:
        """What is in them ('image', 'label' and perhaps 'surface') -> folder, relative to the tree."""
        folders = {
            'image': f'TrainVal_images/{split}_images',
            'label': f'TrainVal_parsing_annotations/{split}_segmentations',
        }
        return folders | ({'surface': f'TrainVal_surface_annotations/{split}_surfaces'} if self.dense else {})

    def list_files(self, split: str) -> dict[str, str]:
        """What is in them ('ids', 'poses', 'surfaces') -> file, relative to the tree."""
        return {
            'ids': f'{split}_id.txt',
            'poses': f'TrainVal_pose_annotations/lip_{split}_set.csv',
            'surfaces': f'densepose_{split}.json',
        }

    def pictures_of(self, index: int) -> dict[str, str]:
        """What is in them, as :meth:`picture_folders` -> a person's file, relative to the tree."""
        folders = self.picture_folders(self.split_of(index))
        name = self.name_of(index)
        return {what: f'{folder}/{name}.{"jpg" if what == "image" else "png"}' for what, folder in folders.items()}

    def to_json(self) -> dict[str, Any]:
        """Everything that decides the bytes of the pictures, as JSON has it."""
        return {
            'num': self.num,
            'num_val': self.num_val,
            'seed': self.seed,
            'dense': self.dense,
            'settings': self.settings.to_json(),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> 'TreePlan':
        """The plan from :meth:`to_json`'s form."""
        settings = PeopleSettings.from_json(values['settings'])
        return cls(values['num'], values['num_val'], values['seed'], settings, values['dense'])

    def differences(self, other: 'TreePlan') -> list[str]:
        """What another plan has otherwise: 'seed is 0, not 1' for each, with the other's value first."""
        ours, theirs = self.to_json(), other.to_json()
        ours, theirs = ours | ours.pop('settings'), theirs | theirs.pop('settings')
        return [f'{name} is {theirs[name]}, not {value}' for name, value in ours.items() if theirs[name] != value]


@dataclass(frozen=True)
class Marker:
    """What a folder says of itself.

    Attributes:
        plan: What it is to hold.
        photographs: Checksum of the photographs' names and sizes; None without a background folder.
        version: Of mmspd when it was started.
        complete: Whether it holds all of it.
    """

    plan: TreePlan
    photographs: int | None = None
    version: str = __version__
    complete: bool = False

    def to_bytes(self) -> bytes:
        """The marker file's content."""
        content = {
            'description': 'People rendered by mmspd, with exact labels, in the layout of LIP',
            'complete': self.complete,
            'version': self.version,
            'photographs': self.photographs,
            **self.plan.to_json(),
        }
        return (json.dumps(content, indent=1) + '\n').encode()


def read_marker(root: Path) -> Marker | None:
    """What a folder says of itself.

    Args:
        root (Path): The folder; it need not exist.

    Returns:
        Marker | None: None where there is no marker.

    Raises:
        FileExistsError: If the marker cannot be understood, or is a folder.
    """
    path = root / MARKER
    try:
        content = json.loads(path.read_text(encoding='utf-8'))
        plan, complete = TreePlan.from_json(content), content['complete'] is True
        return Marker(plan, content['photographs'], str(content['version']), complete)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except IsADirectoryError as error:
        raise FileExistsError(f'{path} is a folder: name a folder that is new or empty') from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise FileExistsError(
            f'{path} does not say what the folder holds ({type(error).__name__}: {error}): '
            'remove the folder, or name another'
        ) from error
