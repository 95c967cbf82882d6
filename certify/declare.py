"""What a scenario imports to declare the requirement it proves.

from certify.declare import MUST, requirement

@requirement("NFSK8S-SQUASH-002", level=MUST, cites=["exports(5)"], since="0.1")
def test_chown_as_root_is_refused(evidence):
    '''chown as root on a root_squash export fails with EPERM.

    Observed: the client's errno, the owner on the server and the pod's log line.
    '''
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

from certify.errors import EnvironmentFailure, NotSupported, Violation
from certify.requirement import Level, Requirement, attach

__all__ = [
    "INFORMATIVE",
    "MUST",
    "SHOULD",
    "EnvironmentFailure",
    "NotSupported",
    "Violation",
    "requirement",
]

MUST: Final = Level.MUST
SHOULD: Final = Level.SHOULD
INFORMATIVE: Final = Level.INFORMATIVE

_Function = TypeVar("_Function", bound=Callable[..., Any])


def requirement(
    requirement_id: str,
    *,
    level: Level,
    cites: Iterable[str],
    since: str,
    features: Iterable[str] = (),
    versions: Iterable[str] = (),
    needs: Iterable[str] = (),
    asks: Iterable[str] = (),
    each_version: bool = True,
) -> Callable[[_Function], _Function]:
    """Declare that the decorated test proves a requirement, stated by its docstring.

    The docstring's first paragraph is the requirement, the rest says what is observed.
    Raises ValueError at import for a malformed id, no citation or no docstring.
    """

    def declare(function: _Function) -> _Function:
        summary, _, description = inspect.cleandoc(function.__doc__ or "").partition("\n\n")
        attach(
            function,
            Requirement(
                id=requirement_id,
                level=level,
                features=frozenset(features),
                cites=tuple(cites),
                since=since,
                summary=" ".join(summary.split()),
                description=description.strip(),
                versions=tuple(versions),
                needs=tuple(needs),
                asks=tuple(asks),
                each_version=each_version,
            ),
        )
        return function

    return declare
