"""SHA-256 of files, against the standard's own values."""

from mmspd.utils.checksums import file_sha256


def test_known_values(tmp_path, monkeypatch):
    file = tmp_path / 'file'
    file.write_bytes(b'')
    assert file_sha256(file) == 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    file.write_bytes(b'abc')
    assert file_sha256(file) == 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    monkeypatch.setattr('mmspd.utils.checksums._BLOCK', 300_000)  # three whole blocks and a rest
    file.write_bytes(b'a' * 1_000_000)
    assert file_sha256(file) == 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'
