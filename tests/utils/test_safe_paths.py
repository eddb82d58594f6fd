import pytest

from mmspd.utils.safe_paths import check_relative, inside


@pytest.mark.parametrize('name', ['a.jpg', 'train2014/a.jpg', './a.jpg', 'a..b/c...jpg', 'ä b.png'])
def test_names_below_a_folder_pass(tmp_path, name):
    check_relative(name, 'here')
    assert inside(tmp_path, name, 'here') == tmp_path / name


@pytest.mark.parametrize(
    'name',
    ['', '.', '/etc/passwd', '../a.jpg', 'a/../../b.jpg', 'a/..', '..\\a.jpg', 'C:\\a.jpg', 'C:a.jpg', 'a\0.jpg'],
)
def test_names_that_could_lead_out_are_refused(tmp_path, name):
    with pytest.raises(ValueError, match=r'^file.json: image 3: expected the name of a file below the data folder'):
        inside(tmp_path, name, 'file.json: image 3')


def test_a_link_does_not_lead_out_either(tmp_path):
    (tmp_path / 'root').mkdir()
    (tmp_path / 'secret.jpg').write_text('secret')
    (tmp_path / 'root' / 'link.jpg').symlink_to(tmp_path / 'secret.jpg')
    (tmp_path / 'root' / 'inner.jpg').symlink_to(tmp_path / 'root' / 'a.jpg')
    with pytest.raises(ValueError, match=r'leads out of .* through a link'):
        inside(tmp_path / 'root', 'link.jpg', 'here')
    assert inside(tmp_path / 'root', 'inner.jpg', 'here').name == 'inner.jpg'


def test_a_root_that_is_a_link_itself_is_fine(tmp_path):
    (tmp_path / 'real').mkdir()
    (tmp_path / 'root').symlink_to(tmp_path / 'real')
    assert inside(tmp_path / 'root', 'a.jpg', 'here') == tmp_path / 'root' / 'a.jpg'
