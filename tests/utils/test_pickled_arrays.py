"""Arrays found in pickles that are not executed."""

import io
import pickle
import struct

import numpy as np
import pytest

from mmspd.utils.pickled_arrays import find_array, read_array
from tests.utils.hostile import live_payloads

# Every byte is among them, so quotes, line ends and backslashes, too; and more than one piece of a long string.
VALUES = np.arange(256, dtype=np.uint8).repeat(4).reshape(4, 256).T.ravel()
ARRAY = np.concatenate([VALUES] * 300).view(np.float32)[:, None]
SMALL = np.arange(3, dtype=np.float64)


def write(tmp_path, content):
    path = tmp_path / 'some.pkl'
    path.write_bytes(content)
    return path


def values_of(path, name='Pdist_matrix'):
    return np.concatenate(list(read_array(find_array(path, name))))


def python_2(protocol, array):
    """A dictionary with an array as Python 2 and its numpy pickled it."""
    head = 'cnumpy.core.multiarray\n_reconstruct\np1\n(cnumpy\nndarray\np2\n(I0\ntp3\nS"b"\np4\ntp5\nRp6\n'
    kind = f"(I1\n(I{len(array)}\nI1\ntp7\ncnumpy\ndtype\np8\n(S'{array.dtype.str[1:]}'\np9\nI0\nI1\ntp10\nRp11\n"
    kind += "(I3\nS'<'\np12\nNNNI-1\nI-1\nI0\ntp13\nb"
    values, start = array.tobytes(), "(dp0\nS'Pdist_matrix'\np14\n"
    if protocol == 0:
        text = 'I00\nS' + repr(values)[1:] + '\np15\ntp16\nbs.'
        return (start + head + kind + text).encode('latin-1')
    return (start + head + kind + 'I00\n').encode() + b'T' + struct.pack('<i', len(values)) + values + b'tbs.'


@pytest.mark.parametrize('protocol', [1, 2, 3, 4, 5])
@pytest.mark.parametrize('content', [{'Pdist_matrix': ARRAY, 'other': 3}, ARRAY], ids=['dictionary', 'array'])
def test_arrays_of_python_3(tmp_path, protocol, content):
    path = write(tmp_path, pickle.dumps(content, protocol=protocol))
    found = find_array(path, 'Pdist_matrix')
    assert (found.shape, found.dtype, found.column_major) == (ARRAY.shape, ARRAY.dtype, False)
    assert values_of(path).tobytes() == ARRAY.tobytes()


@pytest.mark.parametrize('protocol', [0, 1])
@pytest.mark.parametrize('array', [ARRAY, SMALL[:, None]], ids=['long', 'short'])
def test_arrays_of_python_2(tmp_path, protocol, array):
    content = python_2(protocol, array)
    # The text above is what pickle itself takes for such an array.
    assert pickle.loads(content, encoding='latin1')['Pdist_matrix'].tobytes() == array.tobytes()
    assert values_of(write(tmp_path, content)).tobytes() == array.tobytes()


def test_a_real_pickle_of_python_2(real_data):
    path = real_data / 'densepose' / 'demo_dp_single_ann.pkl'
    x = values_of(path, 'x')
    assert x.shape == (125,)
    assert ((x > 0) & (x < 1000)).all()


@pytest.mark.parametrize('protocol', [2, 4, 5])
def test_short_arrays_of_other_shapes_and_types(tmp_path, protocol):
    columns = np.asfortranarray(np.arange(6, dtype='>i2').reshape(2, 3))
    path = write(tmp_path, pickle.dumps({'a': columns, 'b': SMALL}, protocol=protocol))
    found = find_array(path, 'a')
    assert (found.shape, found.dtype.str, found.column_major) == ((2, 3), '>i2', True)
    assert values_of(path, 'a').tolist() == [0, 3, 1, 4, 2, 5]
    np.testing.assert_array_equal(values_of(path, 'b'), SMALL)


@pytest.mark.parametrize('name', ['os', 'builtins', 'numpy'])
@pytest.mark.parametrize('protocol', [0, 2, 4])
@pytest.mark.parametrize('place', ['top', 'value', 'state'])
def test_nothing_is_executed(tmp_path, name, protocol, place):
    marker = tmp_path / 'executed'
    payload = live_payloads(marker)[name]
    content = {'top': payload, 'value': {'Pdist_matrix': payload}, 'state': {'Pdist_matrix': SMALL, 'b': [payload]}}[
        place
    ]
    path = write(tmp_path, pickle.dumps(content, protocol=protocol))
    with pytest.raises(ValueError, match=r'some\.pkl: not a pickle of numpy arrays.*Nothing in it was executed'):
        find_array(path, 'Pdist_matrix')
    assert not list(tmp_path.glob('executed*'))
    # The payload does work where pickles are executed.
    pickle.loads(path.read_bytes())
    assert list(tmp_path.glob('executed*'))


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (b'', 'the file ends'),
        (b'cos\nsystem\n.', r'os\.system, which is not allowed'),
        (b'\x80\x04\x8c\x08builtins\x8c\x07getattr\x93.', r'builtins\.getattr, which is not allowed'),
        (b'c_codecs\nencode\n(Va\nVrot13\ntR.', r"instruction b'V'"),
        (b'c_codecs\nencode\n(X\x01\0\0\0aX\x05\0\0\0rot13tR.', 'another encoding'),
        (b'\x80\x06.', 'protocol of at most 5'),
        (b'K\x01K\x02R.', 'no class'),
        (b'}K\x01b.', 'has none'),
        (b'K\x01K\x02K\x03s.', 'no dictionary'),
        (b't.', 'pop from empty list'),
        (b'h\x05.', '5'),
        (b'}K\x01h\x00s.', '0'),
        (b'S\'abc\n.', 'without quotes'),
        (b'S\'abc', 'does not end'),
        (b'(' * 20000, 'more than 10000 instructions'),
        (b'T\xff\xff\xff\x7f.', 'the file is cut off'),
        (b'T\xff\xff\xff\xff.', 'the file is cut off'),
        (pickle.dumps({}), r"an array 'Pdist_matrix' in it, got \[\]"),
        (pickle.dumps(3), 'expected an array, got int'),
        (pickle.dumps({'Pdist_matrix': np.array(['text'])}, protocol=4), 'plain numbers were expected'),
        (pickle.dumps(np.float64(3)), 'expected an array'),
    ],
)  # fmt: skip
def test_other_pickles_are_refused(tmp_path, content, message):
    with pytest.raises(ValueError, match=rf'some\.pkl: .*{message}'):
        find_array(write(tmp_path, content), 'Pdist_matrix')


@pytest.mark.parametrize('content', [pickle.dumps(SMALL, 2), pickle.dumps(SMALL, 4), python_2(0, SMALL[:, None])])
def test_every_shorter_file_is_refused(tmp_path, content):
    for length in range(len(content)):
        path = write(tmp_path, content[:length])
        with pytest.raises(ValueError, match=r'some\.pkl'):
            find_array(path, 'Pdist_matrix')


def test_scattered_damage_never_gives_another_error(tmp_path):
    rng = np.random.default_rng(0)
    refused = 0
    pickles = [pickle.dumps({'Pdist_matrix': SMALL}, protocol) for protocol in (2, 4, 5)]
    for whole in [*pickles, python_2(0, SMALL[:, None])]:
        for _ in range(300):
            damaged = bytearray(whole)
            for place in rng.integers(0, len(whole), 2):
                damaged[place] = rng.integers(0, 256)
            path = write(tmp_path, bytes(damaged))
            try:
                values_of(path)
            except ValueError as error:
                refused += 'some.pkl' in str(error)
    assert refused > 600


@pytest.mark.parametrize('values', [b'\\x41' * 3, b'\\x4', b'\\x41' * 9], ids=['fewer', 'half', 'more'])
def test_literals_of_another_length_are_refused(tmp_path, values):
    content = python_2(0, np.zeros((1, 1)))
    zeros = repr(bytes(8))[1:].encode()
    assert zeros in content
    path = write(tmp_path, content.replace(zeros, b"'" + values + b"'"))
    with pytest.raises(ValueError, match=r'some\.pkl'):
        values_of(path)


def test_a_long_array_is_not_read_to_be_found(tmp_path):
    # 2 GB of zeros of which the disk holds nothing.
    head, tail = pickle.dumps({'Pdist_matrix': np.ones(1000)}, protocol=4).split(np.ones(1000).tobytes())
    count = 2**28
    head = head.replace(b'B' + struct.pack('<I', 8000), b'\x8e' + struct.pack('<Q', 8 * count))
    head = head.replace(b'M' + struct.pack('<H', 1000), b'J' + struct.pack('<i', count))
    path = tmp_path / 'some.pkl'
    with path.open('wb') as file:
        file.write(head)
        file.seek(8 * count, io.SEEK_CUR)
        file.write(tail)
    found = find_array(path, 'Pdist_matrix')
    assert found.shape == (count,)
    assert found.values.offset + 8 * count + len(tail) == path.stat().st_size
    assert not next(read_array(found)).any()
