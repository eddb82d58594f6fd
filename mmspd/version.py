"""The version, the only copy: ``setup.cfg`` reads it from here."""

__version__ = '0.1.0'
