"""MPII's two files, and the square around a person, by hand."""

import json

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from mmspd.anatomy import JOINTS
from mmspd.datasets import LoadPersonImage, MPIIDataset, PackSPDInputs, PersonAffine, PoseTargets
from mmspd.datasets.files.mpii_file import read_mpii_json, read_mpii_mat
from mmspd.testing import write_small_mpii
from mmspd.testing.people import sample_person

WIDTH, HEIGHT = 60, 50


def entry(joints=None, vis=None, image='a.png', centre=(31.0, 21.0), scale=0.08, **more):
    """A person; ``joints`` by their numbers, the others missing."""
    places = [[-1.0, -1.0] for _ in range(16)]
    for joint, place in (joints or {0: (21, 31)}).items():
        places[joint] = list(place)
    flags = vis or [int(place[0] > 0) for place in places]
    return {'image': image, 'joints': places, 'joints_vis': flags, 'center': list(centre), 'scale': scale} | more


@pytest.fixture
def write(tmp_path):
    def _write(entries, name='train.json'):
        (tmp_path / 'images').mkdir(exist_ok=True)
        picture = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        cv2.imwrite(str(tmp_path / 'images' / 'a.png'), picture)
        (tmp_path / name).write_text(json.dumps(entries))
        return tmp_path

    return _write


def test_square_and_joints_by_hand(write):
    root = write([entry({0: (21, 31), 15: (33, 12)})])
    info = MPIIDataset(str(root), 'train.json').get_data_info(0)
    # Centre 31, 21 from 1 is 30, 20 from 0, on edges 30.5, 20.5; 15 * 0.08 = 1.2 down; half of 200 * 0.08 * 1.25 is 10.
    assert info['crop'] == (20, 11, 41, 32)
    assert info['keypoints'][0, 0].tolist() == [20 - 20, 30 - 11]
    assert info['keypoints'][0, 15].tolist() == [32 - 20, 11 - 11]
    assert info['keypoints_visible'][0].nonzero()[0].tolist() == [0, 15]
    assert info['keypoints'][0, 7].tolist() == [0, 0]
    assert info['bbox'] is info['surface'] is info['seg_map_path'] is None
    assert info['img_id'] == 'a_0'
    narrow = MPIIDataset(str(root), 'train.json', padding=1.0, shift=0.0).get_data_info(0)
    assert narrow['crop'] == (22, 12, 39, 29)


def test_the_square_is_cut_at_the_pictures_edges(write):
    root = write([entry(scale=1.0)])
    results = MPIIDataset(str(root), 'train.json', pipeline=[LoadPersonImage()])[0]
    assert results['crop'] == (0, 0, WIDTH, HEIGHT)
    assert results['keypoints'][0, 0].tolist() == [20, 30]
    assert results['bbox'].tolist() == [[0, 0, WIDTH, HEIGHT]]


def test_missing_and_hidden_joints(write):
    flags = [0] * 16
    flags[1] = 1
    root = write([entry({1: (20, 20), 2: (25, 25), 3: (0, 0)}, flags)])
    info = MPIIDataset(str(root), 'train.json').get_data_info(0)
    assert info['keypoints_visible'][0].nonzero()[0].tolist() == [1, 2]
    assert info['keypoints_occluded'][0].nonzero()[0].tolist() == [2]
    info = MPIIDataset(str(root), 'train.json', hidden='missing').get_data_info(0)
    assert info['keypoints_visible'][0].nonzero()[0].tolist() == [1]
    assert not info['keypoints_occluded'].any()
    assert info['keypoints'][0, 2].tolist() == [0, 0]


def test_nobody_with_a_joint_is_an_error_and_some_are_left_out(write):
    nobody = entry() | {'joints': [[-1, -1]] * 16, 'joints_vis': [0] * 16}
    with pytest.raises(ValueError, match='none of its persons'):
        MPIIDataset(str(write([nobody])), 'train.json')
    found = MPIIDataset(str(write([nobody, entry(), entry()])), 'train.json')
    assert [found.get_data_info(i)['img_id'] for i in range(len(found))] == ['a_0', 'a_1']


@pytest.mark.parametrize(
    ('wrong', 'says'),
    [
        ({'image': '../a.png'}, 'lead out'),
        ({'image': 5}, "name of an 'image'"),
        ({'joints': [[1, 2]] * 15}, 'expected 16 places'),
        ({'joints': [[1, 2]] * 15 + [[1]]}, 'joints: expected 2 numbers, got 1'),
        ({'joints': [[1, 2]] * 15 + [[float('nan'), 1]]}, 'finite'),
        ({'joints_vis': [1] * 15}, 'joints_vis: expected 16 numbers'),
        ({'joints_vis': [2] * 16}, 'joints_vis: expected 0 or 1'),
        ({'center': [1]}, 'center: expected 2 numbers'),
        ({'center': [-1, -1]}, 'there is no crop'),
        ({'scale': 0}, 'there is no crop'),
        ({'scale': -1}, 'there is no crop'),
        ({'scale': None}, 'scale: expected a finite'),
    ],
)
def test_malformed_entries_are_refused_by_position(write, wrong, says):
    root = write([entry(), entry(**wrong) if 'joints' not in wrong else entry() | wrong])
    with pytest.raises(ValueError, match=rf'train.json: entry 1.*{says}'):
        read_mpii_json(root / 'train.json')
    problems = []
    assert len(read_mpii_json(root / 'train.json', problems.append)) == 1
    assert len(problems) == 1


def test_the_list_of_the_test_images_is_refused_with_a_way_on(write):
    root = write([{'image': 'a.png', 'center': [1, 2], 'scale': 1}])
    with pytest.raises(ValueError, match=r"\['joints', 'joints_vis'\] are missing.*trainval"):
        MPIIDataset(str(root), 'train.json')


@pytest.mark.parametrize(('text', 'says'), [('{"a": 1}', 'a list of persons, got dict'), ('[', 'not a JSON')])
def test_other_files_are_refused(tmp_path, text, says):
    (tmp_path / 'x.json').write_text(text)
    with pytest.raises(ValueError, match=says):
        read_mpii_json(tmp_path / 'x.json')


def test_missing_files(write):
    root = write([entry(), entry(image='b.png')])
    with pytest.raises(FileNotFoundError, match=r'1 of 2 annotated persons of train.json have no image.*b\.png'):
        MPIIDataset(str(root), 'train.json')
    assert len(MPIIDataset(str(root), 'train.json', on_missing='skip')) == 1
    with pytest.raises(FileNotFoundError, match='MPII is expected as'):
        MPIIDataset(str(root), 'gone.json')


def test_arguments_out_of_range_are_refused(write):
    root = write([entry()])
    with pytest.raises(ValueError, match='hidden'):
        MPIIDataset(str(root), 'train.json', hidden='visible')
    with pytest.raises(ValueError, match='padding'):
        MPIIDataset(str(root), 'train.json', padding=0)


def point(number, x, y, visible):
    return {'id': number, 'x': float(x), 'y': float(y), 'is_visible': visible}


def mat_of(images, flags):
    """MATLAB's structs, as savemat writes them of object arrays."""

    def array(items):
        filled = np.empty(len(items), dtype=object)
        filled[:] = items
        return filled

    annolist = array(
        [
            {'image': {'name': name}, 'annorect': array(people) if people else np.zeros((0, 0))}
            for name, people in images
        ]
    )
    return {'RELEASE': {'annolist': annolist, 'img_train': np.array(flags)}}


def mat_person(points, scale=0.5):
    filled = np.empty(len(points), dtype=object)
    filled[:] = points
    return {'scale': scale, 'objpos': {'x': 30.0, 'y': 20.0}, 'annopoints': {'point': filled}}


def test_the_official_file(tmp_path):
    empty = np.zeros((0, 0))
    person = mat_person([point(0, 21, 31, 1), point(2, 22, 32, 0), point(9, 23, 33, empty), point(5, 24, 34, '0')])
    one_point = mat_person([point(3, 5, 6, '1')])
    without = {'scale': 0.5, 'objpos': {'x': 1.0, 'y': 1.0}, 'annopoints': empty}
    images = [('a.png', [person, one_point, without]), ('b.png', [person]), ('c.png', [])]
    savemat(tmp_path / 'mpii.mat', mat_of(images, [1, 0, 1]))
    people = read_mpii_mat(tmp_path / 'mpii.mat')
    assert [each.image for each in people] == ['a.png', 'a.png']
    first = people[0]
    assert first.visible.nonzero()[0].tolist() == [0, 2, 5, 9]
    assert first.occluded.nonzero()[0].tolist() == [2, 5]
    assert first.keypoints[9].tolist() == [22, 32]
    assert first.centre == (29, 19)
    assert first.scale == 0.5
    assert people[1].visible.nonzero()[0].tolist() == [3]
    assert not people[1].occluded.any()


def test_the_official_file_as_a_data_set(tmp_path, write):
    root = write([])
    savemat(root / 'mpii.mat', mat_of([('a.png', [mat_person([point(0, 21, 31, 1)])])], [1]))
    info = MPIIDataset(str(root), 'mpii.mat', pipeline=[LoadPersonImage()])[0]
    assert info['keypoints_visible'][0, 0] == 1


def test_other_matlab_files_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match='missing'):
        read_mpii_mat(tmp_path / 'none.mat')
    (tmp_path / 'text.mat').write_bytes(b'no matlab file at all' * 20)
    with pytest.raises(ValueError, match='cannot be read as MPII'):
        read_mpii_mat(tmp_path / 'text.mat')
    savemat(tmp_path / 'other.mat', {'x': 1})
    with pytest.raises(ValueError, match='cannot be read as MPII'):
        read_mpii_mat(tmp_path / 'other.mat')
    nowhere = mat_person([{'id': 1, 'x': 2.0}])
    savemat(tmp_path / 'half.mat', mat_of([('b.png', []), ('a.png', [nowhere])], [1, 1]))
    with pytest.raises(ValueError, match=r"image 1 of annolist is malformed: KeyError\('y'\)"):
        read_mpii_mat(tmp_path / 'half.mat')
    savemat(tmp_path / 'path.mat', mat_of([('../a.png', [mat_person([point(0, 1, 1, 1)])]), ('b.png', [])], [1, 1]))
    with pytest.raises(ValueError, match='lead out'):
        read_mpii_mat(tmp_path / 'path.mat')
    savemat(tmp_path / 'joint.mat', mat_of([('a.png', [mat_person([point(16, 1, 1, 1)])]), ('b.png', [])], [1, 1]))
    with pytest.raises(ValueError, match=r'joints 0\.\.15, got 16'):
        read_mpii_mat(tmp_path / 'joint.mat')


def test_flags_of_every_kind(tmp_path):
    flags = [0, 0.0, '0', False, 1, 1.0, '1', True, np.zeros((0, 0))]
    person = mat_person([point(number, 5, 6, flag) for number, flag in enumerate(flags)])
    savemat(tmp_path / 'mpii.mat', mat_of([('a.png', [person]), ('b.png', [])], [1, 1]))
    (read,) = read_mpii_mat(tmp_path / 'mpii.mat')
    assert read.visible.nonzero()[0].tolist() == list(range(9))
    assert read.occluded.nonzero()[0].tolist() == [0, 1, 2, 3]


NAN = float('nan')


@pytest.mark.parametrize(
    ('changes', 'says'),
    [
        ({'annopoints': {'point': point('abc', 1, 1, 1)}}, "id of a joint: expected a number, got 'abc'"),
        ({'annopoints': {'point': point(NAN, 1, 1, 1)}}, 'id of a joint: expected a finite'),
        ({'annopoints': {'point': point(2.5, 1, 1, 1)}}, r'joints 0\.\.15, got 2\.5'),
        ({'annopoints': {'point': point(2, 1, 1e9, 1)}}, 'joint 2: y: expected a finite'),
        ({'annopoints': {'point': point(2, 1, 1, 'seen')}}, "joint 2: is_visible: expected a number, got 'seen'"),
        ({'objpos': {'x': NAN, 'y': 2.0}}, 'objpos: x: expected a finite'),
        ({'objpos': {'x': 3.0, 'y': 'q'}}, "objpos: y: expected a number, got 'q'"),
        ({'scale': 'large'}, "scale: expected a number, got 'large'"),
        ({'scale': NAN}, 'scale: expected a finite'),
        ({'scale': -1.0}, 'there is no crop'),
    ],
)
def test_wrong_numbers_of_the_official_file_are_named(tmp_path, changes, says):
    person = mat_person([point(0, 1, 1, 1)]) | changes
    savemat(tmp_path / 'mpii.mat', mat_of([('b.png', []), ('a.png', [person])], [1, 1]))
    with pytest.raises(ValueError, match=rf'mpii.mat: person 0 of a.png.*{says}'):
        read_mpii_mat(tmp_path / 'mpii.mat')
    problems = []
    assert read_mpii_mat(tmp_path / 'mpii.mat', problems.append) == []
    assert len(problems) == 1


def test_a_picture_without_a_name_is_refused(tmp_path):
    savemat(tmp_path / 'mpii.mat', mat_of([('', [mat_person([point(0, 1, 1, 1)])]), ('b.png', [])], [1, 1]))
    with pytest.raises(ValueError, match=r'image 0 of annolist is malformed.*its name is no text'):
        read_mpii_mat(tmp_path / 'mpii.mat')


def test_persons_are_named_by_their_pictures(write):
    root = write([entry(), entry(image='more.v2/b'), entry(), entry(image='a')])
    (root / 'images' / 'more.v2').mkdir()
    for name in ('more.v2/b', 'a'):
        (root / 'images' / name).write_bytes(b'')
    people = MPIIDataset(str(root), 'train.json')
    assert [people.get_data_info(i)['img_id'] for i in range(4)] == ['a_0', 'more.v2_b_0', 'a_1', 'a_2']


def test_a_link_that_leads_out_is_refused(write, tmp_path):
    root = write([entry(), entry(image='out.png')])
    (root / 'images' / 'out.png').symlink_to(tmp_path / 'train.json')
    with pytest.raises(ValueError, match=r"train.json: entry 1: 'out.png' leads out of .* through a link"):
        MPIIDataset(str(root), 'train.json')


def test_rendered_people_keep_their_joints(tmp_path):
    write_small_mpii(tmp_path, 2)
    steps = [LoadPersonImage(), PersonAffine((96, 96), test_mode=True), PoseTargets(), PackSPDInputs()]
    people = MPIIDataset(str(tmp_path), 'annotations/train.json', pipeline=steps)
    for number in range(2):
        rendered, sample = sample_person(number, 128, 96), people[number]['data_samples']
        known = np.isfinite(rendered.joints).all(axis=1)
        np.testing.assert_array_equal(sample.gt_instances.keypoints_visible[0] > 0, known)
        np.testing.assert_allclose(
            sample.gt_instances.keypoints[0][known] + sample.crop[:2], rendered.joints[known], atol=1e-4
        )


def test_real_samples(real_data, tmp_path):
    """The curler of 005808361 looks at us: her right wrist is on the picture's left."""
    (tmp_path / 'images').symlink_to(real_data / 'pose' / 'mpii')
    (tmp_path / 'test_mpii.json').symlink_to(real_data / 'pose' / 'mpii' / 'test_mpii.json')
    people = MPIIDataset(str(tmp_path), 'test_mpii.json', on_missing='skip', pipeline=[LoadPersonImage()])
    assert [people[i]['img_id'] for i in range(len(people))] == ['005808361_0', '004645041_0']
    curler = people[0]
    right, left = (curler['keypoints'][0, JOINTS.index(name), 0] for name in ('right_wrist', 'left_wrist'))
    assert right < left
    # No joint is missing there; at the truck both ankles are.
    assert curler['keypoints_visible'].sum() == 16
    assert people[1]['keypoints_visible'][0].tolist() == [0] + [1] * 4 + [0] + [1] * 10
    height, width = curler['img'].shape[:2]
    assert ((curler['keypoints'][0] >= 0) & (curler['keypoints'][0] < (width, height))).all()
