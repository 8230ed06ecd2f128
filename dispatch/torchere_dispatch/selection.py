"""Which plugins may be used: the grammar of ``TORCHERE_PLUGINS`` and ``torchere.plugins.use``.

A selection is a list of items, separated by commas or spaces:

=============  =======================================================================================
``cpu, nn``    only these (and others so listed)
``-onednn``    all but this
``none``       no plugin
``all``        every plugin (the default)
``dist:name``  of several distributions that provide ``name``, this one; alone it leaves out nothing
``-dist:name`` all but the one of this distribution; ``-dist:*`` leaves out everything of it
=============  =======================================================================================

A name is a plugin's name (``onednn``) or its full entry-point name (``cpu.onednn``, ``utils.data``). The standard
operators and the default device stay whatever the list says, unless the device is left out by name (``-cpu``).
"""

from __future__ import annotations

from collections.abc import Iterable

from .state import PluginRecord

__all__ = ["Selection"]


class Selection:
    """A parsed selection. ``source`` says where it came from, for the reason that records show."""

    __slots__ = ("_always", "_choices", "_excluded", "_only", "source", "text")

    def __init__(self, text: str, *, source: str, always: Iterable[tuple[str, str]] = ()) -> None:
        """Parse ``text``. ``always`` are the (kind, entry) pairs that stay. Raises ``ValueError`` for a bad item."""
        self.text = ",".join(text.replace(",", " ").split())
        self.source = source
        self._always = frozenset(always)
        self._only: set[str] | None = None
        self._excluded: set[str] = set()
        self._choices: set[str] = set()
        everything = False
        for item in self.text.split(",") if self.text else ():
            name = item.removeprefix("-")
            if not name or name.startswith("-") or name.endswith(":") or name.startswith(":"):
                raise ValueError(f"{source}: cannot read {item!r}; items are name, -name, dist:name, none or all.")
            if item == "all":
                everything = True
            elif item == "none":
                self._only = self._only or set()
            elif item.startswith("-"):
                self._excluded.add(name)
            else:
                if ":" in name:
                    self._choices.add(name)
                else:
                    self._only = (self._only or set()) | {name}
        if self._only is not None and everything:
            self._only = None

    @property
    def names(self) -> frozenset[str]:
        """Every name the text mentions, to find misspellings."""
        return frozenset(self._excluded | self._choices | (self._only or set()))

    def refusal(self, record: PluginRecord) -> str:
        """Why ``record`` is left out, or ``""`` when it may be used."""
        if any(self.means(name, record) for name in self._excluded):
            if (record.kind, record.entry) not in self._always or record.kind == "device":
                return f"left out by {self.source} = {self.text}"
        if (record.kind, record.entry) in self._always or self._only is None:
            return ""
        if any(self.means(name, record) for name in self._only | self._choices):
            return ""
        return f"not among {self.source} = {self.text}"

    def chooses(self, record: PluginRecord) -> bool:
        """Whether the user named this record's distribution for its name (``dist:name``)."""
        return any(self.means(name, record) for name in self._choices)

    @staticmethod
    def means(name: str, record: PluginRecord) -> bool:
        """Whether ``name`` (``name``, ``entry``, ``dist:name``, ``dist:*``) means ``record``."""
        distribution, colon, plugin = name.rpartition(":")
        if colon and distribution.lower().replace("_", "-") != record.distribution.lower().replace("_", "-"):
            return False
        return plugin in (record.name, record.entry) or (bool(colon) and plugin == "*")
