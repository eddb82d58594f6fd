"""``MPIIDataset``: joints of persons in pictures from videos."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from mmspd.datasets.crops.person_boxes import PixelCrop, crop_around, move_points
from mmspd.datasets.files.mpii_file import MPIIPerson, read_mpii_json, read_mpii_mat
from mmspd.datasets.files.problems import tolerating
from mmspd.datasets.persons import PersonDataset, metainfo_of, person_entry
from mmspd.registry import DATASETS

__all__ = ['MPIIDataset']

_PERSON_SIZE = 200.0  # pixels, of a person whose scale is 1
_HIDDEN = ('occluded', 'missing')


@DATASETS.register_module()
class MPIIDataset(PersonDataset):
    """MPII (Andriluka et al., CVPR 2014): the 16 joints of LIP, in its order; neither parsing nor surface.

    A sample is an annotated person. The picture is cut to the square of 200 * ``scale`` * ``padding`` pixels around the
    person's centre, moved down by 15 * ``scale``, as the field does it (the centre is that of the torso); what of it
    lies outside the picture is left out. Joints outside the square are kept for evaluation and are no training target.

    :class:`PersonDataset` says how items are asked for, what is random, and what becomes of errors.

    Args:
        data_root (str): MPII's folder.
        annotation_file (str): The field's JSON, such as 'annotations/train.json', or the official
            'mpii_human_pose_v1_u12_1.mat', below ``data_root``.
        image_folder (str): Of the pictures, below ``data_root``. Defaults to 'images'.
        padding (float): Side of the crop by 200 * ``scale``. Defaults to 1.25.
        shift (float): Pixels by ``scale`` by which the crop lies below the centre. Defaults to 15.
        hidden (str): What a joint is that has a place and a visibility of 0: 'occluded', which is trained and evaluated
            as LIP's are, or 'missing', as most of the field's loaders take it. Defaults to 'occluded'.
        on_missing (str): What becomes of a person whose picture is missing: 'error', or 'skip', which logs
            how many there are. Defaults to 'error'.
        pipeline (Sequence[dict | Callable]): Transforms, built or as configs.
        **kwargs: ``indices``, ``serialize_data``, ``lazy_init``, ``test_mode``, ``metainfo`` of
            mmengine's ``BaseDataset``.

    Raises:
        FileNotFoundError: If a file is missing; the message shows the layout.
        ValueError: If an argument is out of range or the file is malformed; the message names the entry.
    """

    METAINFO: dict[str, Any] = metainfo_of('lip')
    NAME = 'MPII'
    COORDINATE_BASE = 1

    def __init__(
        self,
        data_root: str,
        annotation_file: str,
        image_folder: str = 'images',
        padding: float = 1.25,
        shift: float = 15.0,
        hidden: str = 'occluded',
        on_missing: str = 'error',
        pipeline: Sequence[dict | Callable] = (),
        **kwargs: Any,
    ) -> None:
        if hidden not in _HIDDEN:
            raise ValueError(f'hidden is one of {_HIDDEN}, got {hidden!r}')
        if not padding > 0:
            raise ValueError(f'padding must be positive, got {padding}')
        self.annotation_file = annotation_file
        self.image_folder = image_folder
        self.padding = padding
        self.shift = shift
        self.hidden = hidden
        super().__init__(data_root=data_root, on_missing=on_missing, pipeline=pipeline, **kwargs)

    def layout(self) -> str:
        """The files by the names that the arguments give them."""
        return f'{self.data_root}/\n  {self.annotation_file}\n  {self.image_folder}/ (the names of that file)'

    def load_data_list(self) -> list[dict[str, Any]]:
        """An entry of :mod:`mmspd.datasets.persons` for each annotated person."""
        root = Path(self.data_root)
        path, folder = self.require(root / self.annotation_file), self.require(root / self.image_folder)
        read = read_mpii_mat if path.suffix == '.mat' else read_mpii_json
        persons = read(path, self.report())
        persons = [person for person in persons if person.visible.any()]
        if not persons:
            raise ValueError(f'{path}: none of its persons has a joint')
        persons = self.keep_inside(persons, folder, lambda person: person.image, lambda person: person.where)
        listed = f'annotated persons of {path.name}'
        persons = self.keep_present(persons, folder, lambda person: person.image, listed, 'image')
        numbers: Counter[str] = Counter()
        entries = []
        for person in persons:
            name = str(PurePosixPath(person.image).with_suffix('')).replace('/', '_')
            with tolerating(self.report()):
                entries.append(self._entry(person, f'{name}_{numbers[name]}', folder))
            numbers[name] += 1
        return entries

    def _crop(self, person: MPIIPerson) -> PixelCrop:
        """The person's square; its far edges are cut when the picture is loaded, as its size is not in the file."""
        half = _PERSON_SIZE * person.scale * self.padding / 2
        # A point lies half a pixel from the edges of its pixel.
        x, y = person.centre[0] + 0.5, person.centre[1] + 0.5 + self.shift * person.scale
        return crop_around((x - half, y - half, x + half, y + half), 0, None, person.where)

    def _entry(self, person: MPIIPerson, img_id: str, folder: Path) -> dict[str, Any]:
        """A person's entry, in the coordinates of its crop."""
        crop = self._crop(person)
        visible = person.visible * ~person.occluded if self.hidden == 'missing' else person.visible
        keypoints = move_points(person.keypoints, crop) * (visible[:, None] > 0)
        return person_entry(
            img_id,
            folder / person.image,
            'lip',
            crop=crop,
            keypoints=keypoints[None],
            keypoints_visible=visible[None],
            keypoints_occluded=(person.occluded & (visible > 0))[None],
        )
