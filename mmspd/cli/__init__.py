"""The command line: ``python -m mmspd predict``, ``serve``, ``export``, ``info``."""
