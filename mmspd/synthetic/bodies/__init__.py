"""The parametric body, what lies where on it, and meshes that move with it."""
