"""Text files of a .tar.zst, read without unpacking it: what it holds is data, never something to write to a path of its choosing."""

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import zstandard

from sotto_train.errors import UserError


def texts(path: Path, suffixes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Names and contents of the regular files with one of these endings."""
    try:
        with open(path, "rb") as file:
            stream = io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(file))
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for member in archive:
                    if member.isfile() and member.name.endswith(suffixes):
                        yield member.name, archive.extractfile(member).read().decode("utf-8")
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}; give the archive of this source") from None
    except (zstandard.ZstdError, tarfile.TarError):
        raise UserError(f"{path} is no .tar.zst or is cut; fetch it again") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} holds a file that is not UTF-8; fetch it again") from None
