"""Where a person is cut from a picture: LIP's rule, and boxes with a margin."""
