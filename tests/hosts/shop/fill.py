import io

from books.models import Book
from django.core.files.base import ContentFile
from listings.people import add, add_staff
from oscar.apps.catalogue.models import ProductClass, ProductImage
from oscar.apps.partner.models import Partner, StockRecord
from PIL import Image


def fill():
    seller = add("minji")
    add("juwon")
    add_staff()
    kind = ProductClass.objects.create(name="Book", requires_shipping=False, track_stock=False)
    book = Book.objects.create(title="Bicycles of the world", product_class=kind, pages=300)
    cover = io.BytesIO()
    Image.new("RGB", (300, 400), "#c0392b").save(cover, "JPEG")
    ProductImage.objects.create(product=book, original=ContentFile(cover.getvalue(), "cover.jpg"))
    partner = Partner.objects.create(name="Second-hand books")
    partner.users.add(seller)
    StockRecord.objects.create(product=book, partner=partner, partner_sku="1", price=10)
    return book.get_absolute_url()
