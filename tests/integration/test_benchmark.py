"""The benchmark of configs: what it runs, counts and reports. Times are a made-up clock's."""

import importlib
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config
from torch import nn

from mmspd.registry import MODELS
from tests.models.tiny import tiny_spd

TOOLS = Path(__file__).resolve().parents[2] / 'tools' / 'analysis'
SGD = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=1e-3, momentum=0.9))
SMALL = ['--size', '64', '48', '--matmul-size', '64']
ABLATIONS = dict(
    spd={},
    s=dict(pose_head=None, densepose_head=None),
    p=dict(seg_head=None, densepose_head=None),
)


@pytest.fixture(scope='module')
def tool():
    """The benchmark's modules by the part of their names after ``benchmark_``, and ``main``."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(TOOLS)
        names = dict(main='benchmark', costs='benchmark_costs', jobs='benchmark_jobs', rounds='benchmark_rounds')
        yield SimpleNamespace(**{key: importlib.import_module(name) for key, name in names.items()})


@pytest.fixture(scope='module')
def configs(tmp_path_factory):
    """Config files of tiny models by name."""
    folder = tmp_path_factory.mktemp('configs')
    for name, changes in ABLATIONS.items():
        cfg = Config(dict(default_scope='mmspd', model=tiny_spd(**changes), optim_wrapper=SGD))
        cfg.dump(folder / f'{name}.py')
    return {name: str(folder / f'{name}.py') for name in ABLATIONS}


@pytest.fixture
def run(tool, monkeypatch, tmp_path, capsys):
    """Runs the tool and returns its JSON and what it printed."""

    def call(*arguments):
        out = tmp_path / 'deep' / 'report.json'
        monkeypatch.setattr('sys.argv', ['tools/analysis/benchmark.py', *arguments, *SMALL, '--out', str(out)])
        tool.main.main()
        assert [path.name for path in out.parent.iterdir()] == ['report.json']
        return json.loads(out.read_text()), capsys.readouterr().out

    return call


def numbers_of(report):
    return [{key: value for key, value in entry.items() if key != 'task'} for entry in report['entries']]


def test_report_of_entries_and_groups(run, configs):
    spd, single, pair = configs['spd'], configs['s'], f'{configs["s"]}+{configs["p"]}'
    report, printed = run(spd, pair, single, '--predict', '--batch', '2', '--repeats', '3')
    assert [(entry['name'], entry['task']) for entry in report['entries']] == [
        (name, task) for name in ('spd', 's+p', 's') for task in ('forward', 'predict')
    ]
    matmul = report['matmul']
    assert matmul['dtype'] == 'float32'
    assert matmul['flops_per_s'] == pytest.approx(2 * 64**3 / np.median(matmul['seconds']))
    seconds = {(entry['name'], entry['task']): np.array(entry['seconds']) for entry in report['entries']}
    for entry in report['entries']:
        own = seconds[entry['name'], entry['task']]
        assert own.shape == (3,)
        assert entry['median_s'] == np.median(own)
        assert own.min() <= entry['p10_s'] <= entry['median_s'] <= entry['p90_s'] <= own.max()
        assert entry['ratio'] == pytest.approx(np.median(own / seconds['spd', 'forward']))
        assert entry['ratio_to_forward'] == pytest.approx(np.median(own / seconds[entry['name'], 'forward']))
        assert entry['images_per_s'] == pytest.approx(2 / entry['median_s'])
        assert entry['of_matmul'] == pytest.approx(entry['flops'] / entry['median_s'] / matmul['flops_per_s'])
        assert entry['name'] + ', ' + entry['task'] in printed
        assert entry['peak_bytes'] > entry['resident_bytes'] > 4 * entry['parameters']
    assert report['machine']['torch'] == torch.__version__
    assert report['machine']['threads'] == torch.get_num_threads()
    assert report['command'].startswith('python tools/analysis/benchmark.py ')
    assert report['settings']['size'] == [64, 48]
    assert {'date', 'command', 'machine', 'settings', 'entries', 'matmul'} == report.keys()


def test_a_group_costs_the_sum_of_its_members(run, configs):
    group = f'{configs["s"]}+{configs["p"]}+{configs["p"]}'  # one model, run twice
    report, printed = run(configs['s'], configs['p'], group, '--repeats', '0')
    s, p, both = numbers_of(report)
    assert both['flops'] == s['flops'] + 2 * p['flops']
    assert both['parameters'] == s['parameters'] + p['parameters']
    assert both['resident_bytes'] == s['resident_bytes'] + p['resident_bytes']
    transient = max(each['peak_bytes'] - each['resident_bytes'] for each in (s, p))
    assert both['peak_bytes'] == both['resident_bytes'] + transient
    assert 'matmul' not in report
    assert 'median_s' not in s
    assert 'images/s' not in printed


def test_costs_are_those_of_the_model(run, configs, tool):
    report, _ = run(configs['spd'], '--batch', '3', '--repeats', '0')
    model_cost = importlib.import_module('model_cost')
    model = MODELS.build(model_cost.load_config(Path(configs['spd'])).model).eval()
    parameters, flops = model_cost.model_cost(model, (64, 48))['total']
    assert (report['entries'][0]['parameters'], report['entries'][0]['flops']) == (parameters, 3 * flops)
    stays = [*model.parameters(), *model.buffers(), torch.zeros(3, 3, 64, 48)]
    assert report['entries'][0]['resident_bytes'] == sum(each.nbytes for each in stays)


@pytest.mark.parametrize('options', [[], ['--amp']])
def test_a_training_step_is_counted_with_its_gradients_and_momentum(run, configs, options):
    forward = numbers_of(run(configs['spd'], '--batch', '2', '--repeats', '0', *options)[0])[0]
    step = numbers_of(run(configs['spd'], '--mode', 'train', '--batch', '2', '--repeats', '0', *options)[0])[0]
    # Gradients of inputs and of weights take as much as the forward pass; the pictures need none.
    assert 2.8 * forward['flops'] < step['flops'] < 3 * forward['flops']
    inputs = 2 * 3 * 64 * 48 * 4
    assert step['resident_bytes'] == forward['resident_bytes'] - inputs + 4 * step['parameters']  # the momentum
    assert step['peak_bytes'] > step['resident_bytes'] + 4 * step['parameters']  # the gradients


def test_training_is_timed_and_changes_the_weights(tool, configs, run):
    report, _ = run(configs['p'], '--mode', 'train', '--repeats', '1', '--warmup', '0')
    assert report['entries'][0]['task'] == 'train'
    assert len(report['entries'][0]['seconds']) == 1
    workload = tool.jobs.Workload((64, 48), 2, (50, 30), torch.device('cpu'), False)
    (entry,) = tool.jobs.make_entries([[Path(configs['p'])]], workload, ['train'], {})
    before = [weight.clone() for weight in entry.subjects[0].model.parameters()]
    entry.run()
    after = entry.subjects[0].model.parameters()
    assert any(not torch.equal(old, new) for old, new in zip(before, after, strict=True))


def test_predictions_are_of_the_original_size(tool, configs):
    workload = tool.jobs.Workload((64, 48), 2, (50, 30), torch.device('cpu'), False)
    (entry,) = tool.jobs.make_entries([[Path(configs['spd'])]], workload, ['predict'], {})
    subject = entry.subjects[0]
    assert not subject.model.training
    found = subject.model.test_step(subject.batch)
    assert [sample.pred_sem_seg.shape for sample in found] == [(50, 30)] * 2
    assert torch.allclose(found[0].pred_surface.bboxes, torch.tensor([[0.0, 0.0, 30.0, 50.0]]))


def test_options_go_to_every_config(run, configs):
    plain = numbers_of(run(configs['spd'], configs['s'], '--repeats', '0')[0])
    without = numbers_of(
        run(configs['spd'], configs['s'], '--repeats', '0', '--cfg-options', 'model.densepose_head=None')[0]
    )
    assert without[0]['parameters'] < plain[0]['parameters']
    assert without[1] == plain[1]


@pytest.mark.skipif(not hasattr(torch.compiler, 'set_stance'), reason='compiled code cannot be left aside')
def test_fast_models_are_rewritten_and_count_as_they_were(run, configs, tool, monkeypatch):
    rewritten = []
    prepare = tool.jobs.prepare_for_inference
    monkeypatch.setattr(tool.jobs, 'prepare_for_inference', lambda model: rewritten.append(prepare(model)))
    plain, _ = run(configs['spd'], '--repeats', '0')
    assert rewritten == []
    fast, _ = run(configs['spd'], '--repeats', '1', '--fast')
    assert [type(model).__name__ for model in rewritten] == ['SPD']
    assert not any(isinstance(module, nn.BatchNorm2d) for module in rewritten[0].modules())
    for key in ('parameters', 'flops'):
        assert fast['entries'][0][key] == plain['entries'][0][key] > 0


def test_compiled_models_are_counted_as_if_they_were_not(run, configs):
    plain, compiled = (
        numbers_of(run(configs['spd'], '--repeats', '0', *options)[0])[0]
        for options in ([], ['--cfg-options', 'model.compile_modules.backend=eager'])
    )
    assert compiled == plain


def test_flops_of_gradients_by_hand(tool):
    model = nn.Sequential(nn.Conv2d(4, 8, 3, groups=4, bias=False), nn.ConvTranspose2d(8, 6, 4, stride=2))
    inputs = torch.rand(2, 4, 10, 10)
    costs = tool.costs.count_costs(
        lambda: model(inputs).sum().backward(), [model], list(model.parameters()), torch.device('cpu')
    )
    # For one picture, 8x8 outputs of 8 channels from 3x3 places of 1; and 8x8 inputs of 8 channels to 4x4 places of 6.
    first, second = 8 * 8 * 8 * 3 * 3, 8 * 8 * 8 * 4 * 4 * 6
    # Forward and gradient of the weight; of the inputs, too, but for the first, whose inputs are data.
    assert costs['flops'] == 2 * 2 * (2 * first + 3 * second)
    assert costs['parameters'] == 8 * 9 + 8 * 6 * 16 + 6


class Clock:
    """Time that passes only in runs, and the order of these."""

    def __init__(self, monkeypatch, durations):
        self.now, self.order, self.durations = 0.0, [], durations
        monkeypatch.setattr('time.perf_counter', lambda: self.now)

    def run(self, name):
        def one():
            taken = self.durations[name][self.order.count(name)]
            self.order.append(name)
            if taken is None:
                raise KeyboardInterrupt
            self.now += taken

        return one


def test_every_round_begins_with_another_run(tool, monkeypatch):
    clock = Clock(monkeypatch, dict(a=[9, 1, 2, 3], b=[9, 10, 20, 30], c=[9, 100, 200, 300]))
    waits = []
    seconds = tool.rounds.time_rounds([clock.run(name) for name in 'abc'], 3, 1, lambda: waits.append(clock.now))
    assert ''.join(clock.order) == 'abcbcacababc'
    assert seconds.tolist() == [[1, 10, 100], [2, 20, 200], [3, 30, 300]]
    assert len(waits) == 2 * 12


def test_an_interrupt_keeps_whole_rounds(tool, monkeypatch, capsys):
    clock = Clock(monkeypatch, dict(a=[9, 1, 2, 3], b=[9, 10, 20, None]))
    seconds = tool.rounds.time_rounds([clock.run(name) for name in 'ab'], 5, 1)
    assert seconds.tolist() == [[1, 10], [2, 20]]
    assert '2 of 5 rounds' in capsys.readouterr().err
    clock = Clock(monkeypatch, dict(a=[9, 1], b=[9, None]))
    with pytest.raises(KeyboardInterrupt):
        tool.rounds.time_rounds([clock.run(name) for name in 'ab'], 5, 1)


def test_summary_by_hand(tool):
    seconds, reference = np.array([1.0, 4.0, 3.0]), np.array([1.0, 2.0, 6.0])
    # Percentiles between the sorted 1, 3, 4; ratios of the rounds 1, 2 and 0.5, where the medians' would be 1.5.
    expected = dict(median_s=3.0, p10_s=1.4, p90_s=3.8, ratio=1.0)
    assert tool.rounds.summarise(seconds, reference) == pytest.approx(expected)


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['missing.py'], 'no such config file: missing.py'),
        (['{spd}+missing.py'], 'no such config file: missing.py'),
        (['{spd}', '--repeats', '-1'], '--repeats: expected at least 0, got -1'),
        (['{spd}', '--batch', '0'], '--batch: expected at least 1, got 0'),
        (['{spd}', '--size', '64', '8'], '--size: expected at least 16, got [64, 8]'),
        (['{spd}', '--threads', '0'], '--threads: expected at least 1, got 0'),
        (['{spd}', '--matmul-size', '0'], '--matmul-size: expected at least 1, got 0'),
        (['{spd}', '--mode', 'train', '--predict'], '--predict is for --mode infer'),
        (['{spd}', '--mode', 'train', '--fast'], '--fast is for --mode infer'),
        (['{spd}', '--device', 'abacus'], 'abacus'),
        (['{spd}', '--device', 'meta'], 'expected cpu or cuda, got meta'),
        (['{spd}', '--out', '{folder}'], 'expected a file'),
    ],
)
def test_bad_arguments_are_refused_before_anything_runs(tool, configs, capsys, arguments, message):
    places = dict(configs, folder=str(Path(configs['spd']).parent))
    with pytest.raises(SystemExit) as error:
        tool.main.parse_args([argument.format(**places) for argument in arguments])
    assert error.value.code == 2
    assert message in capsys.readouterr().err


def test_a_file_may_have_a_plus_in_its_name(tool, tmp_path):
    path = tmp_path / 'a+b.py'
    path.touch()
    assert tool.main.parse_args([str(path)]).configs == [[path]]
