"""Hands granian's requests to a front without a task of the event loop for each.

granian's own way runs a coroutine on the event loop for every request: two more changes of threads, which cost a read
a quarter of its time (docs/decisions/0026). What is used here is not public, so granian is pinned to its minor release.
"""

import asyncio
from functools import partial
from typing import Any

from granian import _futures
from granian._granian import CallbackScheduler
from granian.server import mp

from profiles_project.serving.front import Front


def schedule_directly(front: Front) -> None:
    """Make this process's server give every request directly to the threads of the front."""

    class Scheduler(CallbackScheduler):
        __slots__ = ()

        def __init__(self, *arguments: Any) -> None:
            super().__init__()
            self._schedule_fn = front.lanes.arrivals.put

    def new_scheduler(loop: asyncio.AbstractEventLoop, callback: Any, impl_asyncio: bool = False) -> Scheduler:  # noqa: FBT001, FBT002  # granian's signature
        made: Any = _futures
        # As the original does.
        enter, leave = partial(made._aio_taskenter, loop), partial(made._aio_taskleave, loop)  # noqa: SLF001  # see above
        return Scheduler(loop, callback, None, enter, leave)

    server: Any = mp
    if not callable(server._new_cbscheduler):  # noqa: SLF001  # see above
        raise TypeError("This release of granian makes its schedulers in another way.")
    server._new_cbscheduler = new_scheduler  # noqa: SLF001  # see above
