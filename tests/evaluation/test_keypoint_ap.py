"""Average precision of keypoints: by hand, and against COCO's own evaluator."""

import contextlib
import io

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from mmspd.anatomy import COCO_JOINT_PAIRS, COCO_SIGMAS
from mmspd.evaluation.functional.keypoint_ap import (
    FoundKeypoints,
    TrueKeypoints,
    keypoint_similarity,
    score_keypoint_images,
)

KEYS = ('AP', 'AP50', 'AP75', 'APm', 'APl', 'AR', 'AR50', 'AR75', 'ARm', 'ARl')
SIGMAS = np.array(COCO_SIGMAS)


def coco_scores(images, sigmas):
    """What COCO's evaluator says of the same pictures; NaN for its -1."""
    truth = {'images': [], 'annotations': [], 'categories': [{'id': 1, 'name': 'person'}]}
    results = []
    for number, (persons, found) in enumerate(images, start=1):
        truth['images'].append({'id': number})
        for person in persons:
            flags = 2 * person.visible.astype(int)
            truth['annotations'].append({
                'id': len(truth['annotations']) + 1, 'image_id': number, 'category_id': 1, 'area': person.area,
                'bbox': list(person.box), 'iscrowd': int(person.crowd), 'num_keypoints': int(person.visible.sum()),
                'keypoints': np.column_stack([person.keypoints, flags]).ravel().tolist(),
            })  # fmt: skip
        for each in found:
            keypoints = np.column_stack([each.keypoints, np.ones(len(sigmas))]).ravel().tolist()
            results.append({'image_id': number, 'category_id': 1, 'keypoints': keypoints, 'score': each.score})
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = truth
        coco.createIndex()
        evaluator = COCOeval(coco, coco.loadRes(results) if results else COCO(), 'keypoints')
        evaluator.params.kpt_oks_sigmas = np.asarray(sigmas)
        evaluator.evaluate()
        evaluator.accumulate()
        evaluator.summarize()
    return {key: np.nan if value < 0 else value for key, value in zip(KEYS, evaluator.stats, strict=True)}


def random_person(rng, joints):
    """A person of a size in one of COCO's ranges or at their very limits, perhaps a crowd or without keypoints."""
    height = rng.choice([20, 60, 150, 300])
    box = np.array([*rng.uniform(0, 300, 2), height / 2, height])
    area = float(rng.choice([0.6 * box[2] * box[3], 32.0**2, 96.0**2, 0.0], p=[0.8, 0.08, 0.08, 0.04]))
    visible = rng.random(joints) < rng.choice([0, 0.3, 1], p=[0.15, 0.25, 0.6])
    keypoints = box[:2] + rng.random((joints, 2)) * box[2:]
    return TrueKeypoints(keypoints, visible, area, box, crowd=bool(rng.random() < 0.15))


def random_picture(rng, joints):
    """Persons with detections of them, near and far, and detections of nobody; scores are often equal."""
    persons = [random_person(rng, joints) for _ in range(rng.integers(0, 4))]
    found = []
    for person in persons:
        for _ in range(rng.integers(0, 4)):
            noise = rng.choice([0, 0.03, 0.1, 0.5]) * person.box[3]
            found.append(person.keypoints + rng.normal(0, noise + 1e-9, (joints, 2)))
    found += [rng.uniform(0, 400, (joints, 2)) for _ in range(rng.choice([0, 1, 3, 22], p=[0.5, 0.3, 0.15, 0.05]))]
    return persons, [FoundKeypoints(each, float(rng.choice([0.1, 0.5, 0.9, rng.random()]))) for each in found]


@pytest.mark.parametrize('seed', range(8))
@pytest.mark.parametrize('sigmas', [SIGMAS, SIGMAS[[theirs for _, theirs in COCO_JOINT_PAIRS]]], ids=['17', '12'])
def test_agreement_with_cocos_evaluator(seed, sigmas):
    rng = np.random.default_rng(seed)
    images = [random_picture(rng, len(sigmas)) for _ in range(40)]
    ours, theirs = score_keypoint_images(images, sigmas), coco_scores(images, sigmas)
    assert list(ours) == list(KEYS)
    assert ours == pytest.approx(theirs, abs=1e-9, nan_ok=True)
    assert 0.05 < ours['AP'] < ours['AP50'] < 0.95


def one(keypoints=((10.0, 20.0),), visible=(True,), area=400.0, box=(0, 0, 20, 40), crowd=False):
    return TrueKeypoints(np.array(keypoints), np.array(visible), area, np.array(box), crowd)


def found(*keypoints, score=0.5):
    return FoundKeypoints(np.array(keypoints, dtype=float), score)


def test_similarity_by_hand():
    # 5 pixels off; 2 * sigma = 0.5, squared 0.25; area 400: exp(-25 / (2 * 400 * 0.25)).
    similarity = keypoint_similarity([found((13, 24))], [one()], np.array([0.25]))
    assert similarity == pytest.approx(np.array([[np.exp(-25 / 200)]]))
    # Of two keypoints one is not annotated, and may lie anywhere.
    person = one(((10, 20), (np.nan, np.nan)), (True, False))
    both = keypoint_similarity([found((10, 20), (900, 900))], [person, person], np.array([0.25, 0.1]))
    assert both.tolist() == [[1, 1]]


def test_a_person_without_keypoints_is_as_large_as_thrice_its_box():
    person = one(visible=(False,), box=(100, 100, 20, 40))
    near = [found((80, 60)), found((140, 180)), found((77, 56)), found((143, 184))]
    similarity = keypoint_similarity(near, [person], np.array([0.25]))[:, 0]
    assert similarity == pytest.approx([1, 1, np.exp(-25 / 200), np.exp(-25 / 200)])


def test_precision_by_hand():
    # Three detections, by falling score: right, of nobody, right. Two of three persons are found.
    right = found((10.0, 20.0), score=0.9)
    images = [([one()], [right]), ([], [found((500, 500), score=0.8)]), ([one()], [found((10, 20), score=0.7)])]
    scores = score_keypoint_images([*images, ([one()], [])], np.array([0.25]))
    # Up to a recall of 1/3 (34 of 101 recalls) the precision is 1, up to 2/3 (33 more) it is 2/3.
    assert [scores['AP'], scores['AP50']] == pytest.approx([(34 + 33 * 2 / 3) / 101] * 2)
    assert scores['AR'] == pytest.approx(2 / 3)
    assert np.isnan([scores['APm'], scores['ARl']]).all()  # 400 pixels are neither medium nor large


def test_no_person_at_all_has_no_score():
    for images in ([], [([], [])], [([], [found((1, 1))])], [([one(visible=(False,))], []), ([one(crowd=True)], [])]):
        assert np.isnan(list(score_keypoint_images(images, np.array([0.25])).values())).all()


def test_all_missed_is_zero():
    scores = score_keypoint_images([([one(area=2000.0)], [])], np.array([0.25]))
    assert (scores['AP'], scores['APm'], scores['AR']) == (0, 0, 0)


@pytest.mark.parametrize(
    ('persons', 'detections', 'sigmas', 'message'),
    [
        ([one()], [found((np.nan, 1))], [0.1], '^picture 1: expected detected keypoints .* all finite'),
        ([one()], [found((1, 1), (1, 1))], [0.1], r'detected keypoints of shape \(1, 2\), .* got shape \(2, 2\)'),
        ([one()], [found((1, 1), score=np.nan)], [0.1], 'expected a finite score, got nan'),
        ([one(keypoints=((np.inf, 1),))], [], [0.1], 'expected annotated keypoints'),
        ([one(visible=(True, True))], [], [0.1], r'expected visible of shape \(1,\), got \(2,\)'),
        ([one(keypoints=((1, 1), (1, 1)))], [], [0.1], r'annotated keypoints of shape \(1, 2\), got \(2, 2\)'),
        ([one(box=(0, 0, np.nan, 1))], [], [0.1], 'expected a box of shape'),
        ([one(area=-1.0)], [], [0.1], 'expected an area of 0 or more pixels, got -1'),
        ([one(area=np.nan)], [], [0.1], 'expected an area of 0 or more pixels, got nan'),
        ([one()], [], [0.0], r'expected sigmas \(K,\), positive, got \[0'),
    ],
)
def test_wrong_input_names_the_picture(persons, detections, sigmas, message):
    with pytest.raises(ValueError, match=message):
        score_keypoint_images([([], []), (persons, detections)], np.array(sigmas))
