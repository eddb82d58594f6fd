"""Folders and videos: one batch at a time, in order, and without what is broken."""

import gc
import weakref
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image

from mmspd.apis.sources import Picture
from tests.apis.made import bright, levels, write_pictures
from tests.apis.test_sources import write_video


def test_a_folder_is_an_iterator_that_reads_no_more_than_a_batch_ahead(bright_inferencer, tmp_path, monkeypatch):
    folder = write_pictures(tmp_path / 'folder', 7)
    read = []
    real = Image.open

    def counted(*args, **options):
        read.append(1)
        return real(*args, **options)

    monkeypatch.setattr('mmspd.datasets.files.image_files.Image.open', counted)
    results = bright_inferencer(batch_size=3)(folder)
    assert isinstance(results, Iterator)
    assert len(read) == 0
    assert levels([next(results)]) == [101]
    assert len(read) == 3
    assert levels([next(results), next(results)]) == [102, 103]
    assert len(read) == 3
    assert levels(results) == [104, 105, 106, 107]


def test_a_video_is_an_iterator_of_its_frames(bright_inferencer, tmp_path):
    video = write_video(tmp_path / 'walk.avi', frames=5)
    results = list(bright_inferencer(batch_size=2)(video))
    assert [people.source for people in results] == [f'{video}#{number:06d}' for number in range(5)]
    assert [len(people) for people in results] == [0, 0, 0, 1, 1]  # grey of 0, 40, 80, 120, 160


def test_what_is_broken_is_skipped_and_told(bright_inferencer, tmp_path):
    folder = write_pictures(tmp_path / 'folder', 4)
    (folder / '01.png').write_bytes(b'')
    (folder / '03x.jpg').write_text('no picture')
    video = tmp_path / 'walk.mp4'
    video.write_text('no video')
    told = []
    sources = [folder, video, tmp_path / 'none.jpg', np.zeros(3), bright(level=140)]
    for size in (1, 2, 5):
        told.clear()
        results = bright_inferencer(batch_size=size).stream(sources, skipped=lambda *each: told.append(each))
        assert levels(results) == [101, 103, 104, 140]
        assert [name for name, _ in told] == [
            str(folder / '01.png'), str(folder / '03x.jpg'), str(video), str(tmp_path / 'none.jpg'), 'array 3',
        ]  # fmt: skip
        assert all(isinstance(error, OSError | ValueError) for _, error in told)


def test_what_is_skipped_is_in_the_log(bright_inferencer, monkeypatch):
    lines = []
    monkeypatch.setattr('mmspd.apis.inferencer.print_log', lambda text, **_: lines.append(text))
    assert levels(bright_inferencer()([np.zeros(3), bright()])) == [200]
    assert len(lines) == 1
    assert lines[0].startswith('left out: array 0: expected uint8')


def test_only_wanted_pictures_are_predicted(bright_inferencer, tmp_path):
    folder = write_pictures(tmp_path / 'folder', 5)
    inferencer, asked = bright_inferencer(), []

    def wanted(name):
        asked.append(name)
        return name.endswith(('1.png', '4.png'))

    assert levels(inferencer.stream(folder, wanted=wanted)) == [102, 105]
    assert asked == [str(folder / f'{number:02}.png') for number in range(5)]
    assert inferencer.network.sizes == [1, 1]


def test_progress_is_told_on_the_error_stream(bright_inferencer, tmp_path, capsys):
    folder = write_pictures(tmp_path / 'folder', 3)
    assert len(list(bright_inferencer().stream(folder, progress=True))) == 3
    lines = capsys.readouterr().err.strip().splitlines()
    assert lines[0].startswith('0 of 3 pictures')
    assert lines[-1].startswith('3 of 3 pictures')
    assert len(list(bright_inferencer().stream(folder))) == 3
    assert capsys.readouterr().err == ''


@pytest.mark.parametrize('size', [1, 4])
def test_of_a_long_stream_no_more_than_a_batch_is_alive(bright_inferencer, monkeypatch, size):
    references, most = [], 0

    def alive():
        gc.collect(0)
        return sum(each() is not None for each in references)

    def pictures(_):
        nonlocal most
        for number in range(200):
            most = max(most, alive())
            image = bright(4, 4)
            references.append(weakref.ref(image))
            yield Picture(f'{number}', image)
            del image

    monkeypatch.setattr('mmspd.apis.inferencer.pictures_of', pictures)
    done = 0
    for people in bright_inferencer(batch_size=size).stream('a folder'):
        done += len(people)
        # Those of the batch, which are predicted together.
        assert alive() <= size
        del people
    assert done == 200
    # What is held when another picture is read.
    assert most <= size
    assert alive() == 0
