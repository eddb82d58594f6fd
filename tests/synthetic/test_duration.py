import pytest

from mmspd.synthetic.files.duration import estimated_seconds


def test_estimate_has_the_documented_rates():
    for size, rate in (((256, 192), 8.0), ((384, 384), 5.0)):
        one = estimated_seconds(1001, size, 1) - estimated_seconds(1, size, 1)
        assert 1000 / one == pytest.approx(rate, rel=0.01)
        four = estimated_seconds(1001, size, 4) - estimated_seconds(1, size, 4)
        assert one / four == pytest.approx(4)
    assert estimated_seconds(10, (256, 192), 0) == estimated_seconds(10, (256, 192), 1)
