"""``COCOPersonDataset``: joints of COCO and surface points of DensePose-COCO, a sample a person."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mmspd.datasets.crops.person_boxes import corners, crop_around, move_box, move_points
from mmspd.datasets.files.coco_persons_file import COCOPerson, images_of_lip, read_coco_persons
from mmspd.datasets.files.problems import tolerating
from mmspd.datasets.persons import PersonDataset, metainfo_of, person_entry
from mmspd.registry import DATASETS

__all__ = ['COCOPersonDataset']


@DATASETS.register_module()
class COCOPersonDataset(PersonDataset):
    """Persons of COCO (Lin et al., ECCV 2014) with joints, of DensePose-COCO (Guler et al., CVPR 2018) with surface.

    DensePose-COCO's files have both. A sample is an annotated person: the picture is cut to its box with a margin.
    Crowds, and persons without what is asked for, are left out. Of the 16 joints four are not annotated, see
    :func:`~mmspd.datasets.files.coco_persons_file.parse_joints`; parsing is not annotated at all. ``img_id`` is COCO's
    number of the image, an underscore, and the annotation's, as LIP names persons.

    LIP's pictures are cut from COCO's: of LIP's two splits 2,135 pictures show persons of both. ``exclude_lip_lists``
    leaves out those of one when another is trained or tested on.

    :class:`PersonDataset` says how items are asked for, what is random, and what becomes of errors.

    Args:
        data_root (str): COCO's folder.
        annotation_file (str): JSON of COCO's keypoints or of DensePose-COCO, below ``data_root``.
        image_folder (str): Of the pictures, below ``data_root``.
        image_name (str, optional): Format of the pictures' names by ``image_id``, such as '{image_id:012d}.jpg', COCO
            2017's, in place of the file's names. Defaults to None: the file's names.
        with_pose (bool): Whether joints are read. Defaults to True.
        with_surface (bool): Whether surface points are read. Defaults to False.
        margin (float): Around a person's box on each side, as a fraction of its width and height. Defaults to 0.1.
        exclude_lip_lists (Sequence[str]): Id lists of LIP, as paths of their own; COCO's images from which their
            persons were cut are left out. Defaults to none.
        on_missing (str): What becomes of a person whose picture is missing: 'error', or 'skip', which logs
            how many there are. Defaults to 'error'.
        pipeline (Sequence[dict | Callable]): Transforms, built or as configs.
        **kwargs: ``indices``, ``serialize_data``, ``lazy_init``, ``test_mode``, ``metainfo`` of
            mmengine's ``BaseDataset``.

    Raises:
        FileNotFoundError: If a file is missing; the message shows the layout.
        ValueError: If an argument is out of range, the file is malformed, or no person is left; the message names
            annotation and field.
    """

    METAINFO: dict[str, Any] = metainfo_of('lip')
    NAME = 'COCO'
    NAMED_BY_COCO = True

    def __init__(
        self,
        data_root: str,
        annotation_file: str,
        image_folder: str,
        image_name: str | None = None,
        with_pose: bool = True,
        with_surface: bool = False,
        margin: float = 0.1,
        exclude_lip_lists: Sequence[str] = (),
        on_missing: str = 'error',
        pipeline: Sequence[dict | Callable] = (),
        **kwargs: Any,
    ) -> None:
        if not (with_pose or with_surface):
            raise ValueError('with_pose and with_surface are both False: nothing is left to read')
        if not margin >= 0:
            raise ValueError(f'margin is a fraction that is not negative, got {margin}')
        if image_name is not None and '{image_id' not in image_name:
            raise ValueError(
                f"image_name is a format with image_id, such as '{{image_id:012d}}.jpg', got {image_name!r}"
            )
        self.annotation_file = annotation_file
        self.image_folder = image_folder
        self.image_name = image_name
        self.with_pose = with_pose
        self.with_surface = with_surface
        self.margin = margin
        self.exclude_lip_lists = tuple(exclude_lip_lists)
        super().__init__(data_root=data_root, on_missing=on_missing, pipeline=pipeline, **kwargs)

    def layout(self) -> str:
        """The files by the names that the arguments give them."""
        name = self.image_name or '(the names of the annotation file)'
        return f'{self.data_root}/\n  {self.annotation_file}\n  {self.image_folder}/{name}'

    def load_data_list(self) -> list[dict[str, Any]]:
        """An entry of :mod:`mmspd.datasets.persons` for each annotated person."""
        root = Path(self.data_root)
        path, folder = self.require(root / self.annotation_file), self.require(root / self.image_folder)
        excluded = images_of_lip(self.exclude_lip_lists)
        annotated = read_coco_persons(path, self.with_pose, self.with_surface, self.report())
        persons = [person for person in annotated if person.image['id'] not in excluded]
        if not persons:
            raise ValueError(self._nobody(path, len(annotated)))
        if self.exclude_lip_lists:
            self.say(
                f'{path}: {len(annotated) - len(persons)} of {len(annotated)} annotated persons are left out: they are '
                f'in COCO images from which persons of {", ".join(map(str, self.exclude_lip_lists))} were cut'
            )
        persons = self.keep_inside(persons, folder, self._name, lambda person: person.where)
        persons = self.keep_present(persons, folder, self._name, f'annotated persons of {path.name}', 'image')
        entries = []
        for person in persons:
            with tolerating(self.report()):
                entries.append(self._entry(person, folder))
        return entries

    def _nobody(self, path: Path, annotated: int) -> str:
        """The message where no person is left."""
        asked = {'keypoints': self.with_pose, 'dp_ fields': self.with_surface}
        message = f'{path}: no person is left: {annotated} have {" or ".join(name for name in asked if asked[name])}'
        if annotated:
            return f'{message}, all of them in images of {", ".join(self.exclude_lip_lists)}'
        return f"{message}; COCO's are in person_keypoints_*.json, DensePose-COCO's in densepose_coco_2014_*.json"

    def _name(self, person: COCOPerson) -> str:
        """The picture's file below the folder of images."""
        if self.image_name is None:
            return str(person.image['file_name'])
        return self.image_name.format(image_id=person.image['id'])

    def _entry(self, person: COCOPerson, folder: Path) -> dict[str, Any]:
        """A person's entry, in the coordinates of its crop."""
        size = person.picture_size
        box = corners(person.bbox)
        crop = crop_around(box[0], self.margin, size, f'{person.where}, field bbox')
        known: dict[str, Any] = {'crop': crop, 'picture_size': size}
        if person.joints is not None:
            seen = person.joints['keypoints_visible'][..., None] > 0
            moved = move_points(person.joints['keypoints'], crop)
            known |= person.joints | {'keypoints': (moved * seen).astype(moved.dtype)}
        if person.surface is not None:
            known['surface'] = person.surface | {'bbox': move_box(person.surface['bbox'], crop)}
        return person_entry(
            f'{person.image["id"]}_{person.annotation_id}',
            folder / self._name(person),
            'lip',
            bbox=move_points(box.reshape(2, 2), crop).reshape(1, 4),
            **known,
        )
