"""What gdb runs when it opens a program that carries the kmemsim commands.

The modules of kmemsim_gdb stand behind this text in the same section, each as `KMEMSIM_SOURCES[name] = ...`, and are
imported from there: so the commands always fit the program, wherever it was installed or moved to.
"""

import importlib.abc
import importlib.util
import sys

KMEMSIM_SOURCES = {}


class KmemsimModules(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports the package kmemsim_gdb from KMEMSIM_SOURCES."""

    def find_spec(self, name, path=None, target=None):
        package, _, module = name.partition(".")
        if package != "kmemsim_gdb" or (module or "__init__") not in KMEMSIM_SOURCES:
            return None
        return importlib.util.spec_from_loader(name, self, is_package=not module)

    def get_source(self, name):
        return KMEMSIM_SOURCES[name.partition(".")[2] or "__init__"]

    def is_package(self, name):
        return name == "kmemsim_gdb"


def kmemsim_begin():
    """Once for each gdb: a second program, or the shared library beside the program, finds the commands there."""
    if "kmemsim_gdb" not in sys.modules:
        sys.meta_path.append(KmemsimModules())
        import kmemsim_gdb
        kmemsim_gdb.begin()
