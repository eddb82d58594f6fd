"""Learning curves from mmengine's logs."""

from mmspd.reports.curves import read_curve
from tests.reports.runs import write_log


def test_a_resumed_run_is_one_curve_and_later_logs_count(tmp_path):
    write_log(
        tmp_path, [{'loss_seg': 3.0, 'step': 10}, {'dataset/mIoU': 0.1, 'step': 20}, {'loss_seg': 2.0, 'step': 20}]
    )
    resumed = tmp_path / '20260102_000000' / 'vis_data'
    resumed.mkdir(parents=True)
    lines = [
        '{"loss_seg": 1.5, "step": 20}',
        '{"loss_seg": 1, "step": 30}',
        '{"loss_seg": NaN, "step": 40}',
        '{"loss_s',
    ]
    (resumed / 'scalars.json').write_text('\n'.join(lines))
    steps, values = read_curve(tmp_path, 'loss_seg')
    assert steps.tolist() == [10, 20, 30]
    assert values.tolist() == [3.0, 1.5, 1.0]
    assert [array.tolist() for array in read_curve(tmp_path, 'dataset/mIoU')] == [[20], [0.1]]


def test_metrics_of_a_test_run_are_no_point_of_the_curve(tmp_path):
    write_log(tmp_path, [{'dataset/mIoU': 0.5, 'step': 0}, {'dataset/mIoU': 0.4}, 7])
    assert [array.size for array in read_curve(tmp_path, 'dataset/mIoU')] == [0, 0]


def test_a_place_that_is_gone_has_no_curve(tmp_path):
    assert [array.size for array in read_curve(tmp_path / 'gone', 'loss_seg')] == [0, 0]
