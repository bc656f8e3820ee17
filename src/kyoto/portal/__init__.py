"""The portal: what a build published, as web pages for people and as a service for machines.

:class:`~kyoto.portal.store.Store` watches the build of a project and hands out whole, unchanging snapshots of it. Pages
and services read snapshots alone, so that a build which is replaced while they work never shows them a mixture of the
old and the new.
"""

from kyoto.portal.snapshot import Snapshot
from kyoto.portal.store import Store

__all__ = ["Snapshot", "Store"]
