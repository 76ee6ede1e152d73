"""`sotto-train tokenizer`: a SentencePiece model from rows, as much Chinese as English, with a report of how long its texts become."""

import argparse
import io
import json
import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import sentencepiece

from sotto_train import rows
from sotto_train.errors import UserError
from sotto_train.tokens import chat
from sotto_train.tokens.tokenizer import IDS, IM_END, IM_START, CONFIG_NAME, MODEL_NAME, Tokenizer

LINE_BYTES = 4000  # the trainer skips longer lines; texts are split into such
HAN = re.compile(r"[\u3400-\u9fff]")
BORDER = "\x1f"  # no piece is learnt across it; no cleaned text has it
WORD = re.compile(r"[A-Za-z0-9']+")


@dataclass
class TokenizerOptions:
    vocabulary: int = 12288
    model: str = "unigram"
    coverage: float = 0.9995  # of the text's characters; the rest becomes bytes
    megabytes: int = 24  # of text a language
    seed: int = 0
    han_words: bool = False  # pieces may join Han characters


def language_of(line: str) -> str:
    """zh where Han characters weigh at least as much as Latin words: a character is about half a word."""
    return "zh" if len(HAN.findall(line)) >= 2 * len(WORD.findall(line)) else "en"


def lines_of(row: dict) -> Iterator[str]:
    texts = [row.get("text", ""), row.get("other", ""), *(chat.turn_text(turn) for turn in row.get("turns", ()))]
    for text in texts:
        for line in text.splitlines():
            for at in range(0, len(line), LINE_BYTES // 4):
                if piece := line[at : at + LINE_BYTES // 4]:
                    yield piece


def sample(lines: list[str], budget: int, rng: random.Random) -> list[str]:
    """Lines in random order up to a number of bytes. Bytes, because a token covers about as many of either language."""
    lines, taken, size = rng.sample(lines, len(lines)), [], 0
    for line in lines:
        size += len(line.encode())
        if size > budget and taken:
            break
        taken.append(line)
    return taken


def balanced(wanted: Iterable[dict], options: TokenizerOptions) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Lines to train on and lines to measure on, a language each. Measured are rows of dev and test; where
    there are none, some of the sample."""
    pools: dict[str, dict[str, list[str]]] = {"train": {"zh": [], "en": []}, "other": {"zh": [], "en": []}}
    for row in wanted:
        pool = pools["train" if row["split"] == "train" else "other"]
        for line in lines_of(row):
            pool[language_of(line)].append(line)
    rng = random.Random(options.seed)
    sizes = [sum(len(line.encode()) for line in lines) for lines in pools["train"].values() if lines]
    if not sizes:
        raise UserError("the rows hold no text of the train split; the tokenizer learns from that only")
    budget = min(min(sizes), options.megabytes << 20)
    train = {lang: sample(lines, budget, rng) for lang, lines in pools["train"].items() if lines}
    measured = {lang: sample(pools["other"][lang] or train[lang], 1 << 20, rng) for lang in train}
    return train, measured


def train(lines: list[str], options: TokenizerOptions) -> bytes:
    model = io.BytesIO()
    if not options.han_words:
        lines = [HAN.sub(f"{BORDER}\\g<0>{BORDER}", line) for line in lines]
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines), model_writer=model, model_type=options.model, vocab_size=options.vocabulary,
            character_coverage=options.coverage, byte_fallback=True, split_digits=True, max_sentence_length=4 * LINE_BYTES,
            # Texts come back as they were, and code points keep their places: nothing is normalised, no space is put before a text.
            normalization_rule_name="identity", add_dummy_prefix=False, remove_extra_whitespaces=False,
            pretokenization_delimiter="" if options.han_words else BORDER,
            control_symbols=[IM_START, IM_END], user_defined_symbols=["\n"],
            pad_id=IDS["pad"], unk_id=IDS["unk"], bos_id=IDS["bos"], eos_id=IDS["eos"],
            num_threads=2, minloglevel=2,
        )  # fmt: skip
    except RuntimeError as error:
        if most := re.search(r"<= (\d+)", str(error)):
            raise UserError(
                f"the text gives a vocabulary of at most {most[1]} pieces, {options.vocabulary} were asked for; "
                f"pass --vocabulary {most[1]} or give more text"
            ) from None
        if least := re.search(r"required_chars\.? *(\d+) vs (\d+)", str(error)):
            raise UserError(f"a vocabulary of {options.vocabulary} pieces does not hold the text's characters; "
                            f"pass --vocabulary {int(least[2]) + 1} or more, or a smaller --coverage") from None  # fmt: skip
        raise UserError(
            f"no tokenizer of {options.vocabulary} pieces can be made of this text: {str(error).splitlines()[-1][:200]}"
        ) from None
    return model.getvalue()


def measure(tokenizer: Tokenizer, lines: list[str]) -> dict[str, float]:
    """Tokens a character and a word, and the share of tokens that are bytes of characters the vocabulary lacks."""
    tokens = characters = words = spelled = 0
    for line in lines:
        ids = tokenizer.encode(line)
        tokens += len(ids)
        characters += len(line)
        words += len(WORD.findall(line)) + len(HAN.findall(line))
        spelled += sum(tokenizer.piece(id).startswith("<0x") for id in ids)
    return {
        "lines": len(lines), "characters": characters, "tokens": tokens, "tokens_per_character": round(tokens / max(characters, 1), 4),
        "tokens_per_word": round(tokens / max(words, 1), 4), "byte_tokens": round(spelled / max(tokens, 1), 6),
    }  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    defaults = TokenizerOptions()
    parser.add_argument("rows", nargs="+", type=Path, help="JSON Lines of rows, plain or .zst; only the train split is learnt from")
    parser.add_argument("--vocabulary", type=int, default=defaults.vocabulary, help="pieces, bytes and markers included (default 12288)")
    parser.add_argument("--model", choices=("unigram", "bpe"), default=defaults.model)
    parser.add_argument(
        "--coverage", type=float, default=defaults.coverage, help="share of the characters that get pieces (default 0.9995)"
    )
    parser.add_argument("--megabytes", type=int, default=defaults.megabytes, help="text a language, at most (default 24)")
    parser.add_argument(
        "--han-words",
        action="store_true",
        help="let pieces join Han characters: a tenth fewer tokens in commands, but a span that begins inside a piece is lost",
    )
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder for the model, tokenizer_config.json and report.json")


def check(options: TokenizerOptions) -> None:
    if not 300 <= options.vocabulary <= 1 << 16:
        raise UserError(
            f"a vocabulary of {options.vocabulary} pieces cannot be trained; 256 are bytes, and 65536 is the most; pass 300 to 65536"
        )
    if not 0.9 <= options.coverage <= 1 or options.megabytes < 1:
        raise UserError("--coverage is a share from 0.9 to 1 and --megabytes at least 1")


def run(args: argparse.Namespace) -> int:
    options = TokenizerOptions(args.vocabulary, args.model, args.coverage, args.megabytes, args.seed, args.han_words)
    check(options)
    learnt, measured = balanced((row for path in args.rows for row in rows.read(path)), options)
    model = train([line for lang in sorted(learnt) for line in learnt[lang]], options)
    with rows.writing(args.output / MODEL_NAME) as file:
        file.write(model)
    tokenizer = Tokenizer(args.output)
    report = {lang: measure(tokenizer, lines) for lang, lines in sorted(measured.items())}
    about = {"vocabulary": len(tokenizer), "model": options.model, "coverage": options.coverage, "han_words": options.han_words, "seed": options.seed,
             "trained_on_bytes": {lang: sum(len(x.encode()) for x in lines) for lang, lines in learnt.items()},
             "measured": report}  # fmt: skip
    # Beside the model, under the names that `sotto import` and others look for: no marker is put around a text, and how a talk is written.
    config = {"add_bos_token": False, "add_eos_token": False, "add_prefix_space": False, "chat_template": chat.TEMPLATE}
    for name, content in ((CONFIG_NAME, config), ("report.json", about)):
        with rows.writing(args.output / name) as file:
            file.write(json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n")
    if len(learnt) == 1:
        print(f"all text is {next(iter(learnt))}: the other language will be spelled in characters and bytes")
    for lang, m in report.items():
        print(f"{lang}: {m['tokens_per_character']:.3f} tokens a character, {m['tokens_per_word']:.3f} a word "
              f"({'a Han character counts as a word' if lang == 'zh' else 'Latin words'}), {m['byte_tokens']:.3%} bytes")  # fmt: skip
    print(f"{len(tokenizer)} pieces in {args.output / MODEL_NAME}")
    return 0
