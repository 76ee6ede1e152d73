"""A SentencePiece model as the training road uses it: plain text never becomes a marker, and tokens know their place in the text."""

from dataclasses import dataclass
from pathlib import Path

import sentencepiece

from sotto_train.errors import UserError

MODEL_NAME = "tokenizer.model"
CONFIG_NAME = "tokenizer_config.json"
# Control pieces, not user-defined ones: the library finds user-defined pieces in whatever a user types, so that a message could forge a
# turn; control pieces stand only where the chat format puts them, and the engine takes <|im_end|> for the end of an answer only if it is
# one.
IM_START, IM_END = "<|im_start|>", "<|im_end|>"
IDS = {"pad": 0, "unk": 1, "bos": 2, "eos": 3, "im_start": 4, "im_end": 5}


@dataclass
class Placed:
    """Tokens of a text with the code points each covers; the bytes of one character share its place."""

    ids: list[int]
    places: list[tuple[int, int]]

    def tokens_of(self, start: int, end: int) -> tuple[int, int] | None:
        """First and last token that touch text[start:end], or None."""
        touching = [i for i, (begin, stop) in enumerate(self.places) if begin < end and stop > start]
        return (touching[0], touching[-1]) if touching else None


class Tokenizer:
    """Const after construction. `path` is a .model file or the folder that `sotto-train tokenizer` wrote."""

    def __init__(self, path: Path):
        path = Path(path)
        self.path = path / MODEL_NAME if path.is_dir() else path
        try:
            self.model = self.path.read_bytes()
            self._pieces = sentencepiece.SentencePieceProcessor(model_proto=self.model)
        except OSError as error:
            raise UserError(f"cannot read {self.path}: {error.strerror}; give what `sotto-train tokenizer` wrote") from None
        except RuntimeError:
            raise UserError(f"{self.path} is no SentencePiece model; give what `sotto-train tokenizer` wrote") from None
        for name, id in (("im_start", self._pieces.piece_to_id(IM_START)), ("im_end", self._pieces.piece_to_id(IM_END))):
            if not self._pieces.is_control(id):
                raise UserError(f"{self.path} has no control piece for {name}; train one with `sotto-train tokenizer`")
            setattr(self, name, id)
        self.pad, self.bos, self.eos = (max(id, 0) for id in (self._pieces.pad_id(), self._pieces.bos_id(), self._pieces.eos_id()))
        if len(self) > 1 << 16:
            raise UserError(f"{self.path} has {len(self)} pieces, at most 65536 fit the packed format; train a smaller one")

    im_start: int
    im_end: int

    def __len__(self) -> int:
        return self._pieces.vocab_size()

    def encode(self, text: str) -> list[int]:
        return self._pieces.encode(text)

    def encode_placed(self, text: str) -> Placed:
        if not text:
            return Placed([], [])
        ids, places = [], []
        pending = 0  # byte pieces before the one that carries the character
        for piece in self._pieces.encode(text, out_type="immutable_proto").pieces:
            ids.append(piece.id)
            if piece.begin == piece.end:
                pending += 1
                continue
            places += [(piece.begin, piece.end)] * (pending + 1)
            pending = 0
        return Placed(ids, places + [(len(text), len(text))] * pending)

    def decode(self, ids: list[int]) -> str:
        return self._pieces.decode(ids)

    def piece(self, id: int) -> str:
        return self._pieces.id_to_piece(id)
