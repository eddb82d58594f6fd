import pytest

from mmspd.web.limits import InputError
from mmspd.web.store import Store


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def store(now):
    made = Store(100, 60, lambda: now[0], share=1)
    yield made
    made.close()


def test_files_are_found_by_token_and_name(store):
    first, second = store.put({'a': b'one', 'b': b'two'}, 'me'), store.put({'a': b'three'}, 'me')
    assert first != second
    assert [store.get(first, 'a'), store.get(first, 'b'), store.get(second, 'a')] == [b'one', b'two', b'three']
    assert store.get(second, 'b') is None
    assert store.get('unknown', 'a') is None


def test_only_the_owner_may_look_into_the_folder(store):
    token = store.put({'a': b'1'}, 'me')
    assert store.folder.stat().st_mode & 0o077 == 0
    assert (store.folder / token).stat().st_mode & 0o077 == 0


def test_no_path_of_a_request_is_followed(store):
    token = store.put({'a': b'1'}, 'me')
    (store.folder / token / 'secret').write_bytes(b'2')
    for name in ('secret', '../' + token + '/a', './a', '/etc/passwd', ''):
        assert store.get(token, name) is None
    assert store.get('.', 'a') is None
    assert store.get('', 'a') is None


def test_oldest_go_when_there_is_too_much(store):
    tokens = [store.put({'a': bytes(40)}, 'me') for _ in range(3)]
    assert [store.get(token, 'a') is None for token in tokens] == [True, False, False]
    assert len(list(store.folder.iterdir())) == 2
    with pytest.raises(InputError, match='101 bytes'):
        store.put({'a': bytes(100), 'b': b'1'}, 'me')
    assert store.get(tokens[1], 'a') == bytes(40)


def test_nobody_drives_out_the_files_of_others(now):
    store = Store(100, 60, lambda: now[0])
    of_one = store.put({'a': bytes(20)}, 'one')
    mine = [store.put({'a': bytes(size)}, 'me') for size in (10, 10, 5, 8)]
    assert [store.get(token, 'a') is None for token in mine] == [True, False, False, False]  # 10 + 5 + 8 of 25
    assert store.get(of_one, 'a') == bytes(20)
    with pytest.raises(InputError, match='26 bytes'):
        store.put({'a': bytes(26)}, 'me')
    store.close()


def test_files_go_with_time(store, now):
    old = store.put({'a': b'1'}, 'me')
    now[0] = 30.0
    young = store.put({'a': b'2'}, 'me')
    now[0] = 59.0
    assert store.get(old, 'a') == b'1'
    now[0] = 60.0
    store.sweep()
    assert [path.name for path in store.folder.iterdir()] == [young]
    assert store.get(old, 'a') is None


def test_nothing_remains_at_the_end(now):
    store = Store(100, 60, lambda: now[0])
    token = store.put({'a': b'1'}, 'me')
    store.close()
    assert not store.folder.exists()
    assert store.get(token, 'a') is None
