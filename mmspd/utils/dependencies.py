"""Checks, without importing any of them, that the packages mmspd stands on are there and new enough."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec

from packaging.specifiers import SpecifierSet


@dataclass(frozen=True)
class Dependency:
    """One importable package.

    Attributes:
        module (str): The name by which it is imported.
        supported (Mapping[str, str]): Each distribution that provides the module -> the versions of it that mmspd
            supports, as a PEP 440 specifier.
        remedy (str): The command that installs a supported version.
    """

    module: str
    supported: Mapping[str, str]
    remedy: str


_MMLAB_REMEDY = (
    'pip install "onedl-mmcv>=2.3.6" "onedl-mmengine>=0.10.12" "onedl-mmsegmentation>=1.4.2"'
    '  (or the original packages, never both: see requirements/openmmlab.txt)'
)

DEPENDENCIES: tuple[Dependency, ...] = (
    Dependency('torch', {'torch': '>=2.0'}, 'pip install "torch>=2.0"'),
    Dependency('numpy', {'numpy': '>=1.22'}, 'pip install "numpy>=1.22"'),
    Dependency(
        'mmengine',
        {'onedl-mmengine': '>=0.10.8,<1', 'mmengine': '>=0.10,<1', 'mmengine-lite': '>=0.10,<1'},
        _MMLAB_REMEDY,
    ),
    # mmsegmentation 1.2.2 itself refuses mmcv 2.2.
    Dependency('mmcv', {'onedl-mmcv': '>=2.3,<3', 'mmcv': '>=2.0,<2.2', 'mmcv-lite': '>=2.0,<2.2'}, _MMLAB_REMEDY),
    Dependency('mmseg', {'onedl-mmsegmentation': '>=1.4,<2', 'mmsegmentation': '>=1.2.2,<2'}, _MMLAB_REMEDY),
    Dependency(
        'mmpose',
        {'mmpose': '>=1.3,<1.4'},
        'pip install munkres json-tricks && pip install --no-deps mmpose==1.3.2  (its chumpy does not build)',
    ),
    Dependency('pycocotools', {'pycocotools': '>=2.0.6'}, 'pip install "pycocotools>=2.0.6"'),
)


def _importable(module: str) -> bool:
    """Whether a top-level module can be found; it is not imported."""
    try:
        return find_spec(module) is not None
    except ValueError:  # a module that another program put into sys.modules by hand has no specification
        return True


def _installed_version(distribution: str) -> str | None:
    """Version of an installed distribution, None when it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def find_problem(dependency: Dependency) -> str | None:
    """What is wrong with one dependency.

    A module without an installed distribution (a source tree on the path) has no version to judge and passes.

    Args:
        dependency (Dependency): What to look for.

    Returns:
        str | None: One sentence with the name, the version found and the versions needed; None when all is well.
    """
    if not _importable(dependency.module):
        wanted = ' or '.join(f'{name}{versions}' for name, versions in dependency.supported.items())
        return f'{dependency.module} is missing (needed: {wanted})'
    for name, versions in dependency.supported.items():
        found = _installed_version(name)
        if found is not None and not SpecifierSet(versions).contains(found, prereleases=True):
            return f'{dependency.module} comes from {name} {found}, which is not supported (needed: {name}{versions})'
    return None


def check_dependencies(dependencies: tuple[Dependency, ...] = DEPENDENCIES) -> None:
    """Make sure that every dependency can be imported in a supported version.

    Args:
        dependencies (tuple[Dependency, ...]): What to check.

    Raises:
        ImportError: Something is missing or outside its supported versions; the message lists all of it, each with
            the command that puts it right.
    """
    found = [(problem, dependency.remedy) for dependency in dependencies if (problem := find_problem(dependency))]
    if not found:
        return
    problems = '\n'.join(f'  - {problem}' for problem, _ in found)
    remedies = '\n'.join(f'  {remedy}' for remedy in dict.fromkeys(remedy for _, remedy in found))
    raise ImportError(
        f'mmspd cannot be imported:\n{problems}\nTo install what is needed:\n{remedies}\n'
        "or, in mmspd's source tree, run `make setup`, which makes .venv with all of it."
    )
