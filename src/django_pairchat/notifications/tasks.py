"""The sweep as a task of ``django.tasks``, which exists since Django 6.0: ``notify.enqueue()``.

Other task queues import every module of this name, on any Django: before 6.0 there is no task in it.
"""

from contextlib import suppress

from .sweep import sweep

with suppress(ImportError):
    from django.tasks import task

    @task
    def notify() -> dict[str, int]:
        """Tell everybody who is due, and return how many were told, refused, and are tried again."""
        result = sweep()
        return {"told": result.told, "refused": result.refused, "failed": result.failed}
