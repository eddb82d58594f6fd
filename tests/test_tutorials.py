"""The guide's and the tutorials' files, commands and programs, run with tiny numbers.

A comment before a block says what becomes of it here; all of a page runs in one folder, in one process:

* ``<!-- file: my_folder/name.py -->``: the block is written to that file, and run by pytest where it is a test;
* ``<!-- run -->``: the block's commands or program are run. Where a block without a language follows a program, it is
  what the program prints;
* without either: commands are looked at alone, as :mod:`tests.test_documents` does.

``SMALLER`` makes the numbers tiny. Each of its strings must occur, so that a changed page cannot slip by.
"""

import contextlib
import io
import json
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import pytest
from PIL import Image

from mmspd.anatomy import LABEL_SETS
from mmspd.cli.main import build_parser, main
from mmspd.testing.people import sample_person
from mmspd.utils.checkpoint import load_checkpoint_file

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / 'docs' / 'inference.md', *sorted((ROOT / 'docs' / 'tutorials').glob('*.md'))]
BLOCK = re.compile(r'^(?:<!-- (run|file: \S+) -->\n)?```(\w*)\n(.*?)^```', re.MULTILINE | re.DOTALL)

# File or page -> what is replaced in it.
SMALLER = {
    'configs/spd/spd_small_people.py': [
        ('input_size = (192, 256)', 'input_size = (64, 64)'),
        ('num=6000, num_val=300, seed=1, size=(256, 192)', 'num=4, num_val=2, seed=1, size=(64, 64), workers=0'),
        ('end=6000', 'end=2'),
        ('max_iters=6000, val_interval=3000', 'max_iters=2, val_interval=2'),
    ],
    'configs/_base_/datasets/small_people.py': [('batch_size=8, num_workers=1', 'batch_size=2, num_workers=1')],
    'my_people/same_classes.py': [
        ('num=300', 'workers=0, num=4'),
        ('num_val=20', 'num_val=2'),
        ('size=(256, 192)', 'size=(64, 64)'),
        ('end=200', 'end=2'),
        ('max_iters=200, val_interval=100', 'max_iters=2, val_interval=2'),
        ('interval=100', 'interval=2'),
    ],
    'my_people/six_classes.py': [
        ('end=100', 'end=2'),
        ('max_iters=100, val_interval=50', 'max_iters=2, val_interval=2'),
        ('interval=50', 'interval=2'),
    ],
    'my_task/spd_facing.py': [
        ('num=300, num_val=20, seed=2', 'num=4, num_val=2, seed=2, size=(64, 64), workers=0'),
        ('end=60', 'end=2'),
        ('max_iters=60, val_interval=30', 'max_iters=2, val_interval=2'),
        ('interval=30', 'interval=2'),
    ],
    'fine_tuning.md': [
        ('--num 120 --val 20 --seed 7 --size 256 192', '--num 4 --val 2 --seed 7 --size 64 64'),
        ('same_classes/iter_200.pth', 'same_classes/iter_2.pth'),
        ('six_classes/iter_100.pth', 'six_classes/iter_2.pth'),
        ('--out work_dirs/check/', '--workers 0 --out work_dirs/check/'),
        ('101_100101', '3_100003'),
    ],
    'adding_a_backbone.md': [('--size 256 192', '--size 64 64')],
    'adding_a_task.md': [('iter_60.pth', 'iter_2.pth'), ('281_100281', '3_100003')],
}


class Block(NamedTuple):
    """Attributes: ``run``, ``file: NAME`` or nothing; the language; the text."""

    task: str
    language: str
    text: str


def smaller(name: str, text: str) -> str:
    """A file or page with tiny numbers."""
    for large, small in SMALLER.get(name, []):
        assert large in text, f'{name}: {large!r} is not there; SMALLER has to be adapted'
        text = text.replace(large, small)
    return text


def blocks(page: Path) -> list[Block]:
    """The blocks of a page, in order."""
    return [Block(*each) for each in BLOCK.findall(smaller(page.name, page.read_text(encoding='utf-8')))]


def command_lines(text: str) -> list[list[str]]:
    """The commands of a shell block, as words, without comments."""
    lines = text.replace('\\\n', ' ').splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def run_command(words: list[str]) -> None:
    """Run a command of Python in this process."""
    assert words[0] == 'python', f'only Python is run here, got {words}'
    if words[1:3] == ['-m', 'mmspd']:
        assert main(words[3:]) == 0, words
        return
    sys.argv = words[1:]
    code = None
    try:
        runpy.run_path(words[1], run_name='__main__')
    except SystemExit as end:
        code = end.code
    assert not code, f'{words} ended with {code}'


def run_program(text: str, variables: dict[str, Any]) -> str:
    """Run a program in this process; what it prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(text, 'a program of the page', 'exec'), variables)  # our own documentation
    return printed.getvalue()


def make_room(folder: Path) -> None:
    """Lay out a folder like mmspd's, with tiny configs, and the pictures that docs/inference.md speaks of."""
    for name in ('tools', 'mmspd'):
        (folder / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / 'configs', folder / 'configs')
    for name in SMALLER:
        if name.startswith('configs/'):
            path = folder / name
            path.write_text(smaller(name, path.read_text(encoding='utf-8')), encoding='utf-8')
    (folder / 'photographs').mkdir()
    pictures = [sample_person(number, 192, 144).image for number in range(3)]
    cv2.imwrite(str(folder / 'person.jpg'), pictures[0])
    cv2.imwrite(str(folder / 'photographs' / 'anna.jpg'), pictures[1])
    (folder / 'photographs' / 'broken.jpg').write_bytes(b'no picture')
    street = np.concatenate([cv2.resize(each, (288, 384)) for each in pictures], axis=1)
    cv2.imwrite(str(folder / 'street.jpg'), street)


def follow(page: Path, folder: Path) -> None:
    """Do what a page says, in a folder; for a process of its own."""
    make_room(folder)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    variables: dict[str, Any] = {}
    tests = []
    found = blocks(page)
    for block, after in zip(found, [*found[1:], Block('', 'none', '')], strict=True):
        if block.task.startswith('file: '):
            path = Path(block.task.removeprefix('file: '))
            path.parent.mkdir(exist_ok=True)
            path.write_text(smaller(str(path), block.text), encoding='utf-8')
            tests += [str(path)] if path.name.startswith('test_') else []
        elif block.task == 'run' and block.language == 'bash':
            for words in command_lines(block.text):
                run_command(words)
        elif block.task == 'run':
            printed = run_program(block.text, variables)
            assert after.language or after.task or printed == after.text, f'expected {after.text}, printed {printed}'
    if tests:
        assert pytest.main(['-q', '-p', 'no:cacheprovider', '--rootdir', str(folder), *tests]) == 0


def follow_all(folder: Path) -> None:
    """Follow every page in a folder of its own, ``failed.txt`` in it tells why one could not be; as :func:`follow`."""
    for page in PAGES:
        own = folder / page.stem
        own.mkdir()
        try:
            follow(page, own)
        except BaseException:  # also SystemExit; the test of the page tells
            (own / 'failed.txt').write_text(traceback.format_exc(), encoding='utf-8')


@pytest.fixture(scope='module')
def followed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A function that gives the folder in which a page was followed."""
    folder = tmp_path_factory.mktemp('pages')
    # One process for all, as starting one takes seconds; not this one, as pages add to mmspd's registries.
    call = f'from pathlib import Path; from tests.test_tutorials import follow_all; follow_all(Path({str(folder)!r}))'
    done = subprocess.run(
        [sys.executable, '-c', call],
        cwd=ROOT, env=dict(os.environ, OMP_NUM_THREADS='1'), capture_output=True, text=True, check=False,
    )  # fmt: skip

    def folder_of(name: str) -> Path:
        failed = folder / name / 'failed.txt'
        assert done.returncode == 0, done.stderr[-3000:]
        assert not failed.exists(), f'{failed.read_text()}\n{done.stderr[-3000:]}'
        return folder / name

    return folder_of


def weights(path: Path) -> dict[str, Any]:
    """A checkpoint's weights."""
    content = load_checkpoint_file(path)
    return content.get('state_dict', content)


def test_the_pages_are_found():
    assert {page.stem for page in PAGES} >= {'inference', 'adding_a_task', 'fine_tuning', 'first_hour'}


@pytest.mark.parametrize('page', PAGES, ids=lambda page: page.stem)
def test_commands_of_mmspd_can_be_parsed(page):
    lines = [words for block in blocks(page) if block.language == 'bash' for words in command_lines(block.text)]
    ours = [words[3:] for words in lines if words[1:3] == ['-m', 'mmspd']]
    assert ours or page.stem.startswith(('adding', 'fine'))
    for words in ours:
        build_parser().parse_args(words)


def test_a_string_that_is_gone_is_noticed():
    with pytest.raises(AssertionError, match='SMALLER'):
        smaller('adding_a_backbone.md', 'another text')


def test_inference(followed):
    folder = followed('inference')
    assert {'person.json', 'person_sheet.png', 'person_parsing.png', 'anna.json'} <= {
        path.name for path in (folder / 'results').iterdir()
    }
    assert np.asarray(Image.open(folder / 'tryon' / 'anna_agnostic_mask.png')).shape == (192, 144)


def test_first_hour(followed):
    folder = followed('first_hour')
    street = json.loads((folder / 'results' / 'street.json').read_text())
    assert [person['box'][0] for person in street['persons']] == [0, 288, 576]
    assert len(list((folder / 'results_of_folder').glob('*.json'))) == 4


def test_fine_tuning(followed):
    folder = followed('fine_tuning')
    before, after = (json.loads((folder / name).read_text()) for name in ('before.json', 'after.json'))
    assert before.keys() == after.keys()
    assert 'dataset/mIoU' in after
    label = np.asarray(Image.open(next((folder / 'data' / 'six').rglob('*.png'))))
    assert set(np.unique(label)) <= {0, 1, 2, 3, 4, 5, 255}
    shipped = weights(ROOT / 'mmspd' / 'pretrained' / 'spd_small.pth')
    same, six = (weights(folder / 'work_dirs' / name / 'iter_2.pth') for name in ('same_classes', 'six_classes'))
    assert 0 < (same['backbone.conv1.weight'] - shipped['backbone.conv1.weight']).abs().max() < 0.01  # begun from it
    assert same.keys() == shipped.keys()
    assert six['seg_head.classifier.branches.0.weight'].shape[0] == 6
    assert not any(name.startswith('pose_head') for name in six)
    assert 0 < (six['backbone.conv1.weight'] - shipped['backbone.conv1.weight']).abs().max() < 0.01
    parsing = Image.open(folder / 'results' / '3_100003_parsing.png')
    assert parsing.getpalette()[3:6] == [255, 0, 0]  # my first colour
    assert 'garments' not in LABEL_SETS  # only in the tutorial's own process


def test_adding_a_backbone(followed):
    folder = followed('adding_a_backbone')
    trained = weights(folder / 'work_dirs' / 'spd_small_pyramid' / 'iter_2.pth')
    assert trained['neck.projections.1.weight'].shape == (128, 192, 1, 1)


def test_adding_a_task(followed):
    folder = followed('adding_a_task')
    work = folder / 'work_dirs' / 'spd_facing'
    assert weights(work / 'iter_2.pth')['facing_head.score.weight'].shape == (1, 64)
    scores = [json.loads(path.read_text()) for path in work.glob('*/*.json')]
    assert any('facing/accuracy' in each for each in scores)
