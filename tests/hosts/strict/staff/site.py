from django.utils.csp import CSP
from django.views.decorators.csp import csp_override
from unfold.sites import UnfoldAdminSite

# Unfold's pages have scripts and styles within them.
OF_UNFOLD = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.UNSAFE_INLINE, CSP.UNSAFE_EVAL],
    "style-src": [CSP.SELF, CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "data:"],
}


class AdminSite(UnfoldAdminSite):
    def admin_view(self, view, cacheable=False):
        return csp_override(OF_UNFOLD)(super().admin_view(view, cacheable))
