"""``People``: everybody in one picture."""

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final, overload

import numpy as np

from mmspd.anatomy import NUM_JOINTS, PALETTES, SAFE_SIDE_COLOURS, SURFACE_PARTS, LabelSet
from mmspd.apis.output_files import file_stem, write_files
from mmspd.apis.person import Person
from mmspd.apis.saving import FORMATS, contents_of
from mmspd.version import __version__
from mmspd.visualization.views import contour_view, four_panels, parsing_view, pose_view, surface_view

__all__ = ['BRANCHES', 'VIEWS', 'People']

BRANCHES: Final = ('parsing', 'pose', 'surface')
VIEWS: Final[dict[str, Callable[..., np.ndarray]]] = {
    'sheet': four_panels,
    'parsing': parsing_view,
    'pose': pose_view,
    'surface': surface_view,
    'contours': contour_view,
}


_BRANCH_OF: Final = {'sheet': None, 'parsing': 'parsing', 'pose': 'pose', 'surface': 'surface', 'contours': 'surface'}


class People(Sequence[Person]):
    """The persons of one picture, and the picture.

    A sequence of :class:`~mmspd.apis.Person`; with boxes one for each, in their order.

    Args:
        image (np.ndarray): uint8 (H, W, 3), BGR.
        source (str): Where it comes from: a file's name, with a video's frame number.
        persons (Sequence[Person]): Of the picture.
        labels (LabelSet): The parsing classes.
        branches (Collection[str]): Which of 'parsing', 'pose' and 'surface' the model has.
    """

    def __init__(
        self,
        image: np.ndarray,
        source: str,
        persons: Sequence[Person],
        labels: LabelSet,
        branches: Collection[str] = BRANCHES,
    ) -> None:
        self.image = image
        self.source = source
        self.persons = tuple(persons)
        self.labels = labels
        self.branches = tuple(branches)

    @overload
    def __getitem__(self, index: int) -> Person: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[Person, ...]: ...

    def __getitem__(self, index: int | slice) -> Person | tuple[Person, ...]:
        return self.persons[index]

    def __len__(self) -> int:
        return len(self.persons)

    def __iter__(self) -> Iterator[Person]:
        return iter(self.persons)

    def __repr__(self) -> str:
        height, width = self.image.shape[:2]
        return f'People({len(self)} in {self.source}, {width} x {height})'

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the parsing classes."""
        return self.labels.classes

    @cached_property
    def parsing(self) -> np.ndarray | None:
        """uint8 (H, W), classes of all persons; None without a parsing branch."""
        if 'parsing' not in self.branches:
            return None
        out = np.zeros(self.image.shape[:2], np.uint8)
        for person in self.persons:
            x0, y0, x1, y1 = person.window
            assert person.window_parsing is not None
            np.maximum(out[y0:y1, x0:x1], person.window_parsing, out=out[y0:y1, x0:x1])  # one of the two is 0
        return out

    @cached_property
    def iuv(self) -> np.ndarray | None:
        """float32 (3, H, W): part, U and V of all persons, the first's where two show; None without that branch."""
        if 'surface' not in self.branches:
            return None
        out = np.zeros((3, *self.image.shape[:2]), np.float32)
        for person in reversed(self.persons):
            x0, y0, x1, y1 = person.window
            assert person.window_iuv is not None
            shown = person.window_iuv[0] > 0
            out[:, y0:y1, x0:x1][:, shown] = person.window_iuv[:, shown]
        return out

    @cached_property
    def person_map(self) -> np.ndarray:
        """int32 (H, W): whose each pixel is, counted from 1; 0 where nobody is."""
        return self._numbered([person.window_body for person in self.persons])

    @cached_property
    def surface_person_map(self) -> np.ndarray:
        """int32 (H, W): whose surface shows at each pixel of :attr:`iuv`, counted from 1; 0 where none does."""
        shown = (person.window_iuv for person in self.persons)
        return self._numbered([iuv[0] > 0 for iuv in shown if iuv is not None])

    def _numbered(self, places: Sequence[np.ndarray]) -> np.ndarray:
        """The number of the first person that is at each pixel, of bool (h, w) of all persons' windows."""
        out = np.zeros(self.image.shape[:2], np.int32)
        for number in range(len(places), 0, -1):
            x0, y0, x1, y1 = self.persons[number - 1].window
            out[y0:y1, x0:x1][places[number - 1]] = number
        return out

    def to_dict(self) -> dict[str, Any]:
        """What JSON can hold.

        Returns:
            dict: ``source``, ``width``, ``height``, ``classes``, ``parts``, ``persons``: each as
            :meth:`Person.to_dict`, and ``version``, mmspd's.
        """
        height, width = self.image.shape[:2]
        return dict(
            source=self.source,
            width=width,
            height=height,
            classes=list(self.classes),
            parts=list(SURFACE_PARTS),
            persons=[person.to_dict() for person in self.persons],
            version=__version__,
        )

    def to_coco(self, image_id: int | str) -> list[dict[str, Any]]:
        """Entries of COCO's results, one for each person; see :meth:`Person.to_coco`."""
        return [person.to_coco(image_id) for person in self.persons]

    def plot(self, view: str = 'sheet', palette: str = 'default', **options: Any) -> np.ndarray:
        """Draw a picture.

        Args:
            view (str): 'sheet' (all four views), 'parsing', 'pose', 'surface' or 'contours'.
            palette (str): 'default', or 'colour_blind' for colours that colour-blind people tell apart.
            **options: For the view's function in :mod:`mmspd.visualization.views`, such as ``alpha``.

        Returns:
            np.ndarray: uint8 (H', W', 3), RGB.

        Raises:
            ValueError: If there is no such view or palette, or the model lacks the view's branch.
        """
        if view not in VIEWS:
            raise ValueError(f'view is one of {", ".join(VIEWS)}, got {view!r}')
        if palette not in PALETTES:
            raise ValueError(f'palette is one of {", ".join(PALETTES)}, got {palette!r}')
        needed = _BRANCH_OF[view]
        if needed and needed not in self.branches:
            raise ValueError(f'the {view} view needs a {needed} branch; this model has {", ".join(self.branches)}')
        classes = dict(classes=self.classes, palette=self.labels.colours(palette))
        joints = dict(zip(('joints', 'scores'), self._all_joints(), strict=True))
        fields: dict[str, dict[str, Any]] = dict(
            parsing=dict(labels=self.parsing, **classes),
            pose=joints | (dict(side_colours=SAFE_SIDE_COLOURS) if palette == 'colour_blind' else {}),
            surface=dict(iuv=self.iuv),
            contours=dict(iuv=self.iuv, person_map=self.surface_person_map),
        )
        fields['sheet'] = fields['parsing'] | fields['pose'] | fields['contours']
        boxes = np.stack([person.box for person in self.persons]) if self.persons else None
        return VIEWS[view](np.ascontiguousarray(self.image[..., ::-1]), boxes=boxes, **fields[view], **options)

    def _all_joints(self) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Joints (R, 16, 2) and scores (R, 16) of all persons."""
        if 'pose' not in self.branches:
            return None, None
        joints = np.zeros((len(self), NUM_JOINTS, 2), np.float32)
        scores = np.zeros((len(self), NUM_JOINTS), np.float32)
        for number, person in enumerate(self.persons):
            joints[number], scores[number] = person.joints, person.joint_scores
        return joints, scores

    def save(
        self,
        folder: str | Path,
        formats: Sequence[str] = ('sheet', 'png', 'json'),
        name: str | None = None,
        overwrite: bool = False,
        palette: str = 'default',
    ) -> list[Path]:
        """Write files, each whole or not at all.

        * ``sheet``: ``NAME_sheet.png``, the four views.
        * ``png``: ``NAME_parsing.png``, class numbers with the palette.
        * ``json``: ``NAME.json``, :meth:`to_dict`.
        * ``tryon``: of person 1 ``NAME_person1_upper.png`` and so on; see :class:`~mmspd.apis.try_on.TryOn`.
        * ``iuv``: ``NAME_IUV.png`` and ``NAME_INDS.png``, as DensePose's tools write them: read by OpenCV, channel 0 is
          the part and 1, 2 are U and V times 255; and the person's number of each pixel, from 1.

        A format of a branch that the model does not have is left out.

        Args:
            folder (str | Path): Made where there is none.
            formats (Sequence[str]): Some of these.
            name (str, optional): Of the files. Defaults to None: the picture's file name without its suffix, with a
                video's frame number.
            overwrite (bool): Whether files with other content may be replaced.
            palette (str): As for :meth:`plot`, for ``sheet`` and ``png``.

        Returns:
            list[Path]: The files.

        Raises:
            FileExistsError: If a file has other content, which may not be replaced.
            OSError: If a file cannot be written.
            ValueError: If a format is unknown, or the name is none of a file.
        """
        formats = (formats,) if isinstance(formats, str) else formats
        strays = [each for each in formats if each not in FORMATS]
        if strays or not formats:
            raise ValueError(f'formats are some of {", ".join(FORMATS)}, got {list(formats)}')
        stem = name or file_stem(self.source)
        files: dict[str, bytes] = {}
        for each in FORMATS:
            if each in formats:
                files |= {f'{stem}{end}': content for end, content in contents_of(self, each, palette).items()}
        return write_files(folder, files, overwrite)
