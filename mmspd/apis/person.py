"""``Person``: what is predicted of one person, in pixels of the picture."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pycocotools import mask as coco_mask

from mmspd.anatomy import JOINT_SIDES, JOINTS, SURFACE_PARTS, LabelSet
from mmspd.apis.network import Charts
from mmspd.apis.output_files import file_stem
from mmspd.codecs.bilinear import places_of, surface_map
from mmspd.codecs.charts import pixels_within
from mmspd.datasets.crops.person_boxes import PixelCrop
from mmspd.datasets.files.densepose_results import DenseResult, result_entry
from mmspd.results.keypoint_results import keypoint_entry

if TYPE_CHECKING:
    from mmspd.apis.people import People
    from mmspd.apis.try_on import TryOn

__all__ = ['Person']


@dataclass(frozen=True, eq=False)
class Person:
    """What is predicted of one person. All coordinates are the picture's; left and right are the person's.

    Maps are kept for the window that the network saw, and are laid into the whole picture when they are asked for.

    Attributes:
        box: float32 (4,), x1, y1, x2, y2 on pixel edges: the given one, cut to the picture, else that around the body.
        score: Of the box, where its detector gave one; else the mean score of the joints, else 1.
        joints: float32 (16, 2), pixel centres at whole numbers, in the order of
            :data:`mmspd.anatomy.JOINTS`; None without a pose branch.
        joint_scores: float32 (16,), about 0..1; None without a pose branch.
        labels: Names, colours and mirror pairs of the parsing classes.
        size: (H, W) of the picture.
        window: x0, y0, x1, y1: the part of the picture that ``window_parsing`` and ``window_iuv`` are of.
        window_parsing: uint8 (h, w), classes; None without a parsing branch.
        charts: Of the surface; None without a dense-pose branch.
        others: bool (h, w), pixels of the window that belong to another person; None where there is none.
        image: uint8 (H, W, 3), BGR, the picture, which it keeps in memory; None leaves nothing to draw on.
        source: Where the picture comes from.
        number: Which of the picture's persons it is, from 1.
    """

    box: np.ndarray
    score: float
    joints: np.ndarray | None
    joint_scores: np.ndarray | None
    labels: LabelSet
    size: tuple[int, int]
    window: PixelCrop
    window_parsing: np.ndarray | None
    charts: Charts | None = field(repr=False)
    others: np.ndarray | None = field(default=None, repr=False)
    image: np.ndarray | None = field(default=None, repr=False)
    source: str = 'picture'
    number: int = 1

    def without(self, others: np.ndarray) -> 'Person':
        """The same person without pixels that are another's.

        Args:
            others (np.ndarray): bool (h, w), of the window.

        Returns:
            Person: Itself where there are none.
        """
        if not others.any():
            return self
        parsing = None if self.window_parsing is None else np.where(others, np.uint8(0), self.window_parsing)
        return replace(self, window_parsing=parsing, others=others)

    @cached_property
    def window_iuv(self) -> np.ndarray | None:
        """float32 (3, h, w): part 0..24, U and V 0..1, all 0 off the body; None without a dense-pose branch."""
        if self.charts is None:
            return None
        x0, y0, x1, y1 = self.window
        iuv = np.zeros((3, y1 - y0, x1 - x0), np.float32)
        left, top, right, bottom = (float(edge) for edge in self.charts.box - np.array([x0, y0, x0, y0]))
        rows, columns = pixels_within(top, bottom, y1 - y0), pixels_within(left, right, x1 - x0)
        if rows and columns:
            cells = self.charts.part_logits.shape[-1]
            places = places_of(rows, top, bottom, cells), places_of(columns, left, right, cells)
            drawn = surface_map(self.charts.part_logits, self.charts.uv, *places)
            iuv[:, rows.start : rows.stop, columns.start : columns.stop] = drawn
        if self.others is not None:
            iuv[:, self.others] = 0
        return iuv

    @property
    def parsing(self) -> np.ndarray | None:
        """uint8 (H, W), the class of each pixel of the picture, 0 off this person; None without a parsing branch."""
        return None if self.window_parsing is None else self._in_picture(self.window_parsing)

    @property
    def iuv(self) -> np.ndarray | None:
        """float32 (3, H, W): part 0..24, U and V 0..1, all 0 off this person; None without a dense-pose branch."""
        return None if self.window_iuv is None else self._in_picture(self.window_iuv)

    @property
    def window_body(self) -> np.ndarray:
        """bool (h, w): where the person is in the window, by the parsing, else by the surface, else nowhere."""
        if self.window_parsing is not None:
            return self.window_parsing > 0
        if self.window_iuv is not None:
            return self.window_iuv[0] > 0
        return np.zeros((self.window[3] - self.window[1], self.window[2] - self.window[0]), bool)

    @property
    def mask(self) -> np.ndarray:
        """bool (H, W): where the person is."""
        return self._in_picture(self.window_body)

    @property
    def areas(self) -> dict[str, int]:
        """Pixels of each class that the person shows, without the background; empty without a parsing branch."""
        return {} if self.window_parsing is None else _count(self.window_parsing, self.labels.classes)

    @property
    def part_areas(self) -> dict[str, int]:
        """Pixels of each surface part that the person shows; empty without a dense-pose branch."""
        return {} if self.window_iuv is None else _count(self.window_iuv[0].astype(np.uint8), SURFACE_PARTS)

    def to_dict(self) -> dict[str, Any]:
        """What JSON can hold: box, score, areas and joints; maps are files of their own (:meth:`People.save`).

        Returns:
            dict: ``box``, ``score``, ``areas``, ``part_areas``, ``joints``: a list of ``name``, ``side``, ``x``,
            ``y``, ``score``.
        """
        joints: list[dict[str, Any]] = []
        if self.joints is not None and self.joint_scores is not None:
            for name, side, (x, y), score in zip(JOINTS, JOINT_SIDES, self.joints, self.joint_scores, strict=True):
                joints.append(dict(name=name, side=side, x=float(x), y=float(y), score=float(score)))
        return dict(
            box=[float(edge) for edge in self.box],
            score=float(self.score),
            areas=self.areas,
            part_areas=self.part_areas,
            joints=joints,
        )

    def to_coco(self, image_id: int | str) -> dict[str, Any]:
        """An entry of COCO's results, which pycocotools and DensePose-COCO's evaluator read.

        Args:
            image_id (int | str): Of the picture.

        Returns:
            dict: ``image_id``, ``category_id`` 1, ``bbox`` x, y, width, height, ``score``; with a pose branch
            ``keypoints``, 16 times x, y, score; with a map of the body ``segmentation``, run lengths; with a dense-pose
            branch ``uv_shape`` and ``uv_data``, of the box's whole pixels.
        """
        x1, y1, x2, y2 = (float(edge) for edge in self.box)
        entry: dict[str, Any] = {}
        if self.joints is not None and self.joint_scores is not None:
            entry['keypoints'] = keypoint_entry(str(image_id), self.joints, self.joint_scores)['keypoints']
        if self.window_parsing is not None or self.window_iuv is not None:
            encoded = coco_mask.encode(np.asfortranarray(self.mask.astype(np.uint8)))
            entry['segmentation'] = dict(size=list(self.size), counts=encoded['counts'].decode('ascii'))
        bbox = [x1, y1, x2 - x1, y2 - y1]
        if self.window_iuv is not None:
            bbox, iuv = self._boxed_surface()
            entry |= result_entry(DenseResult(0, (bbox[0], bbox[1], bbox[2], bbox[3]), self.score, iuv))
        return entry | dict(image_id=image_id, category_id=1, bbox=bbox, score=float(self.score))

    def plot(self, view: str = 'sheet', palette: str = 'default', **options: Any) -> np.ndarray:
        """Draw this person alone in the picture; arguments and result as of :meth:`People.plot`."""
        return self._alone().plot(view, palette, **options)

    def save(
        self,
        folder: str | Path,
        formats: Sequence[str] = ('sheet', 'png', 'json'),
        name: str | None = None,
        overwrite: bool = False,
        palette: str = 'default',
    ) -> list[Path]:
        """Write files of this person alone, by default ``NAME_person1_sheet.png`` and so on.

        Arguments, result and errors are those of :meth:`People.save`.
        """
        name = name or f'{file_stem(self.source)}_person{self.number}'
        others = [each for each in formats if each != 'tryon']
        written = self._alone().save(folder, others, name, overwrite, palette) if others else []
        return written + (self.try_on().save(folder, name, overwrite) if 'tryon' in formats else [])

    def try_on(self, garment: str = 'upper', margin: float = 0.02) -> 'TryOn':
        """What virtual try-on asks of this person; see :func:`mmspd.apis.try_on.try_on`."""
        from mmspd.apis.try_on import try_on  # which is about persons

        return try_on(self._own_image(), self, garment, margin)

    def _alone(self) -> 'People':
        """The picture with this person only.

        Raises:
            ValueError: If the person does not know its picture.
        """
        from mmspd.apis.people import People  # which are made of persons

        image = self._own_image()
        found = dict(parsing=self.window_parsing, pose=self.joints, surface=self.charts)
        branches = [name for name, field_of_it in found.items() if field_of_it is not None]
        return People(image, self.source, [self], self.labels, branches)

    def _own_image(self) -> np.ndarray:
        """The picture.

        Raises:
            ValueError: If the person does not know it.
        """
        if self.image is None:
            raise ValueError('this person was made without its picture (image), on which it could be drawn')
        return self.image

    def _boxed_surface(self) -> tuple[list[float], np.ndarray]:
        """The whole pixels that the box touches, x, y, width, height, and their I, U, V: uint8 (h, w, 3)."""
        low, high = np.floor(self.box[:2]).astype(int), np.ceil(self.box[2:]).astype(int)
        x1, y1 = np.maximum(low, 0).tolist()
        x2, y2 = np.minimum(high, self.size[::-1]).tolist()
        left, top, right, bottom = self.window
        assert self.window_iuv is not None
        part = np.zeros((3, y2 - y1, x2 - x1), np.float32)
        columns, rows = slice(max(x1, left), min(x2, right)), slice(max(y1, top), min(y2, bottom))
        part[:, rows.start - y1 : rows.stop - y1, columns.start - x1 : columns.stop - x1] = self.window_iuv[
            :, rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
        ]
        return [float(x1), float(y1), float(x2 - x1), float(y2 - y1)], as_bytes(part)

    def _in_picture(self, field_of_window: np.ndarray) -> np.ndarray:
        """A field (..., h, w) of the window in the whole picture (..., H, W), 0 elsewhere; a new array."""
        x0, y0, x1, y1 = self.window
        out = np.zeros((*field_of_window.shape[:-2], *self.size), field_of_window.dtype)
        out[..., y0:y1, x0:x1] = field_of_window
        return out


def as_bytes(iuv: np.ndarray) -> np.ndarray:
    """I, U, V float (3, H, W) as DensePose keeps them: uint8 (H, W, 3), I and U, V times 255, rounded."""
    parts, u, v = iuv
    return np.ascontiguousarray(np.rint(np.stack([parts, u * 255, v * 255], axis=-1)).astype(np.uint8))


def _count(labels: np.ndarray, names: tuple[str, ...]) -> dict[str, int]:
    """Pixels of each label but 0, by name."""
    counts = np.bincount(labels.ravel(), minlength=len(names))
    return {names[label]: int(count) for label, count in enumerate(counts) if label and count}
