"""Tests of the example board; they run with its own settings, apart from the library's."""
