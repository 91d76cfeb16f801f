from listings.models import Listing
from listings.people import add, add_staff


def fill():
    author = add("minji@example.com")
    add("juwon@example.com")
    add_staff("staff@example.com")
    return Listing.objects.create(title="Red bicycle", author=author).get_absolute_url()
