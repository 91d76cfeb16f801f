"""The URL converter of a message's ``seq``. Importing this module registers it."""

from django.urls import register_converter
from django.urls.converters import IntConverter


class SeqConverter(IntConverter):
    """A message's ``seq`` in its canonical form: without leading zeros, and within the range of the database."""

    regex = "0|[1-9][0-9]{0,17}"


register_converter(SeqConverter, "pairchat_seq")
