"""The command line that makes people, run as a user runs it; the last test renders real ones."""

import cv2
import pytest

from mmspd.synthetic.files.tree_plan import read_marker
from tests.synthetic.flat_trees import contents
from tests.synthetic.run_tools import Tool


@pytest.fixture
def run(monkeypatch, capsys):
    return Tool('synthetic/make_people.py', monkeypatch, capsys)


@pytest.fixture
def planned(run):
    """What the tool asks for, without making it: a list of (out, plan, workers)."""
    asked = []
    run.replace('write_tree', lambda out, plan, workers, report: asked.append((out, plan, workers)))
    return asked


def test_help_lists_settings_and_examples(run):
    code, out, _ = run('--help')
    assert code == 0
    assert 'python tools/synthetic/make_people.py --out' in out
    for text in ('p_back_view=0.22', 'distance=[2.0, 8.0]', '--background-folder'):
        assert text in out


def test_every_option_arrives(planned, run, tmp_path):
    code, out, _ = run(
        '--out', tmp_path / 'p', '--num', 30, '--val', 7, '--seed', 4, '--size', 64, 48, '--workers', 3, '--dense',
        '--points', 9, '--background-folder', 'photos', '--set', 'p_hat=1', 'distance=2,4', '--set', 'p_coat=0',
    )  # fmt: skip
    assert (code, out) == (0, f'23 + 7 people are in {tmp_path / "p"}\n')
    [(root, plan, workers)] = planned
    assert (root, workers) == (tmp_path / 'p', 3)
    assert (plan.num, plan.num_val, plan.seed, plan.dense) == (30, 7, 4, True)
    settings = plan.settings
    assert (settings.size, settings.surface_points, settings.background_folder) == ((64, 48), 9, 'photos')
    assert (settings.p_hat, settings.distance, settings.p_coat, settings.p_noise) == (1, (2, 4), 0, 0.8)


def test_defaults(planned, run):
    run('--out', 'people', '--num', 30)
    [(_, plan, workers)] = planned
    assert (plan.num_val, plan.seed, plan.dense, plan.settings.size, workers) == (3, 0, False, (384, 384), 1)


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--num', 0], 'num: expected a whole number of 1..1,000,000, got 0'),
        (['--num', 5, '--val', 6], 'num_val: expected a whole number of 0..5, got 6'),
        (['--num', 5, '--seed', -1], 'seed: expected'),
        (['--num', 5, '--size', 31, 64], 'size: expected height and width in whole pixels, each of 32..2048'),
        (
            ['--num', 5, '--size', 0, 10],
            'size: expected height and width in whole pixels, each of 32..2048, got [0, 10]\n',
        ),
        (
            ['--num', 5, '--set', 'p_dress=1'],
            'p_dress + p_jumpsuits + p_skirt: expected a sum of at most 1, got 1 + 0.09',
        ),
        (['--num', 5, '--points', -1], 'surface_points: expected a whole number of 0..10000, got -1'),
        (['--num', 5, '--workers', 0], 'workers: expected at least 1, got 0'),
        (['--num', 5, '--workers', 1000], 'workers: expected a whole number of 0..256, got 1000'),
        (['--num', 5, '--set', 'p_hat=2'], 'p_hat: expected a probability of 0..1, got 2'),
        (['--num', 5, '--set', 'hats=2'], "there is no setting 'hats'"),
        (['--num', 5, '--points', 3, '--set', 'surface_points=4'], 'surface_points is given twice'),
        (['--num', 5, '--background-folder', 'no/such/folder'], 'background_folder: no/such/folder does not exist'),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(run, tmp_path, options, message):
    code, out, error = run('--out', tmp_path / 'people', *options)
    assert (code, out) == (2, '')
    assert error.startswith(f'error: {message}')
    assert error.count('\n') == 1
    assert not (tmp_path / 'people').exists()


@pytest.mark.parametrize('options', [['--num', 'many'], [], ['--num', 5, '--size', 64]])
def test_unreadable_options_are_argparse_errors(run, tmp_path, options):
    code, _, error = run('--out', tmp_path / 'people', *options)
    assert code == 2
    assert 'error: ' in error


def test_a_folder_that_holds_something_is_refused(run, tmp_path):
    (tmp_path / 'notes.txt').write_text('mine')
    code, _, error = run('--out', tmp_path, '--num', 3)
    assert code == 2
    assert error.splitlines() == [
        f'error: {tmp_path} holds notes.txt and no people that were started here: name a folder that is new or empty'
    ]


def test_a_folder_named_as_the_marker_is_refused(run, tmp_path):
    (tmp_path / 'people.json').mkdir()
    code, _, error = run('--out', tmp_path, '--num', 3)
    assert code == 2
    assert error == f'error: {tmp_path}/people.json is a folder: name a folder that is new or empty\n'


@pytest.mark.parametrize(
    ('raised', 'code', 'line'),
    [
        (OSError(28, 'No space left on device', 'a/b.jpg'), 1, 'error: a/b.jpg: no space left on the device: free'),
        (RuntimeError('person 3 of seed 0: no'), 1, 'error: person 3 of seed 0: no'),
        (KeyboardInterrupt(), 130, 'stopped; the same command goes on from here'),
    ],
)
def test_failures_are_one_line(run, raised, code, line):
    def fail(*args):
        raise raised

    run.replace('write_tree', fail)
    got, out, error = run('--out', 'people', '--num', 3)
    assert (got, out) == (code, '')
    assert error.startswith(line)
    assert error.count('\n') == 1


def test_real_people(run, tmp_path):
    options = ('--num', 2, '--val', 1, '--seed', 3, '--size', 64, 48, '--dense')
    assert run('--out', tmp_path / 'a', *options)[0] == 0
    marker = read_marker(tmp_path / 'a')
    assert marker.complete
    label = cv2.imread(str(next((tmp_path / 'a').glob('TrainVal_parsing_annotations/train_*/*.png'))), -1)
    assert label.shape == (64, 48)
    assert label.any()
    assert run('--out', tmp_path / 'b', *options, '--workers', 2)[0] == 0
    assert contents(tmp_path / 'a') == contents(tmp_path / 'b')
    code, out, error = run('--out', tmp_path / 'a', *options)
    assert (code, out, error) == (0, f'1 + 1 people are in {tmp_path / "a"}\n', '')
