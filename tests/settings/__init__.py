"""Settings of the two projects the tests run as: ``default`` uses the shipped tables, ``own`` its own."""
