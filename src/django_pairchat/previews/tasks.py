"""The worker as a task of ``django.tasks``, which exists since Django 6.0: ``preview.enqueue()``.

Other task queues import every module of this name, on any Django: before 6.0 there is no task in it.
"""

from contextlib import suppress

from .services import fetch_previews

with suppress(ImportError):
    from django.tasks import task

    @task
    def preview() -> dict[str, int]:
        """Fetch what is due, and return how many messages have a preview now, have none, and are tried again."""
        result = fetch_previews()
        return {"shown": result.shown, "without": result.without, "failed": result.failed}
