import pytest

from sotto_train.training.schedule import Schedule


def test_rises_then_falls_to_the_floor():
    schedule = Schedule(peak=1.0, steps=100, warmup=0.1, floor=0.1)
    rates = [schedule.rate(step, 0) for step in range(101)]
    assert 0 < rates[0] < rates[5] < rates[10] == 1.0
    assert all(a > b for a, b in zip(rates[10:], rates[11:], strict=False))
    assert rates[100] == pytest.approx(0.1)
    assert rates[55] == pytest.approx(0.55)  # half way down: the mean of peak and floor


@pytest.mark.parametrize("steps", [1, 2, 20, 1000])
def test_never_exceeds_the_peak(steps):
    schedule = Schedule(peak=3e-3, steps=steps, warmup=0.02)
    assert max(schedule.rate(step, 0) for step in range(steps)) <= 3e-3


def test_by_the_clock_steps_do_not_matter():
    schedule = Schedule(peak=1.0, seconds=480, warmup=0.1)
    assert schedule.rate(5, 240) == schedule.rate(5000, 240)
    assert schedule.rate(0, 0) > 0
    assert not schedule.is_over(10**6, 479.9)
    assert schedule.is_over(1, 480)
