"""AP and AR of GPS and GPSm against the official rules, written out step by step in ``literal_gps.py``."""

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from mmspd.evaluation.functional.average_precision import average_precision
from mmspd.evaluation.functional.gps_pairs import AnnotatedPerson, DetectedPerson, compare_persons, with_masks
from mmspd.surface.measured import open_surface
from tests.evaluation.literal_gps import LiteralEvaluation
from tests.surface.fake_assets import in_official_order, write_assets

SHAPE = (90, 120)


@pytest.fixture(scope='module')
def surface(tmp_path_factory):
    """The measured surface, and the same as the literal rules take it."""
    folder = tmp_path_factory.mktemp('assets')
    sphere, square = write_assets(folder)
    assets = {
        'U': sphere.uv[:, 0].astype(float).tolist(),
        'V': sphere.uv[:, 1].astype(float).tolist(),
        'part': sphere.part_of.tolist(),
        'index': (1 + sphere.vertex_of).tolist(),
        'pairs': in_official_order(square),
    }
    return open_surface(folder), assets


class Scene:
    """Random annotations and detections; a detection resembles a person more or less."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.sizes, self.annotations, self.detections = {}, [], []
        for image in range(6):
            self.sizes[image] = SHAPE
            persons = [self.person(image) for _ in range(self.rng.integers(0, 5))]
            if persons:  # two that a detection resembles equally
                persons.append(persons[0] | {'area': 1000.0, 'iscrowd': 1 - persons[0]['iscrowd']})
            self.annotations += persons
            for person in persons:
                for _ in range(self.rng.integers(0, 4)):
                    self.detections.append(self.detection(image, person))
            for _ in range(self.rng.integers(0, 3)):
                self.detections.append(self.detection(image, None))
            if image == 5:  # more than are counted
                self.detections += [self.detection(image, None) for _ in range(20)]

    def box(self):
        """Partly outside the picture, now and then tiny."""
        x, y = self.rng.uniform((-5, -5), (100, 70))
        return [round(x, 2), round(y, 2), *self.rng.uniform((1, 1), (60, 60)).round(2).tolist()]

    def person(self, image):
        rng, count = self.rng, int(self.rng.integers(0, 9))
        person = {
            'image_id': image, 'bbox': self.box(), 'iscrowd': int(rng.random() < 0.2),
            'area': float(rng.choice([500, 1024, 4000, 9216, 20000])),
        }  # fmt: skip
        if rng.random() < 0.2:
            return person
        rows, columns = np.mgrid[:256, :256]
        masks = []
        for _ in range(14):
            x, y, radius = rng.uniform((0, 0, 20), (256, 256, 90))
            mask = np.asfortranarray(np.hypot(rows - y, columns - x) < radius, dtype=np.uint8)
            masks.append(coco_mask.encode(mask) if rng.random() < 0.4 else [])
        points = rng.uniform(0, 255, (2, count))
        uv = rng.uniform(0, 1, (2, count))
        return person | {
            'dp_x': points[0], 'dp_y': points[1], 'dp_I': rng.integers(1, 25, count), 'dp_U': uv[0], 'dp_V': uv[1],
            'dp_masks': masks,
        }  # fmt: skip

    def detection(self, image, person):
        rng = self.rng
        if person is None:
            box = self.box()
        else:
            box = (np.array(person['bbox']) + rng.uniform(-1, 1, 4) * rng.choice([0, 0, 1, 4])).tolist()
            box[2:] = [max(size, 1.0) for size in box[2:]]
        width, height = (int(size) + int(rng.integers(0, 2)) for size in box[2:])  # maps may be a pixel larger
        kind = rng.choice(['like'] * 6 + ['random', 'empty'])
        iuv = np.zeros((3, height, width), dtype=np.uint8)
        if kind == 'random' or person is None:
            iuv[0] = rng.integers(0, 25, (height, width))
            iuv[1:] = rng.integers(0, 256, (2, height, width))
        elif kind == 'like' and 'dp_x' in person and len(person['dp_x']):
            x = person['dp_x'] * person['bbox'][2] / 255 + person['bbox'][0] - box[0]
            y = person['dp_y'] * person['bbox'][3] / 255 + person['bbox'][1] - box[1]
            rows, columns = np.mgrid[:height, :width]
            # Each pixel has the values of the point nearest to it; some points are got wrong.
            nearest = np.hypot(rows[..., None] + 0.5 - y, columns[..., None] + 0.5 - x).argmin(axis=-1)
            parts = np.where(rng.random(len(x)) < rng.choice([0, 0, 0.2]), rng.integers(0, 25), person['dp_I'])
            noise = rng.choice([0, 0.1, 0.3])
            iuv[0] = parts[nearest]
            for channel, name in ((1, 'dp_U'), (2, 'dp_V')):
                values = np.clip(person[name] + rng.uniform(-noise, noise, len(x)), 0, 1)
                iuv[channel] = (values * 255)[nearest]
            iuv[:, rng.random((height, width)) < rng.choice([0, 0, 0, 0.2])] = 0
        return {'image_id': image, 'bbox': box, 'score': float(rng.integers(0, 8)) / 8, 'iuv': iuv}


def as_person(annotation):
    box = np.array(annotation['bbox'])
    if 'dp_x' not in annotation:
        return AnnotatedPerson(box, annotation['area'], bool(annotation['iscrowd']))
    places = np.stack([annotation['dp_x'], annotation['dp_y']], axis=1) / 255
    masks = [coco_mask.decode(mask) > 0 for mask in annotation['dp_masks'] if mask]
    return AnnotatedPerson(
        box, annotation['area'], bool(annotation['iscrowd']), box[:2] + places * box[2:], annotation['dp_I'],
        np.stack([annotation['dp_U'], annotation['dp_V']], axis=1), np.any([np.zeros((256, 256)), *masks], axis=0),
    )  # fmt: skip


def ours(scene, measured, masked):
    pictures = []
    for image, shape in scene.sizes.items():
        persons = [as_person(each) for each in scene.annotations if each['image_id'] == image]
        found = [
            DetectedPerson(np.array(each['bbox']), each['score'], each['iuv'])
            for each in scene.detections if each['image_id'] == image
        ]  # fmt: skip
        pairs = compare_persons(found, persons, measured)
        pictures.append(with_masks(pairs, found, persons, shape) if masked else pairs)
    return pictures


@pytest.mark.parametrize('masked', [False, True])
@pytest.mark.parametrize('seed', range(8))
def test_random_scenes(surface, seed, masked):
    measured, assets = surface
    scene = Scene(seed)
    literal = LiteralEvaluation(assets, scene.sizes, scene.annotations, scene.detections, masked)
    pictures = ours(scene, measured, masked)
    for image, pairs in enumerate(pictures):
        expected = np.array(literal.similar[image]).reshape(pairs.similarity.shape)
        np.testing.assert_allclose(pairs.similarity, expected, rtol=1e-6, atol=1e-12)
    found = average_precision(pictures)
    assert found == pytest.approx(literal.summary(), abs=1e-9, nan_ok=True)
    assert found.keys() == literal.summary().keys()


def test_the_scenes_hold_what_they_should(surface):
    """Otherwise agreement would say little."""
    measured, _ = surface
    scenes = [Scene(seed) for seed in range(8)]
    annotations = [each for scene in scenes for each in scene.annotations]
    detections = [each for scene in scenes for each in scene.detections]
    assert sum(each['iscrowd'] for each in annotations) > 10
    assert sum('dp_x' not in each for each in annotations) > 5
    assert sum('dp_x' in each and not len(each['dp_x']) for each in annotations) > 2
    assert sum(not each['iuv'].any() for each in detections) > 10
    pairs = [each for scene in scenes for each in ours(scene, measured, False)]
    assert sum((each.similarity > 0.5).sum() for each in pairs) > 30
    assert sum((each.box_overlap > 0.8).sum() for each in pairs) > 30
    values = [average_precision(ours(scene, measured, False))['AP'] for scene in scenes]
    assert len(set(values)) == len(values)
    assert max(values) > 0.1
