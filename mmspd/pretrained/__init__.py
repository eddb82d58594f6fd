"""The models that ship with mmspd: weights, how to build each, and its card."""
