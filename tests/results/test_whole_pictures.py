"""Detections in whole pictures, from files: against the official rules written out, and COCO's own evaluator."""

import json

import numpy as np
import pytest

from mmspd.datasets.files.densepose_results import DenseResult, result_entry
from mmspd.evaluation.functional.keypoint_ap import FoundKeypoints
from mmspd.results.keypoint_pictures import KeypointPictures
from mmspd.results.surface_pictures import SurfacePictures
from mmspd.surface import BODY_SURFACE
from tests.evaluation.literal_gps import LiteralEvaluation
from tests.evaluation.test_gps_agreement import Scene
from tests.evaluation.test_keypoint_ap import SIGMAS, coco_scores, random_person
from tests.results.command_line import done, eval_results
from tests.surface.fake_assets import in_official_order, write_assets


@pytest.fixture(scope='module')
def assets(tmp_path_factory):
    """A folder of DensePose's files, and the same as the literal rules take it."""
    folder = tmp_path_factory.mktemp('assets')
    sphere, square = write_assets(folder)
    literal = {
        'U': sphere.uv[:, 0].astype(float).tolist(),
        'V': sphere.uv[:, 1].astype(float).tolist(),
        'part': sphere.part_of.tolist(),
        'index': (1 + sphere.vertex_of).tolist(),
        'pairs': in_official_order(square),
    }
    return folder, literal


def plain(value):
    """Of JSON."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict) and isinstance(value.get('counts'), bytes):
        return {'size': list(value['size']), 'counts': value['counts'].decode()}
    return [plain(each) for each in value] if isinstance(value, list) else value


def write_scene(scene, folder):
    """The scene as an annotation file and a results file."""
    images = [
        {'id': image, 'file_name': f'{image}.jpg', 'height': height, 'width': width}
        for image, (height, width) in scene.sizes.items()
    ]
    annotations = [
        {'id': number, 'category_id': 1} | {key: plain(value) for key, value in each.items()}
        for number, each in enumerate(scene.annotations, start=1)
    ]
    truth, results = folder / 'truth.json', folder / 'results.json'
    truth.write_text(json.dumps({'images': images[::-1], 'annotations': annotations}))
    entries = [
        result_entry(
            DenseResult(each['image_id'], tuple(each['bbox']), each['score'], each['iuv'].transpose(1, 2, 0).copy())
        )
        for each in scene.detections
    ]
    results.write_text(json.dumps(entries))
    return truth, results


@pytest.mark.parametrize('seed', range(3))
def test_surface_is_the_official_rules(assets, tmp_path, seed):
    folder, literal = assets
    scene = Scene(seed)
    truth, results = write_scene(scene, tmp_path)
    pictures = SurfacePictures(truth, str(folder))
    pictures.take(results, lambda done, total: None)
    found = pictures.score()
    assert not pictures.tally.refused
    assert found.pop('gps/num_persons') == sum('dp_x' in each for each in scene.annotations)
    for group, masked in (('gps', False), ('gpsm', True)):
        expected = LiteralEvaluation(literal, scene.sizes, scene.annotations, scene.detections, masked).summary()
        mine = {key.split('/')[1]: found.pop(key) for key in list(found) if key.startswith(f'{group}/')}
        assert mine == pytest.approx(expected, abs=1e-9, nan_ok=True)
    assert not found


def test_surface_from_the_command_line(assets, tmp_path, monkeypatch, capsys):
    truth, results = write_scene(Scene(0), tmp_path)
    entries = json.loads(results.read_text())
    stray = entries[0] | {'image_id': 77}
    broken = entries[1] | {'uv_data': 'x' + entries[1]['uv_data'][1:]}
    results.write_text(json.dumps([*entries, stray, broken]))
    words = ('--truth', truth, '--densepose', results, '--gps-surface', assets[0])
    metrics, record, out = done(eval_results(monkeypatch, tmp_path / 'r', *words), capsys, tmp_path / 'r')
    pictures = SurfacePictures(truth, str(assets[0]))
    write_scene(Scene(0), tmp_path)
    pictures.take(results, lambda done, total: None)
    assert metrics == pytest.approx(pictures.score(), nan_ok=True)
    counted = record.about['counted']['densepose']
    assert (counted['extra']['items'], counted['malformed']['items']) == (1, 1)
    assert '1 extra, counted as: nothing' in out
    assert record.about['samples'] == 6


@pytest.mark.parametrize(
    ('info', 'surface', 'message'),
    [
        ({'predicted': True, 'surface': BODY_SURFACE}, None, 'no truth'),
        ({'surface': 'mine'}, BODY_SURFACE, 'not of mmspd_body'),
        ({}, BODY_SURFACE, 'not of mmspd_body'),
        ({}, None, '--gps-surface'),
    ],
)
def test_truth_that_is_none(tmp_path, info, surface, message):
    truth, _ = write_scene(Scene(0), tmp_path)
    truth.write_text(json.dumps(json.loads(truth.read_text()) | {'info': info}))
    with pytest.raises(ValueError, match=message):
        SurfacePictures(truth, surface)


def keypoint_scene(seed):
    """Persons and detections, as pairs of lists: some resemble somebody, some nobody."""
    rng = np.random.default_rng(seed)
    images = []
    for _ in range(5):
        persons = [random_person(rng, 17) for _ in range(rng.integers(0, 4))]
        like = [person.keypoints + rng.normal(scale=rng.choice([0.5, 4]), size=(17, 2)) for person in persons]
        images.append((persons, [*like, rng.uniform(0, 300, (17, 2))]))
    return images, rng


@pytest.mark.parametrize('seed', range(3))
def test_keypoints_are_cocos(tmp_path, monkeypatch, capsys, seed):
    scene, rng = keypoint_scene(seed)
    images = [(persons, [FoundKeypoints(each, float(rng.random())) for each in found]) for persons, found in scene]
    truth = {'images': [], 'annotations': []}
    results = []
    for number, (persons, found) in enumerate(images, start=1):
        truth['images'].append({'id': number, 'file_name': f'{number}.jpg'})
        for person in persons:
            flags = 2 * person.visible.astype(int)
            truth['annotations'].append({
                'id': len(truth['annotations']) + 1, 'image_id': number, 'category_id': 1, 'area': person.area,
                'bbox': person.box.tolist(), 'iscrowd': int(person.crowd),
                'keypoints': np.column_stack([person.keypoints, flags]).ravel().tolist(),
            })  # fmt: skip
        for each in found:
            keypoints = np.column_stack([each.keypoints, np.ones(17)]).ravel().tolist()
            results.append({'image_id': number, 'category_id': 1, 'keypoints': keypoints, 'score': each.score})
    (tmp_path / 'truth.json').write_text(json.dumps(truth))
    order = rng.permutation(len(results))  # entries need not come picture by picture
    (tmp_path / 'results.json').write_text(json.dumps([results[place] for place in order]))
    words = ('--truth', tmp_path / 'truth.json', '--keypoints', tmp_path / 'results.json', '--strict')
    metrics, _, _ = done(eval_results(monkeypatch, tmp_path / 'r', *words), capsys, tmp_path / 'r')
    expected = coco_scores(images, SIGMAS)
    assert {key.split('/')[1]: value for key, value in metrics.items()} == pytest.approx(
        expected, abs=1e-9, nan_ok=True
    )
    assert 0 < expected['AP'] < 1


def test_keypoints_with_defects(tmp_path):
    person = {
        'id': 1, 'image_id': 1, 'category_id': 1, 'bbox': [0, 0, 50, 100], 'area': 3000, 'iscrowd': 0,
        'keypoints': [10, 20, 2] * 17,
    }  # fmt: skip
    images = [{'id': 1, 'file_name': 'a.jpg'}, {'id': 2, 'file_name': 'b.jpg'}]
    truth, results = tmp_path / 'truth.json', tmp_path / 'results.json'
    truth.write_text(json.dumps({'images': images, 'annotations': [person, person | {'id': 2, 'image_id': 2}]}))
    good = {'image_id': 1, 'category_id': 1, 'keypoints': [10, 20, 1] * 17, 'score': 0.5}
    wrong = [good | {'keypoints': [1, 2, 3]}, good | {'score': float('nan')}, good | {'image_id': 9}, 'nothing']
    results.write_text(json.dumps([good, *wrong]))
    pictures = KeypointPictures(truth)
    pictures.take(results, lambda done, total: None)
    assert pictures.score()['keypoints/AR'] == 0.5  # one of two persons at every threshold
    assert [pictures.tally.items(kind) for kind in ('malformed', 'extra', 'pictures without detection')] == [3, 1, 1]
    assert pictures.tally.refused
    results.write_text(json.dumps([good]))
    pictures = KeypointPictures(truth)
    pictures.take(results, lambda done, total: None)
    assert pictures.tally.items('pictures without detection') == 1
    assert not pictures.tally.refused  # a detector may find nobody
    results.write_text(json.dumps([]))
    pictures = KeypointPictures(truth)
    pictures.take(results, lambda done, total: None)
    assert pictures.score()['keypoints/AP'] == 0
    for entries, message in ((wrong[:2], 'expected 51 numbers'), (wrong[2:3], 'result 0: picture 9')):
        results.write_text(json.dumps(entries))
        with pytest.raises(
            ValueError, match=f'not one entry is of a picture of the truth, whose first is 1.*{message}'
        ):
            KeypointPictures(truth).take(results, lambda done, total: None)
    content = json.loads(truth.read_text())
    truth.write_text(json.dumps(content | {'info': {'predicted': True}}))
    with pytest.raises(ValueError, match='a network predicted these annotations'):
        KeypointPictures(truth)
    truth.write_text(json.dumps({'images': images, 'annotations': [person | {'keypoints': [0] * 51}]}))
    with pytest.raises(ValueError, match='no annotation has keypoints'):
        KeypointPictures(truth)
