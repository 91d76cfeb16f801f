from blog.models import BlogPage
from listings.people import add, add_staff
from wagtail.models import Page, Site


def fill():
    author = add("minji")
    add("juwon")
    add_staff()
    root = Page.get_first_root_node()
    index = root.add_child(instance=BlogPage(title="All breads", slug="breads", owner=author))
    bread = index.add_child(instance=BlogPage(title="Sourdough", slug="sourdough", owner=author, body="<p>Of rye.</p>"))
    Site.objects.update_or_create(is_default_site=True, defaults={"hostname": "127.0.0.1", "root_page": index})
    return bread.get_url()
