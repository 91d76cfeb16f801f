#!/bin/sh
# django-oscar 4.2.1: "migrate" fails on an empty database if a database router sends reads to a replica.
#
# Expected: data migrations use the connection that is being migrated, as Django's documentation advises, so a router
# that reads from a replica (the example of Django's own documentation) does not matter to them.
# Seen: a data migration of the catalogue reads through the router. The replica does not have what the open transaction
# of the migration has just added, and the command ends with "no such column". Without the router it passes.
# Here the replica is the same SQLite file over a second connection: no lag at all, and it fails already.
#
# Seen on 29 November 2026 with django-oscar 4.2.1, Django 5.2.19, Python 3.11. Needs no server.
# Exits with 0 if this is what happens, with 1 if not.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -q django-oscar==4.2.1 Django==5.2.19 sorl-thumbnail==12.11.0
cat > settings.py <<'PYTHON'
from oscar.defaults import *

SECRET_KEY = "only for this finding"
USE_TZ = True
SITE_ID = 1
ROOT_URLCONF = "urls"
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.messages", "django.contrib.sites", "django.contrib.staticfiles", "django.contrib.flatpages",
    "oscar.config.Shop", "oscar.apps.analytics.apps.AnalyticsConfig", "oscar.apps.checkout.apps.CheckoutConfig",
    "oscar.apps.address.apps.AddressConfig", "oscar.apps.shipping.apps.ShippingConfig",
    "oscar.apps.catalogue.apps.CatalogueConfig", "oscar.apps.catalogue.reviews.apps.CatalogueReviewsConfig",
    "oscar.apps.communication.apps.CommunicationConfig", "oscar.apps.partner.apps.PartnerConfig",
    "oscar.apps.basket.apps.BasketConfig", "oscar.apps.payment.apps.PaymentConfig", "oscar.apps.offer.apps.OfferConfig",
    "oscar.apps.order.apps.OrderConfig", "oscar.apps.customer.apps.CustomerConfig",
    "oscar.apps.search.apps.SearchConfig", "oscar.apps.voucher.apps.VoucherConfig",
    "oscar.apps.wishlists.apps.WishlistsConfig", "oscar.apps.dashboard.apps.DashboardConfig",
    "oscar.apps.dashboard.reports.apps.ReportsDashboardConfig", "oscar.apps.dashboard.users.apps.UsersDashboardConfig",
    "oscar.apps.dashboard.orders.apps.OrdersDashboardConfig",
    "oscar.apps.dashboard.catalogue.apps.CatalogueDashboardConfig",
    "oscar.apps.dashboard.offers.apps.OffersDashboardConfig",
    "oscar.apps.dashboard.partners.apps.PartnersDashboardConfig",
    "oscar.apps.dashboard.pages.apps.PagesDashboardConfig", "oscar.apps.dashboard.ranges.apps.RangesDashboardConfig",
    "oscar.apps.dashboard.reviews.apps.ReviewsDashboardConfig",
    "oscar.apps.dashboard.vouchers.apps.VouchersDashboardConfig",
    "oscar.apps.dashboard.communications.apps.CommunicationsDashboardConfig",
    "oscar.apps.dashboard.shipping.apps.ShippingDashboardConfig",
    "widget_tweaks", "haystack", "treebeard", "sorl.thumbnail", "django_tables2",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
HAYSTACK_CONNECTIONS = {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}}
PYTHON
cat > plain.py <<'PYTHON'
from settings import *

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "plain.sqlite3"}}
PYTHON
cat > replicated.py <<'PYTHON'
from settings import *

DATABASES = {
    alias: {"ENGINE": "django.db.backends.sqlite3", "NAME": "replicated.sqlite3"} for alias in ("default", "replica")
}
DATABASE_ROUTERS = ["replicated.Router"]

class Router:
    def db_for_read(self, model, **hints):
        return "replica"

    def db_for_write(self, model, **hints):
        return "default"

    def allow_relation(self, first, second, **hints):
        return True

    def allow_migrate(self, db, app_label, **hints):
        return db == "default"
PYTHON
echo "urlpatterns = []" > urls.py
migrated() { # settings: whether the command succeeds
  if PYTHONPATH=. DJANGO_SETTINGS_MODULE=$1 venv/bin/django-admin migrate --skip-checks > "$1.log" 2>&1; then
    echo yes
  else
    echo no
  fi
}
plain=$(migrated plain)
replicated=$(migrated replicated)
tail -n 1 replicated.log
echo "django-oscar 4.2.1 migrates: $plain; with a router that reads from a replica: $replicated"
if [ "$plain" = yes ] && [ "$replicated" = no ] && grep -q "no such column: catalogue_option" replicated.log; then
  echo "as told"
else
  tail -n 3 plain.log
  echo "NOT as told"
  exit 1
fi
