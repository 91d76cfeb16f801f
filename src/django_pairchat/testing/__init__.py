"""For the tests of a host project: chat without threads, an open page to talk through, channel layers that fail.

Nothing here needs pytest. In a ``TestCase``::

    class ChatTests(TestCase):
        async def test_the_seller_gets_the_message(self):
            with inline():
                async with ChatCommunicator(buyer) as page, ChatCommunicator(seller) as other_page:
                    await page.send(room, "Is it still there?")
                    event = await other_page.event("message")

Tests whose transactions are committed (``TransactionTestCase``, ``django_db(transaction=True)``) run the chat as a
server does, without ``inline()``, and call :func:`stop_live_threads` at their end.
"""

from .communicator import ChatCommunicator
from .layers import BrokenChannelLayer, LayerAround, LossyChannelLayer, StrictChannelLayer
from .threads import inline, stop_live_threads

__all__ = [
    "BrokenChannelLayer",
    "ChatCommunicator",
    "LayerAround",
    "LossyChannelLayer",
    "StrictChannelLayer",
    "inline",
    "stop_live_threads",
]
