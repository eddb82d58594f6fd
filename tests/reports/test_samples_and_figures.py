"""Samples and predictions from files, and the pictures drawn of them: the right thing in the right place."""

import base64
import json

import cv2
import numpy as np
import pytest

from mmspd.anatomy import LABEL_SETS
from mmspd.datasets import LIPMultiTaskDataset
from mmspd.reports.figures import TASKS, draw_figure, models_of
from mmspd.reports.gallery import extreme_samples, open_gallery
from mmspd.reports.runs import find_runs, group_runs
from mmspd.reports.samples import PredictedSamples, TruthSamples, paste_result
from mmspd.results.pose_files import pose_row
from mmspd.results.surface_results import SurfaceResult
from mmspd.testing import write_small_tree
from tests.reports.runs import write_run

HEIGHT, WIDTH = 64, 48
FACE = 13


@pytest.fixture(scope='module')
def people(tmp_path_factory):
    root = tmp_path_factory.mktemp('people')
    write_small_tree(root, 0, 3, size=(HEIGHT, WIDTH))
    return root


@pytest.fixture(scope='module')
def config(people):
    return dict(type='LIPMultiTaskDataset', data_root=str(people), split='val', surface_file='densepose_val.json')


@pytest.fixture(scope='module')
def truth(config):
    return TruthSamples.of_config(dict(config, pipeline=[dict(type='NoSuchTransform')]))


def write_results(folder, ids):
    """A face in the upper left corner; joints on a line; a surface part 2 in a box of 4 x 6 at (10, 20)."""
    parsing = folder / 'parsing'
    parsing.mkdir(parents=True)
    label = np.zeros((HEIGHT, WIDTH), np.uint8)
    label[:8, :8] = FACE
    iuv = np.zeros((6, 4, 3), np.uint8)
    iuv[1:, :] = (2, 255, 51)
    # OpenCV writes blue, green, red; the file has I in red.
    png = base64.b64encode(cv2.imencode('.png', iuv[..., ::-1])[1].tobytes()).decode()
    entries, rows = [], []
    for img_id in ids:
        cv2.imwrite(str(parsing / f'{img_id}.png'), label)
        rows.append(pose_row(img_id, np.stack([np.arange(16), np.full(16, 30)], axis=1)))
        entry = dict(image_id=img_id, category_id=1, bbox=[10, 20, 4, 6], score=0.5, uv_shape=[3, 6, 4], uv_data=png)
        entries.append(entry)
    (folder / 'pose.csv').write_text(''.join(rows))
    (folder / 'densepose.json').write_text(json.dumps(entries))
    return folder


def test_samples_are_read_by_their_ids(truth, config):
    dataset = LIPMultiTaskDataset(**{key: value for key, value in config.items() if key != 'type'})
    info = dataset.get_data_info(1)
    sample = truth.read(info['img_id'])
    assert truth.ids[1] == info['img_id']
    # OpenCV reads blue, green, red.
    assert (sample.image == cv2.imread(info['img_path'])[..., ::-1]).all()
    assert (sample.label == cv2.imread(info['seg_map_path'], cv2.IMREAD_UNCHANGED)).all()
    assert (sample.joints == info['keypoints'][0]).all()
    assert sample.points.shape == (len(sample.parts), 2)


def test_an_unknown_sample_is_named(truth):
    with pytest.raises(KeyError, match='no sample nobody; the first is '):
        truth.read('nobody')


@pytest.mark.parametrize('kind', ['CityscapesDataset', 'ToTensor', None, 'builtins.open'])
def test_only_data_sets_of_persons_are_opened(kind):
    with pytest.raises(ValueError, match='expected a data set of persons'):
        TruthSamples.of_config({'type': kind})


def test_a_record_makes_no_people_and_calls_nothing(tmp_path, config):
    rendered = dict(type='SyntheticPeopleDataset', data_root=str(tmp_path / 'none'), split='val', num=4, num_val=2)
    with pytest.raises(FileNotFoundError, match='rendered people that were evaluated are not here'):
        TruthSamples.of_config(rendered | {'renderer': 'no_such_module:function', 'lazy_init': False})
    assert not (tmp_path / 'none').exists()
    with pytest.raises(ValueError, match=r'does not describe a LIPMultiTaskDataset: .*nonsense'):
        TruthSamples.of_config(config | {'nonsense': 1})


def test_predictions_come_from_result_files(tmp_path):
    folder = write_results(tmp_path / 'results', ['a', 'b'])
    found = PredictedSamples.of_folder('SPD', folder, ['b'], [(HEIGHT, WIDTH)], 20)
    assert found.labels.keys() == {'b'}
    assert (found.labels['b'][:8, :8] == FACE).all()
    assert found.labels['b'].sum() == 64 * FACE
    assert found.joints['b'].tolist() == [[x, 30] for x in range(16)]
    (person,) = found.surfaces['b']
    assert person.box.tolist() == [10, 20, 4, 6]


def test_a_model_without_a_branch_has_no_such_predictions(tmp_path):
    folder = write_results(tmp_path / 'results', ['a'])
    (folder / 'pose.csv').unlink()
    (folder / 'densepose.json').unlink()
    found = PredictedSamples.of_folder('S', folder, ['a'], [(HEIGHT, WIDTH)], 20)
    assert (found.joints, found.surfaces) == (None, None)
    with pytest.raises(FileNotFoundError, match=r'nowhere: no result files here; `tools/test\.py --results`'):
        PredictedSamples.of_folder('S', tmp_path / 'nowhere', ['a'], [(HEIGHT, WIDTH)], 20)


def test_a_person_is_pasted_where_its_box_is():
    iuv = np.zeros((3, 2, 3), np.uint8)
    iuv[:, :, 1:] = np.array([5, 255, 51])[:, None, None]
    # On pixel edges: the first column whose centre lies behind the edge at 9.7 is the tenth.
    pasted = paste_result([SurfaceResult('a', np.array([9.7, -1, 3, 2]), 1.0, iuv)], 20, 30)
    assert np.argwhere(pasted[0] > 0).tolist() == [[0, 11], [0, 12]]
    assert pasted[:, 0, 11] == pytest.approx([5, 1, 0.2])


def test_surer_persons_cover_others_and_some_are_outside():
    def person(part, score, x=0):
        return SurfaceResult('a', np.array([x, 0, 2, 1]), score, np.full((3, 1, 2), part, np.uint8))

    pasted = paste_result([person(3, 0.9), person(4, 0.1), person(5, 0.95, x=1), person(6, 1.0, x=40)], 1, 4)
    assert pasted[0].tolist() == [[3, 5, 5, 0]]
    assert paste_result([], 2, 3).tolist() == np.zeros((3, 2, 3)).tolist()


@pytest.fixture
def groups(tmp_path, truth, config):
    """SPD with all result files, S with parsing alone, and how they scored on two of the people."""
    ids = np.array(truth.ids[:2])
    counts = np.zeros((2, 3, 20), np.int64)
    counts[0, :, 0], counts[1, :, 0] = 10, (2, 10, 10)
    details = {'parsing/ids': ids, 'parsing/counts': counts, 'parsing/classes': np.array(LABEL_SETS['lip'].classes)}
    for model in ('S', 'SPD'):
        results = write_results(tmp_path / model / 'results', truth.ids)
        write_run(tmp_path / model, model, details=details, data=config, results=str(results))
    for name in ('pose.csv', 'densepose.json'):
        (tmp_path / 'S' / 'results' / name).unlink()
    return group_runs(find_runs([tmp_path]))


def test_the_best_and_the_worst_are_spds(groups, truth):
    best, worst = truth.ids[:2]
    # 10 of 10 pixels of the one class; 2 of 18.
    assert extreme_samples(groups) == {best: f'best: 1.00, {best}', worst: f'worst: 0.11, {worst}'}


def test_a_figure_has_a_column_for_each_model_that_predicts(groups, truth):
    gallery = open_gallery(groups, {truth.ids[2]: 'a title'})
    assert [model.name for model in gallery.predictions] == ['S', 'SPD']
    widths = {task: draw_figure(task, gallery).shape[1] for task in TASKS}
    panel = 270 + 12  # 48 of 64 pixels, magnified to 360 rows, and margins
    assert widths['surface'] == 3 * panel
    assert widths['pose'] > widths['surface']  # a legend
    assert widths['parsing'] > 4 * panel
    assert [models_of(task, gallery) for task in TASKS] == [['S', 'SPD'], ['SPD'], ['SPD']]


def test_predictions_are_drawn_at_their_places(groups, truth):
    gallery = open_gallery(groups, {truth.ids[2]: 'x'})
    plain = gallery.samples[truth.ids[2]].image
    drawn = {task: draw_figure(task, gallery) for task in TASKS}
    panel, top, left, scale = 282, 26, 6, 360 / 64

    def at(task, column, x, y):
        return drawn[task][int(top + (y + 0.5) * scale), int(left + column * panel + (x + 0.5) * scale)].astype(int)

    blue = np.array(LABEL_SETS['lip'].palette[FACE])
    mixed = np.rint(0.4 * at('parsing', 0, 4, 4) + 0.6 * blue)
    assert np.abs(at('parsing', 2, 4, 4) - mixed).max() <= 1
    assert np.abs(at('parsing', 2, 30, 50) - at('parsing', 0, 30, 50)).max() <= 1
    # The surface's part begins one row below its box's edge.
    assert np.abs(at('surface', 2, 11, 22) - at('surface', 0, 11, 22)).max() > 20
    assert np.abs(at('surface', 2, 11, 19) - at('surface', 0, 11, 19)).max() <= 1
    assert plain.shape == (HEIGHT, WIDTH, 3)


def test_records_without_data_or_results_say_what_writes_them(tmp_path, config, truth):
    write_run(tmp_path / 'a', 'S')
    with pytest.raises(ValueError, match=r'do not say where their data set is; `tools/test\.py --record`'):
        open_gallery(group_runs(find_runs([tmp_path / 'a'])), {'x': 'x'})
    write_run(tmp_path / 'b', 'S', data=config)
    with pytest.raises(FileNotFoundError, match=r'no run has result files; `tools/test\.py --results`'):
        open_gallery(group_runs(find_runs([tmp_path / 'b'])), {truth.ids[0]: 'x'})
    write_run(tmp_path / 'c', 'S', details={})
    with pytest.raises(ValueError, match='was not evaluated'):
        extreme_samples(group_runs(find_runs([tmp_path / 'c'])))
