import pytest

from mmspd.web.limits import InputError, Limits, RateLimiter


@pytest.mark.parametrize('change', [dict(pixels=0), dict(persons=-1), dict(seconds=1.5), dict(waiting=True)])
def test_limits_are_whole_numbers_from_one(change):
    with pytest.raises(ValueError, match=next(iter(change))):
        Limits(**change)


def test_no_more_pixels_than_are_ever_decoded():
    assert Limits(pixels=8192 * 8192).pixels == 67_108_864
    with pytest.raises(ValueError, match='67108864'):
        Limits(pixels=8192 * 8192 + 1)


def test_rate_counts_the_last_minute_of_each_client():
    now = [0.0]
    limiter = RateLimiter(2, lambda: now[0])
    limiter.take('10.0.0.1')
    now[0] = 20.0
    limiter.take('10.0.0.1')
    now[0] = 30.5
    with pytest.raises(InputError, match=r'2 a minute are allowed\. Try again in 30 s'):
        limiter.take('10.0.0.1')
    limiter.take('10.0.0.2')
    now[0] = 60.0
    limiter.take('10.0.0.1')  # the first is a minute ago, the refused one does not count
    with pytest.raises(InputError, match='in 20 s'):
        limiter.take('10.0.0.1')


def test_addresses_of_one_ipv6_network_are_one_client():
    limiter = RateLimiter(1, lambda: 0.0)
    limiter.take('2001:db8:0:1::1')
    limiter.take('2001:db8:0:2::1')
    limiter.take('::ffff:10.0.0.1')
    limiter.take('::ffff:10.0.0.2')
    limiter.take('testclient')
    for again in ('2001:db8:0:1:ffff::9', '10.0.0.1', 'testclient'):
        with pytest.raises(InputError):
            limiter.take(again)


def test_few_clients_are_remembered(monkeypatch):
    monkeypatch.setattr('mmspd.web.limits._CLIENTS', 2)
    limiter = RateLimiter(1, lambda: 0.0)
    for host in ('10.0.0.1', '10.0.0.2', '10.0.0.3'):
        limiter.take(host)
    limiter.take('10.0.0.1')  # forgotten
    with pytest.raises(InputError):
        limiter.take('10.0.0.3')
