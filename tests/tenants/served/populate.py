"""Makes two tenants, at the two names that this machine has for itself, with people and rooms of the same keys."""

from __future__ import annotations

import django

django.setup()

from django.contrib.auth import get_user_model  # noqa: E402 - after the line that it must come after
from django.core.management import call_command  # noqa: E402 - must come after it, too
from django_tenants.utils import get_tenant_domain_model, get_tenant_model, schema_context  # noqa: E402 - must come after it, too

from django_pairchat import services  # noqa: E402 - must come after it, too
from tests.tenants.served import HOSTS  # noqa: E402 - must come after it, too

call_command("migrate_schemas", shared=True, run_syncdb=True, verbosity=0)
for name, host in HOSTS.items():
    site = get_tenant_model()(schema_name=name, name=name)
    site.save(verbosity=0)
    get_tenant_domain_model().objects.create(domain=host, tenant=site, is_primary=True)
    with schema_context(name):
        users = get_user_model()._default_manager
        room = services.open_room(*(users.create(pk=pk, username=word) for pk, word in ((1, "minji"), (2, "juwon"))))
        print(room.pk)
