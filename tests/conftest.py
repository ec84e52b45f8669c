"""How many examples property-based tests try: HYPOTHESIS_PROFILE=thorough for many."""

import gc
import os

import pytest
from hypothesis import HealthCheck, settings

import grader  # noqa: F401 - before numpy, whose threads it forbids

settings.register_profile("ordinary", max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ordinary"))


def pytest_addoption(parser):
    parser.addoption("--expect", action="store_true", help="rewrite the expected reports of the examples")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """More than there are cores: a third of the time of a worker goes by in waiting for what it has started."""
    return (os.cpu_count() or 1) * 3 // 2


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Without the garbage collector: thousands of tests are made, all to stay, and it need not look at them again."""
    gc.disable()
    yield
    gc.freeze()
    gc.enable()


def pytest_configure(config):
    # Whoever runs tests in parallel has a thread beside each of them: these forks are not ours to judge. How the
    # commands fork is tested in processes of their own (tests/processes/test_forks.py).
    if "PYTEST_XDIST_WORKER" in os.environ:
        config.addinivalue_line("filterwarnings", "ignore:.*multi-threaded, use of fork:DeprecationWarning")
