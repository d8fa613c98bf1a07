# SPDX-License-Identifier: Apache-2.0
"""What a disk may hold after the power went at some point of a log of writes (`writelog.c`).

The model, harsher than most disks: bytes are safe once a sync of their file ended; of the blocks written since, any
subset may have arrived, whole or not at all. Names (create, rename, unlink) become safe with a sync of their folder;
of those since, a journaled file system keeps some prefix.
"""
import dataclasses
import os
import pathlib
import struct

BLOCK = 4096


@dataclasses.dataclass
class Record:
    kind: str
    path: str
    offset: int
    data: bytes


def read(path):
    data, at, found = pathlib.Path(path).read_bytes(), 0, []
    while at < len(data):
        kind, length = chr(data[at]), struct.unpack_from("<I", data, at + 1)[0]
        at += 5
        name = data[at:at + length].decode()
        at += length
        offset, size = struct.unpack_from("<QI", data, at)
        at += 12
        found.append(Record(kind, name, offset, data[at:at + size]))
        at += size
    return found


class File:
    """One inode: what is safe of it, and what was done since its last sync."""

    def __init__(self):
        self.safe, self.since = bytearray(), []

    def sync(self):
        for change in self.since:
            apply(self.safe, change)
        self.since = []

    def after_a_cut(self, random, chance):
        image = bytearray(self.safe)
        for change in self.since:
            if change[0] == "T":
                if random.random() < chance:
                    apply(image, change)
                continue
            _, offset, data = change
            # A block arrives whole or not at all.
            at = 0
            while at < len(data):
                step = min(len(data) - at, BLOCK - (offset + at) % BLOCK)
                if random.random() < chance:
                    apply(image, ("W", offset + at, data[at:at + step]))
                at += step
        return image


def apply(image, change):
    kind, offset, data = change
    if kind == "T":
        if offset <= len(image):
            del image[offset:]
        else:
            image.extend(bytes(offset - len(image)))
        return
    if offset > len(image):
        image.extend(bytes(offset - len(image)))
    image[offset:offset + len(data)] = data


class Disk:
    """Plays the log forward; at any point tells one of the states that the power may leave."""

    def __init__(self):
        self.names, self.safe_names, self.since = {}, {}, []

    def play(self, record):
        """Takes one change; the sockets' records are nothing to a disk."""
        kind, path = record.kind, record.path
        if kind == "C":
            self.rename_or_so(("C", path, File()))
        elif kind == "R":
            self.rename_or_so(("R", path, record.data.decode()))
        elif kind == "U":
            self.rename_or_so(("U", path, None))
        elif kind in "WT" and path in self.names:
            self.names[path].since.append((kind, record.offset, record.data))
        elif kind == "S":
            if path in self.names:
                self.names[path].sync()
            else:
                self.sync_folder(path)

    def rename_or_so(self, change):
        change_names(self.names, change)
        self.since.append(change)

    def sync_folder(self, folder):
        # The journal commits what came before, too.
        last = max((i for i, change in enumerate(self.since) if os.path.dirname(change[1]) == folder or (
            change[0] == "R" and os.path.dirname(change[2]) == folder)), default=-1)
        for change in self.since[:last + 1]:
            change_names(self.safe_names, change)
        self.since = self.since[last + 1:]

    def after_a_cut(self, random):
        """Path → bytes."""
        names = dict(self.safe_names)
        for change in self.since[:random.randint(0, len(self.since))]:
            change_names(names, change)
        chance = random.choice([0.0, 0.0, 0.5, 0.9, 1.0])
        return {path: file.after_a_cut(random, chance) for path, file in names.items()}

    def now(self):
        """What a reader sees while nothing is cut."""
        images = {}
        for path, file in self.names.items():
            image = bytearray(file.safe)
            for change in file.since:
                apply(image, change)
            images[path] = image
        return images


def change_names(names, change):
    kind, path, other = change
    if kind == "C":
        names[path] = other
    elif kind == "U":
        names.pop(path, None)
    elif path in names:
        names[other] = names.pop(path)
