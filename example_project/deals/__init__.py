"""Offers and meetings between two people who chat about a post, as cards in their chat."""
