from base import *
from django.templatetags.static import static
from django.utils.csp import CSP

INSTALLED_APPS.insert(0, "unfold.apps.BasicAppConfig")
INSTALLED_APPS[INSTALLED_APPS.index("django.contrib.admin")] = "staff.apps.StaffConfig"
UNFOLD = {"SITE_FAVICONS": [{"rel": "icon", "href": lambda request: static("pairchat/icon.svg")}]}
MIDDLEWARE.insert(1, "django.middleware.csp.ContentSecurityPolicyMiddleware")
TEMPLATES[0]["OPTIONS"]["context_processors"].append("django.template.context_processors.csp")
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.NONCE],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "require-trusted-types-for": ["'script'"],
}

# The chat
INSTALLED_APPS += ["django_pairchat", "django_pairchat.default", "django_pairchat.moderation", "desk"]
MEDIA_ROOT = BASE_DIR / "media"
