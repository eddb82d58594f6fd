"""The check that runs before anything else in ``import mmspd``."""

import subprocess
import sys

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from mmspd.utils import dependencies
from mmspd.utils.dependencies import DEPENDENCIES, Dependency, check_dependencies, find_problem


@pytest.fixture
def installed(monkeypatch):
    """Pretend that exactly these distributions are installed and these modules importable."""

    def pretend(modules, versions):
        monkeypatch.setattr(dependencies, '_importable', lambda module: module in modules)
        monkeypatch.setattr(dependencies, '_installed_version', versions.get)

    return pretend


MMSEG = Dependency('mmseg', {'onedl-mmsegmentation': '>=1.4,<2', 'mmsegmentation': '>=1.2.2,<2'}, 'pip install x')


@pytest.mark.parametrize(
    'versions',
    [
        {'onedl-mmsegmentation': '1.4.2'},
        {'mmsegmentation': '1.2.2'},
        {'mmsegmentation': '1.3.0rc1'},
        {},  # a source tree on the path
    ],
)
def test_supported_versions_pass(installed, versions):
    installed({'mmseg'}, versions)
    assert find_problem(MMSEG) is None


@pytest.mark.parametrize(
    ('versions', 'words'),
    [
        ({'mmsegmentation': '1.2.1'}, ['mmsegmentation 1.2.1', '>=1.2.2']),
        ({'mmsegmentation': '0.30.0'}, ['mmsegmentation 0.30.0', '>=1.2.2']),
        ({'onedl-mmsegmentation': '2.0.0'}, ['onedl-mmsegmentation 2.0.0', '<2']),
        ({'onedl-mmsegmentation': '1.4.2', 'mmsegmentation': '0.30.0'}, ['mmsegmentation 0.30.0']),
    ],
)
def test_unsupported_versions_are_named(installed, versions, words):
    installed({'mmseg'}, versions)
    problem = find_problem(MMSEG)
    assert all(word in problem for word in words), problem


def test_local_build_of_torch_is_a_version(installed):
    torch = next(dependency for dependency in DEPENDENCIES if dependency.module == 'torch')
    installed({'torch'}, {'torch': '2.13.0+cpu'})
    assert find_problem(torch) is None
    installed({'torch'}, {'torch': '1.13.1+cu117'})
    assert '1.13.1+cu117' in find_problem(torch)


@pytest.mark.parametrize(
    ('names', 'count'),
    [(('mmlab', 'torch', 'no_deps'), 5), (('openmmlab', 'openmmlab_build', 'no_deps'), 6)],
    ids=['continuation', 'originals'],
)
def test_both_families_that_the_requirements_name_are_supported(root, names, count):
    lines = [line for name in names for line in (root / 'requirements' / f'{name}.txt').read_text().splitlines()]
    supported = {name: dependency for dependency in DEPENDENCIES for name in dependency.supported}
    wanted = [Requirement(line) for line in lines if line and line[0] not in '#-']
    wanted = [requirement for requirement in wanted if requirement.name in supported]
    assert len(wanted) == count
    for requirement in wanted:
        lowest = next(part.version for part in requirement.specifier if part.operator in ('==', '>='))
        assert lowest in SpecifierSet(supported[requirement.name].supported[requirement.name]), requirement


def test_the_original_mmcv_is_what_the_original_mmsegmentation_accepts(installed):
    mmcv = next(dependency for dependency in DEPENDENCIES if dependency.module == 'mmcv')
    installed({'mmcv'}, {'mmcv': '2.1.0'})
    assert find_problem(mmcv) is None
    installed({'mmcv'}, {'mmcv': '2.2.0'})
    assert 'mmcv 2.2.0, which is not supported' in find_problem(mmcv)


def test_all_problems_come_in_one_error(installed):
    installed({'torch', 'numpy', 'mmengine', 'mmcv', 'mmseg'}, {'torch': '1.8.0', 'mmsegmentation': '1.0.0'})
    with pytest.raises(ImportError) as raised:
        check_dependencies()
    message = str(raised.value)
    for expected in (
        'torch comes from torch 1.8.0',
        'mmseg comes from mmsegmentation 1.0.0',
        'mmpose is missing (needed: mmpose>=1.3,<1.4)',
        'pycocotools is missing',
        'pip install --no-deps mmpose==1.3.2',
        'onedl-mmsegmentation>=1.4.2',
        'make setup',
    ):
        assert expected in message
    assert 'mmcv is' not in message
    assert 'numpy comes' not in message


def test_the_environment_of_these_tests_passes():
    check_dependencies()


def test_missing_module_is_found_without_importing(tmp_path, monkeypatch):
    (tmp_path / 'exists_but_fails.py').write_text('raise RuntimeError\n')
    monkeypatch.syspath_prepend(tmp_path)
    assert find_problem(Dependency('exists_but_fails', {'no-such-distribution': '>=1'}, '')) is None
    assert 'no_such_module is missing' in find_problem(Dependency('no_such_module', {'no-such': '>=1'}, ''))


def test_import_fails_early_and_clearly(root, tmp_path):
    """An old mmpose: ``import mmspd`` says so before PyTorch or anything else is imported."""
    information = tmp_path / 'mmpose-0.29.0.dist-info'
    information.mkdir()
    (information / 'METADATA').write_text('Metadata-Version: 2.1\nName: mmpose\nVersion: 0.29.0\n')
    program = (
        f'import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(root)!r}]\n'
        'try:\n    import mmspd\nexcept ImportError as error:\n    print(error)\n'
        "print([name for name in ('torch', 'mmengine', 'mmseg', 'mmpose') if name in sys.modules])\n"
    )
    output = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True, check=True).stdout
    assert 'mmpose comes from mmpose 0.29.0, which is not supported (needed: mmpose>=1.3,<1.4)' in output
    assert output.endswith('[]\n')


def test_mmpose_is_no_requirement_of_the_distribution(root):
    """Its own requirements do not build, so pip must never be asked to resolve them."""
    for name in ('runtime', 'mmlab', 'openmmlab', 'openmmlab_build', 'tests', 'lint', 'optional'):
        lines = (root / 'requirements' / f'{name}.txt').read_text().splitlines()
        assert not [line for line in lines if line.startswith('mmpose')]
    assert 'no_deps' not in (root / 'setup.cfg').read_text()
