"""Tools for the tests of a host project: chat without threads, a client as an open page, channel layers that fail.

Nothing here needs pytest. In a ``TestCase``::

    class ChatTests(TestCase):
        async def test_the_seller_gets_the_message(self):
            with run_inline():
                async with ChatCommunicator(buyer) as page, ChatCommunicator(seller) as other_page:
                    await page.send(room, "Is it still there?")
                    event = await other_page.event("message")

Tests whose transactions are committed (``TransactionTestCase``, ``django_db(transaction=True)``) run the chat as a
server does, without ``run_inline()``. They call :func:`stop_live_threads` at their end.
"""

from .communicator import ChatCommunicator
from .layers import BrokenChannelLayer, LossyChannelLayer, ProxyChannelLayer, StrictChannelLayer
from .threads import node_options, run_inline, stop_live_threads

__all__ = [
    "BrokenChannelLayer",
    "ChatCommunicator",
    "LossyChannelLayer",
    "ProxyChannelLayer",
    "StrictChannelLayer",
    "node_options",
    "run_inline",
    "stop_live_threads",
]
