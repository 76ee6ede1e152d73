"""Reads WordNet's database files (Debian's package wordnet-base, /usr/share/wordnet) for synonyms that are safe without knowing the sense:
both words mean the same thing in most of their uses."""

import functools
from pathlib import Path

from sotto_train.errors import UserError

FOLDER = Path("/usr/share/wordnet")
_FILES = {"n": "noun", "v": "verb", "a": "adj", "r": "adv"}
_TYPES = {"1": "n", "2": "v", "3": "a", "4": "r", "5": "a"}  # in sense keys; 5: satellite adjectives
_DOMINANT = 0.7  # share of a word's counted uses that its first sense must have
_COUNTED = 2  # uses that must have been counted at all: one says nothing
# Words of commands whose WordNet neighbours nobody says to a device (turn: bend, set: put, light: visible light).
_NEVER = frozenset(
    """turn set play call stop open close wake remind text light lights lamp time alarm timer volume music song weather room
please yes no ok not so very too just also now then here there more most less much many all some any can may might will get make give take
have be do go come like want need let name number list what next last hour minute second day week month year today tomorrow tonight morning
evening night up down on off again back home house show film movie book game news radio station man woman god dick cock screw ass
breast secure procure car motorcar sex fuck shit laid lay made makes person people thing things way""".split()
)


class WordNet:
    """const after construction."""

    def __init__(self, folder: Path = FOLDER):
        self._counts = self._read_counts(folder / "cntlist.rev")
        self._index = {pos: self._read_index(folder / f"index.{name}") for pos, name in _FILES.items()}
        self._data = {pos: self._read(folder / f"data.{name}") for pos, name in _FILES.items()}
        self.synonyms = functools.lru_cache(maxsize=100_000)(self._synonyms)

    @staticmethod
    def _read(path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise UserError(f"cannot read {path}: {error.strerror}; install wordnet-base or give its folder with --wordnet") from None

    def _read_counts(self, path: Path) -> dict[tuple[str, str], list[tuple[int, int]]]:
        """(lemma, part of speech) -> (sense number, uses counted)."""
        counts: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for line in self._read(path).decode().splitlines():
            key, sense, uses = line.rsplit(" ", 2)
            lemma, rest = key.rsplit("%", 1)
            counts.setdefault((lemma, _TYPES[rest[0]]), []).append((int(sense), int(uses)))
        return counts

    def _read_index(self, path: Path) -> dict[str, tuple[int, ...]]:
        """lemma -> offsets of its synsets, the most frequent first."""
        index = {}
        for line in self._read(path).decode().splitlines():
            if not line.startswith(" "):
                parts = line.split()
                count = int(parts[2])
                index[parts[0]] = tuple(int(offset) for offset in parts[-count:])
        return index

    def _words(self, pos: str, offset: int) -> list[str]:
        data = self._data[pos]
        parts = data[offset : data.index(b"\n", offset)].decode().split(" ")
        count = int(parts[3], 16)
        return [parts[4 + 2 * i].split("(")[0] for i in range(count)]

    def _dominant(self, lemma: str, pos: str) -> int | None:
        """The synset that a word means in most of its uses."""
        senses = self._index[pos].get(lemma)
        uses = self._counts.get((lemma, pos), ())
        total = sum(number for _, number in uses)
        if not senses or total < _COUNTED and len(senses) > 1:
            return None
        first = sum(number for sense, number in uses if sense == 1)
        return senses[0] if len(senses) == 1 or first >= _DOMINANT * total else None

    def _synonyms(self, word: str, pos: str) -> tuple[str, ...]:
        """Words whose dominant sense is the dominant sense of this one, and which are used (counted) at all."""
        if word in _NEVER:
            return ()
        synset = self._dominant(word, pos)
        if synset is None:
            return ()
        return tuple(
            other
            for other in self._words(pos, synset)
            if other != word
            and other.isalpha()
            and other.islower()
            and other not in _NEVER
            and self._dominant(other, pos) == synset
            and (other, pos) in self._counts
        )
