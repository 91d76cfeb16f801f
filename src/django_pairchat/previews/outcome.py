"""Why a page is not fetched."""


class Refused(Exception):
    """It must not be fetched, or is of no use; trying again changes nothing."""


class NotAllowed(Refused):
    """The policy says no, to this person."""


class Unreachable(Exception):
    """It could not be had this time."""
