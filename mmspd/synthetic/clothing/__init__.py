"""Clothes, shoes, hats, hair and what they are made of."""
