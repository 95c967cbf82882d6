"""A first look in the lab, built and used by an ordinary user: it passes, and nothing is left."""

from tests.lab_world.first_look import FIRST_LOOK, expect_passed
from tests.lab_world.ordinary_user import OrdinaryUser
from tests.lab_world.suite_run import WHOLE_SUITE, expect_nothing_left, run_suite


def test_the_first_look_passes(ordinary_user: OrdinaryUser) -> None:
    run = run_suite(
        ordinary_user.reports,
        *FIRST_LOOK,
        within=WHOLE_SUITE,
        prefix=ordinary_user.command,
        python=ordinary_user.python,
    )
    expect_passed(run)
    expect_nothing_left(ordinary_user.cache)
    foreign = [file for file in ordinary_user.cache.rglob("*") if file.lstat().st_uid != ordinary_user.uid]
    assert not foreign, "everything in the cache is the user's own"
