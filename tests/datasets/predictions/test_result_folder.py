import json

import pytest

from mmspd.datasets.predictions.result_folder import Piece, write_result_folder
from mmspd.utils.whole_files import hold_folder

PLAN = {'checkpoint': 'abc', 'batch_size': 2}


def piece(number):
    images = [{'id': 2 * number + extra, 'file_name': f'{number}-{extra}.jpg'} for extra in (1, 2)]
    results = [{'image_id': image['id'], 'score': 0.5} for image in images[: number % 3]]
    return Piece(images, results, [f'broken-{number}.jpg'] if number == 1 else [])


def write(out, plan=PLAN, make=piece, pieces=3, **options):
    done = []
    skipped = write_result_folder(out, plan, pieces, make, lambda *count: done.append(count), **options)
    return skipped, done


def contents(out):
    return {path.name: path.read_bytes() for path in out.iterdir()}


def test_all_pieces_are_put_together(tmp_path):
    skipped, done = write(tmp_path / 'deep' / 'out', surface='mmspd_body')
    assert sorted(contents(tmp_path / 'deep' / 'out')) == ['images.json', 'results.json']
    results, images = (
        json.loads((tmp_path / 'deep' / 'out' / name).read_text()) for name in ('results.json', 'images.json')
    )
    assert [result['image_id'] for result in results] == [3, 5, 6]
    assert [image['id'] for image in images['images']] == [1, 2, 3, 4, 5, 6]
    assert images['annotations'] == []
    assert (images['info']['surface'], images['info']['plan']) == ('mmspd_body', PLAN)
    assert skipped == images['info']['skipped'] == ['broken-1.jpg']
    assert done == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_nothing_found_is_an_empty_list(tmp_path):
    write(tmp_path, make=lambda number: Piece(), pieces=1)
    assert json.loads((tmp_path / 'results.json').read_text()) == []


def stop_at(number):
    def make(each):
        if each == number:
            raise KeyboardInterrupt
        return piece(each)

    return make


def test_after_a_stop_only_what_is_missing_is_made_with_the_same_bytes(tmp_path):
    write(tmp_path / 'whole')
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / 'out', make=stop_at(2))
    assert sorted(contents(tmp_path / 'out' / '.unfinished' / 'records')) == ['0.json', '1.json']
    assert [path.name for path in (tmp_path / 'out').iterdir()] == ['.unfinished']
    made = []
    skipped, done = write(tmp_path / 'out', make=lambda number: made.append(number) or piece(number))
    assert made == [2]
    assert done == [(2, 3), (3, 3)]
    assert skipped == ['broken-1.jpg']
    assert contents(tmp_path / 'out') == contents(tmp_path / 'whole')


def test_a_complete_folder_is_left_as_it_is(tmp_path):
    write(tmp_path)
    before = contents(tmp_path)
    skipped, done = write(tmp_path, make=stop_at(0))
    assert (skipped, done) == (['broken-1.jpg'], [])
    assert contents(tmp_path) == before


def test_another_plan_is_refused_and_told(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path, make=stop_at(1))
    with pytest.raises(FileExistsError, match=r'plan.json is of other predictions \(other: checkpoint\)'):
        write(tmp_path, PLAN | {'checkpoint': 'def'})
    write(tmp_path)
    before = contents(tmp_path)
    with pytest.raises(FileExistsError, match=r'images.json is of other predictions \(other: batch_size\)'):
        write(tmp_path, {'checkpoint': 'abc'})
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ('name', 'text', 'message'),
    [
        ('results.json', '[]', 'results.json exists already'),
        ('images.json', '{"images": []}', r'images.json is of other predictions \(it says nothing'),
        ('images.json', 'no JSON', r'images.json is of other predictions \(it says nothing'),
        ('images.json', '[1]', r'images.json is of other predictions \(it says nothing'),
    ],
)
def test_files_of_others_are_not_replaced(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    (tmp_path / 'notes.txt').write_text('mine')
    with pytest.raises(FileExistsError, match=message):
        write(tmp_path)
    assert contents(tmp_path) == {name: text.encode(), 'notes.txt': b'mine'}


def test_killed_between_the_two_files_it_goes_on(tmp_path):
    write(tmp_path / 'whole')
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / 'out', make=stop_at(2))
    (tmp_path / 'out' / 'results.json').write_bytes((tmp_path / 'whole' / 'results.json').read_bytes())
    (tmp_path / 'out' / '.unfinished' / 'drafts' / '1-1').write_text('half')
    write(tmp_path / 'out')
    assert contents(tmp_path / 'out') == contents(tmp_path / 'whole')


def test_killed_at_the_very_end_it_leaves_nothing_unfinished(tmp_path):
    write(tmp_path / 'out')
    before = contents(tmp_path / 'out')
    (tmp_path / 'out' / '.unfinished').mkdir()
    write(tmp_path / 'out', make=stop_at(0))
    assert contents(tmp_path / 'out') == before


def test_two_processes_do_not_write_one_folder(tmp_path):
    with hold_folder(tmp_path / '.unfinished', wait=False), pytest.raises(BlockingIOError, match='another process'):
        write(tmp_path)
