from django.db import models
from oscar.apps.catalogue.models import Product


class Book(Product):
    """A product with a table of its own besides."""

    pages = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "books"  # Or it would be that of Oscar's abstract product.


class OnSale(Product):
    """The same products under another name."""

    class Meta:
        proxy = True
        app_label = "books"
