"""The files of an archive by their path within it, read without unpacking anything onto the disk."""

import tarfile
from pathlib import Path, PurePosixPath

from outage.errors import FileError

MOST_BYTES = 512 * 1024 * 1024
"""Of all files together; whoever has more has logs of weeks in it."""
WANTED = (".json", ".yaml", ".yml", ".log")
FileBodies = dict[str, bytes]


def archived_files(path: Path) -> FileBodies:
    """Read the files of a tar archive, compressed or not.

    Args:
        path: Of the archive. Links in it are not followed, and names that lead out of it are left out.

    Raises:
        FileError: It is no such archive, or holds more than `MOST_BYTES`. Permanent.
    """
    found: FileBodies = {}
    total = 0
    try:
        with tarfile.open(path) as archive:
            for one in archive:
                if not one.isfile() or not one.name.endswith(WANTED) or ".." in PurePosixPath(one.name).parts:
                    continue
                total += one.size
                if total > MOST_BYTES:
                    raise FileError(f"read archive {path}: it holds more than {MOST_BYTES // 2**20} MB")
                body = archive.extractfile(one)
                found[one.name.removeprefix("./")] = body.read() if body else b""
    except (tarfile.TarError, EOFError) as error:
        raise FileError(f"read archive {path}: it is no tar archive: {error}") from error
    except OSError as error:
        raise FileError(f"read archive {path}: {error.strerror or error}") from error
    return found


def below(files: FileBodies, folder: str) -> FileBodies:
    """The files under the outermost folder of this name; empty when there is none."""
    parted = [name.split("/")[:-1] for name in files]
    roots = {"/".join([*parts[: parts.index(folder)], ""]) for parts in parted if folder in parts}
    if not roots:
        return {}
    root = min(roots, key=lambda one: (one.count("/"), one))
    whole = root.lstrip("/")
    return {
        name.removeprefix(whole): body for name, body in files.items() if name.startswith(f"{whole}{folder}/")
    }
