import html.parser
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmspd.checking import RULES, Finding, Findings, check_datasets
from mmspd.checking.findings import SEVERITIES
from mmspd.checking.parallel import processes_may_die, read_in_processes
from mmspd.checking.report import printable, summary, write_reports
from mmspd.checking.sources import datasets_of_config, datasets_of_kind, open_datasets
from mmspd.engine import set_data_root
from tests.checking.test_defects import swapped_joints
from tests.checking.test_file_defects import truncated_image
from tests.checking.trees import image_of, names

ROOT = Path(__file__).resolve().parents[2]


class Page(html.parser.HTMLParser):
    """What a page refers to, and its text."""

    def __init__(self, text):
        super().__init__()
        self.sources, self.text = [], ''
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.sources += [value for name, value in attributes if name in ('src', 'href')]

    def handle_data(self, data):
        self.text += data


def run_tool(*arguments):
    command = [sys.executable, 'tools/datasets/check.py', *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_findings_count_all_and_keep_some():
    findings = Findings(keep=2)
    findings.extend(Finding('label-empty', f'm{number}', 'train', f's{number}') for number in range(5))
    findings.add(Finding('label-empty', 'other', 'val'))
    findings.add(Finding('file-missing', 'gone', 'val'))
    assert findings.by_rule() == {'file-missing': 1, 'label-empty': 6}
    assert [finding.message for finding in findings.kept] == ['m0', 'm1', 'other', 'gone']
    assert (findings.total('error'), findings.total('warning'), findings.total('note')) == (1, 6, 0)
    assert findings.verdict(9) == 'BROKEN: 9 samples, 1 errors, 6 warnings, 0 notes. Mend the errors before training'
    with pytest.raises(ValueError, match="no rule 'nonsense'"):
        findings.add(Finding('nonsense', '', 'train'))


def test_every_rule_says_what_it_means_and_what_to_do():
    assert all(rule.severity in SEVERITIES and rule.title and rule.remedy for rule in RULES.values())


def test_reports_show_what_was_found(people, tmp_path):
    truncated_image(people)
    swapped_joints(people)
    # A name that would be markup in the page.
    for path in (people / 'train_id.txt', people / 'TrainVal_pose_annotations/lip_train_set.csv'):
        path.write_text(path.read_text().replace(names(people)[1], '<b>&'))
    checked = check_datasets(datasets_of_kind('lip', people))
    palettes = {name: [(0, 0, 0)] * 20 for name in checked.samples}
    json_file, html_file = write_reports(checked, tmp_path / 'new' / 'out', 'a <title>', palettes)
    content = json.loads(json_file.read_text())
    assert content['verdict'] == checked.verdict
    assert content['samples'] == checked.samples
    assert {rule['name']: rule['count'] for rule in content['rules']} == checked.findings.by_rule()
    assert content['findings'][0]['severity'] == 'error'
    page = Page(html_file.read_text())
    assert checked.verdict in page.text
    assert 'a <title>' in page.text
    assert '<b>&' in page.text
    assert all(rule.title in page.text for rule in map(RULES.get, checked.findings.by_rule()))
    # Pictures are in the page itself; nothing is fetched from elsewhere.
    assert sum(source.startswith('data:image/jpeg;base64,') for source in page.sources) >= 3
    assert all(source.startswith(('data:', '#')) for source in page.sources)
    assert sorted(path.name for path in html_file.parent.iterdir()) == ['check.html', 'check.json']


def test_a_configs_data_sets_come_once(people):
    init_default_scope('mmspd')
    loader = {'dataset': {'type': 'LIPMultiTaskDataset', 'data_root': str(people), 'split': 'train', 'pipeline': []}}
    val = {'dataset': loader['dataset'] | {'split': 'val', 'test_mode': True}}
    cfg = Config({'train_dataloader': loader, 'val_dataloader': val, 'test_dataloader': val})
    datasets = datasets_of_config(cfg)
    assert [(name, dataset.split) for name, dataset in datasets.items()] == [('train', 'train'), ('val', 'val')]
    with pytest.raises(ValueError, match='has none of train_dataloader'):
        datasets_of_config(Config({'test_dataloader': None}))
    with pytest.raises(FileNotFoundError, match='holds no split'):
        datasets_of_kind('lip', people / 'TrainVal_images')


def test_the_command_says_it_with_its_exit_code(people, tmp_path):
    good = run_tool('--kind', 'lip', people, '--out', tmp_path / 'a', '--workers', '1', '--strict')
    assert good.returncode == 0, good.stderr
    assert good.stdout.splitlines()[-1].startswith('GOOD: 11 samples')
    image_of(people).unlink()
    bad = run_tool('--kind', 'lip', people, '--out', tmp_path / 'b', '--workers', '0', '--limit', '3')
    assert bad.returncode == 1
    assert 'file-missing' in bad.stdout
    assert bad.stdout.splitlines()[-1].startswith('BROKEN: 6 samples, 1 errors')
    assert (tmp_path / 'b' / 'check.html').is_file()
    nothing = run_tool('--kind', 'lip', tmp_path / 'nowhere')
    assert nothing.returncode == 2
    assert 'expected the data set' in nothing.stderr


def test_names_do_no_harm_to_terminal_and_page(people, tmp_path):
    hostile = 'a\x1b[31m\u202e<script>\'"'
    for path in (people / 'train_id.txt', people / 'TrainVal_pose_annotations/lip_train_set.csv'):
        path.write_text(path.read_text().replace(names(people)[0], hostile))
    checked = check_datasets(datasets_of_kind('lip', people))
    shown = '\n'.join(summary(checked))
    assert 'a\\x1b[31m\\u202e<script>' in shown
    assert '\x1b' not in shown
    title = os.fsdecode(b'root \xff')
    json_file, html_file = write_reports(checked, tmp_path / 'out', title, {'train': [], 'val': []})
    page = html_file.read_text()
    assert '<script>' not in page
    assert '\x1b' not in page
    assert 'root \\udcff' in page
    assert json.loads(json_file.read_text())['title'] == title
    assert printable('plain ä 漢 text') == 'plain ä 漢 text'


class Dying:
    """Items of which the twenty-first kills the process that takes it."""

    def __len__(self):
        return 40

    def __getitem__(self, index):
        if index == 20:
            os.kill(os.getpid(), signal.SIGKILL)
        return index


def test_a_process_that_dies_is_told_with_a_remedy():
    with (
        pytest.raises(RuntimeError, match=r'a process that read samples died \(.*with fewer workers'),
        processes_may_die(),
    ):
        list(read_in_processes(Dying(), 2))


def test_other_errors_stay_what_they_are():
    with pytest.raises(RuntimeError, match=r'^something else$'), processes_may_die():
        raise RuntimeError('something else')


def test_an_interrupted_check_writes_nothing(people, tmp_path):
    program = (
        'import runpy, sys\n'
        'import mmspd.checking.samples as samples\n'
        'def stop(*args): raise KeyboardInterrupt\n'
        'samples.SampleChecker.__getitem__ = stop\n'
        f'sys.argv = ["", "--kind", "lip", {str(people)!r}, "--workers", "0", "--out", {str(tmp_path / "o")!r}]\n'
        'runpy.run_path("tools/datasets/check.py", run_name="__main__")\n'
    )
    done = subprocess.run([sys.executable, '-c', program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 130, done.stderr
    assert 'stopped: no report was written' in done.stderr
    assert not (tmp_path / 'o').exists()


def test_a_folder_is_named_once(people):
    with pytest.raises(ValueError, match='--data-root is for a config'):
        open_datasets(people, 'lip', str(people), set_data_root)
    with pytest.raises(FileNotFoundError, match='expected a config file'):
        open_datasets(people, None, None, set_data_root)


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('x = (', r'c.py: not a config, .*never closed'),
        ('x = 1', 'has none of train_dataloader'),
        (
            "train_dataloader = dict(dataset=dict(type='Nope'))",
            r'train_dataloader.dataset cannot be built: Nope is not',
        ),
        ("train_dataloader = dict(dataset=dict(type='LIPMultiTaskDataset'))", 'cannot be built: .*data_root'),
    ],
)
def test_a_config_without_usable_data_sets_is_refused(tmp_path, text, message):
    (tmp_path / 'c.py').write_text(text)
    with pytest.raises(ValueError, match=message):
        open_datasets(tmp_path / 'c.py', None, None, set_data_root)
