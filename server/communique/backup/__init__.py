"""A dataset as one file that proves itself, and back again.

A backup is a tar archive, compressed by gzip, that any tar can unpack.  Its first member lists the
others with size and SHA-256; equal datasets give equal archives.
"""

from __future__ import annotations

from communique.backup.archive import Contents, Member
from communique.backup.restoring import Restored, restore
from communique.backup.saving import Backup, save

__all__ = ["Backup", "Contents", "Member", "Restored", "restore", "save"]
