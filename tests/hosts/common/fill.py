"""What is on the site of a host that has nothing else of its own."""

from listings.models import Listing
from listings.people import add, add_staff


def fill(author="minji", reader="juwon"):
    """Return the address of the page with the button."""
    author = add(author)
    add(reader)
    add_staff()
    return Listing.objects.create(title="Red bicycle", author=author).get_absolute_url()
