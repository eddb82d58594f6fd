"""Readers and writers of data sets' files; each refuses what is not of its format, by file, entry and field."""
