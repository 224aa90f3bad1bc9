"""`hpexp clean`: what to delete, decided first; then deleting it."""

from __future__ import annotations

from hpexp.clean.clean import Cleaning, clean, prepare
from hpexp.clean.doomed import Choice
from hpexp.clean.say import announcement, as_json, kept, summary

__all__ = ["Choice", "Cleaning", "announcement", "as_json", "clean", "kept", "prepare", "summary"]
