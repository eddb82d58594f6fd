"""A tree has the same bytes whatever happens on the way: several processes, kills, failures, a full disk."""

import errno
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import zlib
from contextlib import contextmanager

import cv2
import pytest

from mmspd.synthetic.files import people_tree
from mmspd.synthetic.files.people_tree import is_complete
from mmspd.synthetic.files.tree_plan import TreePlan
from mmspd.utils.whole_files import explain_os_error, hold_folder
from tests.synthetic.flat_trees import NAMES, PLAN, SETTINGS, contents, make, stop_after


@pytest.mark.parametrize('count', [1, 3])
def test_processes_write_the_same_bytes(tree, tmp_path, count):
    make(tmp_path / 'people', workers=count)
    assert contents(tmp_path / 'people') == contents(tree)


def test_a_process_has_one_thread_and_no_torch(tmp_path):
    with pytest.raises(RuntimeError, match=r"ArithmeticError: \['1', '1', '1', '1', 1, False\]"):
        make(tmp_path / 'people', workers=1, renderer='telling')


# Another process that makes people; a bare package spares it the seconds in which mmspd imports PyTorch. Tests that run
# in the background of a script have inherited that SIGINT is ignored, and so would it.
OTHER_PROCESS = """
import json, signal, sys, types
signal.signal(signal.SIGINT, signal.default_int_handler)
mmspd = types.ModuleType('mmspd')
mmspd.__path__ = ['mmspd']
sys.modules['mmspd'] = mmspd
from mmspd.synthetic.files.people_tree import TreePlan, write_tree
plan = TreePlan.from_json(json.loads(sys.argv[2]))
write_tree(sys.argv[1], plan, int(sys.argv[3]), wait=sys.argv[4] == 'wait', renderer='tests.synthetic.flat_person:slow')
"""


def make_slowly(root, plan, workers, wait='', **options):
    arguments = [str(root), json.dumps(plan.to_json()), str(workers), wait]
    checkout = pathlib.Path(__file__).parents[2]
    return subprocess.Popen([sys.executable, '-c', OTHER_PROCESS, *arguments], cwd=checkout, **options)


def started(root, people, process):
    """Wait until so many people are complete; the making is slow, so that it is then still in the middle."""
    for _ in range(1200):
        if len(list((root / '.unfinished/records').glob('*.json'))) >= people:
            return
        assert process.poll() is None, 'it ended before it was to be killed'
        time.sleep(0.05)
    pytest.fail('nothing was made within a minute')


SLOW_PLAN = TreePlan(num=24, num_val=4, seed=1, settings=SETTINGS)


@pytest.mark.parametrize(('stop', 'count'), [(signal.SIGKILL, 2), (signal.SIGINT, 2), (signal.SIGKILL, 0)])
def test_a_stopped_making_goes_on(tmp_path, stop, count):
    make(tmp_path / 'whole', SLOW_PLAN)
    root = tmp_path / 'stopped'
    process = make_slowly(root, SLOW_PLAN, count, stderr=subprocess.PIPE, text=True, start_new_session=True)
    started(root, 3, process)
    if stop == signal.SIGINT:
        os.killpg(process.pid, stop)  # a terminal sends it to all processes of the command
    else:
        process.send_signal(stop)
    message = process.communicate()[1]
    assert process.returncode != 0
    assert message.count('Traceback') == message.count('KeyboardInterrupt') == (stop == signal.SIGINT), message
    assert not is_complete(root, SLOW_PLAN)
    assert not (root / 'train_id.txt').exists()
    for path in root.glob('TrainVal_images/*/*.jpg'):
        assert cv2.imread(str(path)).shape == (64, 48, 3), f'{path} is half written'
    first = root / f'TrainVal_images/train_images/{NAMES[0]}.jpg'
    before = first.stat().st_mtime_ns
    reports = []
    make(root, SLOW_PLAN, progress=lambda done, total: reports.append((done, total)), wait=True)
    assert reports[0][0] >= 3
    assert reports[-1] == (24, 24)
    assert len(reports) == 24 - reports[0][0] + 1
    assert first.stat().st_mtime_ns == before, 'a complete person was made again'
    assert contents(root) == contents(tmp_path / 'whole')


@pytest.mark.parametrize('count', [0, 2])
def test_a_failure_names_the_person(tmp_path, count):
    with pytest.raises(RuntimeError, match=r'^person 3 of seed 5: ArithmeticError: no such pose$') as caught:
        make(tmp_path / 'people', workers=count, renderer='failing')
    assert caught.value.__cause__ is not None
    # Another process may have finished a later person meanwhile.
    assert not (tmp_path / 'people/.unfinished/records/3.json').exists()
    assert not list((tmp_path / 'people/.unfinished/drafts').iterdir())


def test_a_file_that_the_renderer_needs_is_no_trouble_with_writing(tmp_path):
    with pytest.raises(RuntimeError, match=r"^person 0 of seed 5: RuntimeError: .*'photo.jpg'"):
        make(tmp_path / 'people', renderer='unreadable')


def test_a_dying_process_is_noticed(tmp_path, tree):
    with pytest.raises(RuntimeError, match=r'making person 3 of seed 5 died \(with exit code 9\)'):
        make(tmp_path / 'people', workers=2, renderer='dying')
    make(tmp_path / 'people')
    assert contents(tmp_path / 'people') == contents(tree)


def test_a_renderer_that_does_not_load_is_named(tmp_path):
    with pytest.raises(RuntimeError, match='the renderer: AttributeError'):
        make(tmp_path / 'people', workers=1, renderer='nothing')


def test_what_is_damaged_or_gone_is_made_again(half, tree):
    images = half / 'TrainVal_images/train_images'
    (images / f'{NAMES[0]}.jpg').unlink()
    picture = images / f'{NAMES[1]}.jpg'
    picture.write_bytes(b'\0' * picture.stat().st_size)  # as after a power failure
    (half / '.unfinished/records/2.json').write_bytes(b'')
    reports = []
    make(half, progress=lambda done, total: reports.append(done))
    assert reports == [0, 1, 2, 3, 4, 5, 6, 7]
    assert contents(half) == contents(tree)


def test_drafts_of_a_killed_process_go(half, tree):
    (half / '.unfinished/drafts/123-0').write_bytes(b'half')
    make(half)
    assert contents(half) == contents(tree)


def test_a_finished_tree_is_left_as_it_is(tree, monkeypatch):
    before = {path: path.stat().st_mtime_ns for path in tree.rglob('*')}
    make(tree, renderer='failing', progress=stop_after(0))
    assert {path: path.stat().st_mtime_ns for path in tree.rglob('*')} == before


def test_a_process_killed_at_the_very_end_leaves_nothing(tree, tmp_path):
    make(tmp_path / 'people')
    (tmp_path / 'people/.unfinished/records').mkdir(parents=True)
    make(tmp_path / 'people', renderer='failing')
    assert contents(tmp_path / 'people') == contents(tree)
    assert not (tmp_path / 'people/.unfinished').exists()


def test_all_is_on_the_disk_before_the_marker_says_so(tmp_path, monkeypatch):
    flushed, root = [], tmp_path / 'people'

    def fsync(handle, original=os.fsync):
        flushed.append(pathlib.Path(f'/proc/self/fd/{handle}').readlink().relative_to(root).as_posix())
        original(handle)

    monkeypatch.setattr(os, 'fsync', fsync)
    monkeypatch.setattr(os, 'sync', lambda: pytest.fail('every disk of the machine is flushed'))
    make(root)
    # The marker is the last draft; then comes the folder in which it takes its name.
    assert flushed[-2].startswith('.unfinished/drafts/')
    assert flushed[-1] == '.'
    pictures = {name for name in contents(root) if name.endswith(('.jpg', '.png'))}
    assert len(pictures) == 21
    assert pictures | {name.rpartition('/')[0] for name in pictures} <= set(flushed[:-2])


def test_records_know_their_pictures(half):
    record = json.loads((half / '.unfinished/records/0.json').read_text())
    image = half / f'TrainVal_images/train_images/{NAMES[0]}.jpg'
    assert record['checksums']['image'] == zlib.crc32(image.read_bytes())


def test_one_process_at_a_time(tmp_path, tree):
    root = tmp_path / 'people'
    with (
        hold_folder(root / '.unfinished', wait=False),
        pytest.raises(BlockingIOError, match='another process is making this folder'),
    ):
        make(root)
    make(root)
    assert contents(root) == contents(tree)


def test_what_another_process_made_meanwhile_is_not_made_again(tmp_path, tree, monkeypatch):
    root = tmp_path / 'people'

    @contextmanager
    def hold_late(folder, wait):
        monkeypatch.undo()
        make(root)
        with hold_folder(folder, wait):
            yield

    monkeypatch.setattr(people_tree, 'hold_folder', hold_late)
    make(root, renderer='failing')
    assert contents(root) == contents(tree)


def test_a_second_process_waits_for_the_first(tmp_path, tree):
    root = tmp_path / 'people'
    processes = [make_slowly(root, PLAN, 0, 'wait') for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    assert contents(root) == contents(tree)


def fill_the_disk(monkeypatch, bytes_left):
    """Let writing to drafts fail as on a full disk after so many bytes."""
    original, left = pathlib.Path.open, [bytes_left]

    class Full:
        def __init__(self, file):
            self.file = file

        def __enter__(self):
            self.file.__enter__()
            return self

        def __exit__(self, *error):
            return self.file.__exit__(*error)

        def __getattr__(self, name):
            return getattr(self.file, name)

        def write(self, content):
            self.file.write(content[: left[0]])
            left[0] -= len(content)
            if left[0] < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        def writelines(self, lines):
            for line in lines:
                self.write(line)

    monkeypatch.setattr(
        pathlib.Path, 'open', lambda path, mode='r', *a, **k: (
            Full(original(path, mode, *a, **k)) if 'drafts' in path.parts else original(path, mode, *a, **k)
        ),
    )  # fmt: skip


def test_a_full_disk_leaves_whole_files_and_the_same_call_goes_on(tmp_path, tree, monkeypatch):
    expected = contents(tree)
    total = sum(map(len, expected.values()))
    for bytes_left in (0, 10, total // 3, total - 100):
        root = tmp_path / str(bytes_left)
        with monkeypatch.context() as patch:
            fill_the_disk(patch, bytes_left)
            with pytest.raises(OSError, match='No space left') as caught:
                make(root)
        assert caught.value.errno == errno.ENOSPC
        assert str(root) in explain_os_error(caught.value)
        assert 'no space left on the device: free some and run the same again' in explain_os_error(caught.value)
        assert not is_complete(root, PLAN)
        written = contents(root)
        for name, content in written.items():
            assert name.startswith(('.unfinished/records/', '.unfinished/lock', 'people.json')) or (
                content == expected[name]
            ), f'{name} is half written'
        make(root)
        assert contents(root) == expected


def test_a_folder_without_permission_is_explained(tmp_path, monkeypatch):
    def refuse(path, *args, **kwargs):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(pathlib.Path, 'mkdir', refuse)  # permissions do not bind root, as which tests may run
    with pytest.raises(PermissionError) as caught:
        make(tmp_path / 'people')
    assert 'people/.unfinished: no permission: choose a folder that you may' in explain_os_error(caught.value)
