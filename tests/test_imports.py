"""Rules about the source text: imports point one way, public things are described, nothing names one machine."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Lowest first. A unit may import units of lower layers, and of its own layer only in the lowest.
LAYERS = (
    {'anatomy', 'geometry', 'registry', 'version', 'utils', 'pretrained'},
    {'structures', 'surface'},
    {'codecs', 'synthetic'},
    {'datasets', 'models', 'evaluation', 'visualization'},
    {'checking', 'engine', 'results', 'testing'},
    {'apis', 'reports'},
    {'export', 'web'},
    {'cli'},
    {'__main__'},
)
LAYER_OF = {unit: layer for layer, units in enumerate(LAYERS) for unit in units}
PYTHON_FOLDERS = ('mmspd', 'tools', 'tests', 'configs')
NOT_OURS = re.compile(r'^(\.git|\.venv.*|\.\w+_cache|__pycache__|.*\.egg-info|work_dirs|data|build|dist)$')
TEXT_SUFFIXES = {'.py', '.md', '.txt', '.cfg', '.toml', '.yaml', '.yml', '.json', '.svg', ''}
MACHINE_PATH = re.compile(r'(?<![\w.~/}])/(?:home|root|Users|work|mnt|media|opt|srv)/\w')
REGISTRY_ADDRESS = re.compile(
    r'pypi\.org|pythonhosted\.|--(?:extra-)?index[-]url|--find-[l]inks|download\.pytorch|conda\.anaconda'
)


def our_files(folder=ROOT):
    """Every file of the project, leaving out what is made or downloaded."""
    for path in sorted(folder.iterdir()):
        if NOT_OURS.match(path.name):
            continue
        if path.is_dir():
            yield from our_files(path)
        else:
            yield path


def python_files(*folders):
    return [path for folder in folders for path in our_files(ROOT / folder) if path.suffix == '.py']


def imported_names(tree, package):
    """Absolute dotted names that a module imports, at any depth; ``from a import b`` gives ``a`` and ``a.b``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            module = '.'.join([*above, *([node.module] if node.module else [])])
            yield module
            yield from (f'{module}.{alias.name}' for alias in node.names)


def names_in(path):
    package = path.relative_to(ROOT).with_suffix('').parts[:-1]
    return set(imported_names(ast.parse(path.read_text(encoding='utf-8')), list(package)))


def wrong_imports(unit, names):
    """The names that the unit must not import."""
    wrong = []
    for name in names:
        head, *rest = name.split('.')
        if head in ('tools', 'tests', 'configs'):
            wrong.append(name)
        elif head == 'mmspd' and rest:
            here, there = LAYER_OF[unit], LAYER_OF.get(rest[0], -1)  # unknown: a name of the front door itself
            if rest[0] != unit and not (there < here or there == here == 0):
                wrong.append(name)
    return wrong


def test_rule_by_hand():
    assert wrong_imports('models', ['mmspd.datasets.lip', 'mmspd.codecs', 'mmspd.models.losses', 'torch']) == [
        'mmspd.datasets.lip'
    ]
    assert wrong_imports('codecs', ['mmspd.models', 'mmspd.structures.SPDDataSample']) == ['mmspd.models']
    assert wrong_imports('anatomy', ['mmspd.geometry', 'mmspd.structures']) == ['mmspd.structures']
    assert wrong_imports('testing', ['mmspd.datasets', 'mmspd.apis', 'tests.conftest']) == [
        'mmspd.apis',
        'tests.conftest',
    ]
    assert set(imported_names(ast.parse('from . import a\nfrom ..b import c'), ['mmspd', 'x'])) == {
        'mmspd.x', 'mmspd.x.a', 'mmspd.b', 'mmspd.b.c',
    }  # fmt: skip


@pytest.mark.parametrize('path', python_files('mmspd'), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path):
    parts = path.relative_to(ROOT / 'mmspd').with_suffix('').parts
    if parts == ('__init__',):
        return  # the package's front door imports all of it
    unit = parts[0]
    assert unit in LAYER_OF, f'mmspd/{unit} stands in no layer: add it to LAYERS'
    wrong = wrong_imports(unit, names_in(path))
    assert not wrong, f'{unit} (layer {LAYER_OF[unit]}) imports {wrong}'


def test_neither_torchvision_nor_compiled_operators():
    """torchvision does not import beside every PyTorch build, and mmcv.ops exists only where mmcv was compiled."""
    files = python_files(*PYTHON_FOLDERS)
    assert len(files) > 10
    for path in files:
        forbidden = [name for name in names_in(path) if re.match(r'(torchvision|mmcv\.ops)(\.|$)', name)]
        assert not forbidden, f'{path} imports {forbidden}'


def undescribed(tree):
    """Names of the public classes, functions and methods without a docstring."""
    for node in tree.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith('_'):
            continue
        if ast.get_docstring(node) is None:
            yield node.name
        if isinstance(node, ast.ClassDef):
            yield from (f'{node.name}.{name}' for name in undescribed(node))


def test_public_things_are_described():
    assert list(undescribed(ast.parse('class A:\n    "Text."\n    def b(self): ...\n    def _c(self): ...'))) == ['A.b']
    for path in python_files('mmspd', 'tools'):
        tree = ast.parse(path.read_text(encoding='utf-8'))
        if tree.body:
            assert ast.get_docstring(tree), f'{path} has no docstring'
        assert not list(undescribed(tree)), f'{path}: no docstring for {list(undescribed(tree))}'


def test_no_file_names_one_machine_or_a_package_registry():
    assert MACHINE_PATH.search('see "/home' + '/me/LIP"')
    assert not MACHINE_PATH.search('https://host/opt/page and data/opt/dir')
    files = [path for path in our_files() if path.suffix in TEXT_SUFFIXES]
    assert len(files) > 20
    for path in files:
        text = path.read_text(encoding='utf-8')
        for pattern in (MACHINE_PATH, REGISTRY_ADDRESS):
            found = pattern.search(text)
            assert found is None, f'{path}, line {text[: found.start()].count(chr(10)) + 1}: {found.group()}'


def test_import_registers_both_families():
    """After ``import mmspd`` alone, in a new process, both scopes build both families' components."""
    program = (
        'import mmspd\n'
        'from mmspd.registry import MODELS\n'
        'from mmseg.registry import MODELS as MMSEG\n'
        "head = dict(type='FCNHead', in_channels=4, channels=4, num_classes=2)\n"
        "assert type(MODELS.build(head).loss_decode).__name__ == 'CrossEntropyLoss'\n"
        "assert MMSEG.get('mmspd.SPDSegHead') is MODELS.get('SPDSegHead') is not None\n"
        "assert 'torchvision' not in __import__('sys').modules\n"
        "assert 'numba' not in __import__('sys').modules, 'numba is for the renderer: it is imported on use'\n"
        'print(mmspd.__version__)'
    )
    done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r'\d+\.\d+\.\d+\S*', done.stdout.strip().splitlines()[-1])
    assert 'MultiScaleDeformableAttention' not in done.stderr
