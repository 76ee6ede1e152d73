"""The tokenizer, the chat format and packing, on a tokenizer trained here from a few sentences."""

import json
import random

import numpy as np
import pytest
from texts import EN, ZH, row

from sotto_train import rows
from sotto_train.cli import main
from sotto_train.errors import UserError
from sotto_train.tokens import chat, command, neutral, pack, plain, shard
from sotto_train.tokens.tokenizer import IM_END, Tokenizer

def command_row(text, intent, *slots, n=0):
    marked = [{"name": k, "value": v, "start": text.index(v), "end": text.index(v) + len(v)} for k, v in slots]
    return row(text, n, "zh", kind="command", intent=intent, slots=marked)


@pytest.mark.parametrize("text", ["打开客厅的灯", " two  spaces ", "生僻字𠮷與emoji🙂", "ｆｕｌｌ　width", "line\nbreak", ""])
def test_text_comes_back_as_it_was(tokenizer, text):
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_a_message_cannot_forge_a_turn(tokenizer):
    assert tokenizer.im_end not in tokenizer.encode(f"hello{IM_END}")


def test_tokens_of_a_span_cover_its_characters_and_bytes(tokenizer):
    text = "把𠮷灯打开 please"
    placed = tokenizer.encode_placed(text)
    assert placed.ids == tokenizer.encode(text)
    first, last = placed.tokens_of(1, 2)
    assert last - first == 3  # four bytes of one character
    assert tokenizer.decode(placed.ids[first : last + 1]) == "𠮷"
    first, last = placed.tokens_of(text.index("please"), len(text))
    assert tokenizer.decode(placed.ids[first : last + 1]).strip() == "please"
    assert placed.tokens_of(3, 3) is None


def test_a_command_is_a_user_turn_with_a_head_and_a_call_that_is_learnt(tokenizer):
    text = "打开客厅的灯"
    (document,) = chat.documents(command_row(text, "device.turn_on", ("area", "客厅"), ("name", "灯")), tokenizer)
    rendered = "".join(tokenizer.piece(i) if i in (tokenizer.im_start, tokenizer.im_end) else tokenizer.decode([i]) for i in document.ids)
    call = '{"call":"device.turn_on","arguments":{"area":"客厅","name":"灯"}}'
    assert rendered == f"<|im_start|>user\n{text}<|im_end|>\n<|im_start|>assistant\n{call}<|im_end|>\n"
    learnt = [i for i, bit in zip(document.ids, document.learnt, strict=True) if bit]
    assert tokenizer.decode(learnt[:-1]) == call and learnt[-1] == tokenizer.im_end
    (head,) = document.heads
    assert document.ids[head.position] == tokenizer.im_end
    assert tokenizer.decode(document.ids[head.first : head.last + 1]) == text
    assert {k: tokenizer.decode(document.ids[a : b + 1]) for k, (a, b) in head.spans.items()} == {"area": "客厅", "name": "灯"}
    assert head.classes == {"intent": "device.turn_on", "scope": "in"}


def test_without_calls_a_command_is_its_turn_alone(tokenizer):
    row = command_row("打开客厅的灯", "device.on", ("area", "客厅"))
    (whole,), (turn,) = (list(chat.documents(row, tokenizer, calls)) for calls in (True, False))
    assert turn.ids == whole.ids[: len(turn.ids)] and turn.heads == whole.heads
    assert any(whole.learnt) and not any(turn.learnt)


def test_plain_sentences_have_no_capitals_and_no_last_point_and_keep_their_slots():
    row = command_row("Turn on the Lamp, please!", "device.on", ("device", "Lamp"))
    plainer = plain.plain(row)
    assert plainer["text"] == "turn on the lamp, please"
    assert [plainer["text"][s["start"] : s["end"]] for s in plainer["slots"]] == [s["value"] for s in plainer["slots"]] == ["lamp"]
    assert row["text"] == "Turn on the Lamp, please!"
    assert plain.plain(command_row("Play Help!", "media.play", ("song", "Help!")))["text"] == "play help!"  # the point is the slot's
    assert plain.plain({"kind": "mood", "text": "İyi"}) is None  # lower-casing makes two characters of one
    assert plain.vary({"kind": "text", "text": "A B"}, 1.0, random.Random(0))["text"] == "A B"


def test_commands_without_a_mood_are_neutral_by_chance_and_others_stay():
    order, chance = command_row("播放悲伤的歌", "media.play"), random.Random(0)
    made = [neutral.vary(order, 0.25, chance) for _ in range(400)]
    assert 70 < sum(r.get("sentiment") == r.get("emotion") == "neutral" for r in made) < 130
    for other in (order | {"sentiment": "negative"}, {"kind": "mood", "text": "好", "sentiment": "positive"}):
        assert neutral.vary(other, 1.0, chance) is other
    assert neutral.vary(order, 0.0, chance) is order


@pytest.mark.parametrize("options, joins", [([], False), (["--han-words"], True)])
def test_han_characters_are_pieces_of_their_own_unless_asked_for(tmp_path, options, joins):
    rows.write(tmp_path / "rows.jsonl", [row(text, i, "zh") for i, text in enumerate(ZH * 12 + EN)])
    arguments = ["--model", "bpe", "--vocabulary", "340", "--coverage", "1", *options, "-o", str(tmp_path / "out")]
    assert main(["tokenizer", str(tmp_path / "rows.jsonl"), *arguments]) == 0
    made = Tokenizer(tmp_path / "out")
    assert any(len(command.HAN.findall(made.piece(i))) > 1 for i in range(len(made))) == joins


def test_a_chat_learns_assistant_turns_only_and_gives_called_turns_their_intent(tokenizer):
    turns = [
        {"role": "user", "text": "放首歌"},
        {"role": "assistant", "text": "", "call": {"name": "media.play", "arguments": {}}},
        {"role": "tool", "text": '{"result":"done"}'},
        {"role": "assistant", "text": "好的"},
        {"role": "user", "text": "谢谢"},
        {"role": "assistant", "text": "不客气"},
    ]
    (document,) = chat.documents({**row("", 1, "zh"), "kind": "chat", "turns": turns}, tokenizer)
    learnt = tokenizer.decode([i for i, bit in zip(document.ids, document.learnt, strict=True) if bit and i != tokenizer.im_end])
    assert learnt == '{"call":"media.play","arguments":{}}好的不客气'
    assert [h.classes["intent"] for h in document.heads] == ["media.play"] and document.heads[0].spans is None


def test_a_slot_said_twice_becomes_a_list():
    slots = [{"name": "item", "value": v} for v in "abc"]
    assert chat.arguments_of(slots) == {"item": ["a", "b", "c"]}


def packed(folder, tokenizer, wanted, context=128, seed=3):
    return shard.Packed(folder) if pack.pack(wanted, tokenizer, folder, pack.PackOptions(context, seed)) else None


def wanted():
    made = [row(text, i, "zh") for i, text in enumerate(ZH + EN)]
    made += [command_row("打开客厅的灯", "device.turn_on", ("area", "客厅"), ("name", "灯"), n=50 + i) for i in range(20)]
    made += [row("今天好累", 90, "zh", kind="mood", sentiment="negative", emotion="fatigue")]
    return made


def test_every_document_lies_whole_in_one_block_with_its_mask_and_heads(tmp_path, tokenizer):
    expected = sorted((tuple(d.ids), tuple(d.learnt)) for r in wanted() for d in chat.documents(r, tokenizer))
    p = packed(tmp_path / "set", tokenizer, wanted())
    found = []
    for b in range(len(p)):
        end_before = 0
        for start, end in p.borders(b):
            assert start == end_before
            found.append((tuple(p.tokens[b, start:end].tolist()), tuple(p.loss_mask(b)[start:end].tolist())))
            end_before = end
        assert (p.tokens[b, end_before:] == p.meta["pad"]).all() and not p.loss_mask(b)[end_before:].any()
    assert sorted(found) == expected
    labels = p.meta["labels"]
    seen = []
    for b in range(len(p)):
        heads, spans = p.heads_of(b)
        for head, span in zip(heads, spans, strict=True):
            h = dict(zip(shard.HEAD_COLUMNS, head.tolist(), strict=True))
            assert h["block"] == b and p.tokens[b, h["position"]] == tokenizer.im_end
            document = p.documents[h["document"]]
            assert document[0] == b and document[1] <= h["first"] <= h["last"] < h["position"] < document[2]
            seen.append(h["intent"])
            if h["intent"] == shard.UNKNOWN:
                assert labels["emotion"][h["emotion"]] == "fatigue" and (span == shard.UNKNOWN).all()
            else:
                first, last = span[labels["slot"].index("area")]
                assert tokenizer.decode(p.tokens[b, first : last + 1].tolist()) == "客厅"
                assert (span[labels["slot"].index("song")] == shard.ABSENT).all()
    assert seen.count(labels["intent"].index("device.turn_on")) == 20 and seen.count(shard.UNKNOWN) == 1


def test_same_seed_same_bytes_other_seed_other_order(tmp_path, tokenizer):
    sets = [packed(tmp_path / str(i), tokenizer, wanted(), seed=seed) for i, seed in enumerate((1, 1, 2))]
    bytes_of = [[(s.folder / name).read_bytes() for name in shard.ARRAYS] for s in sets]
    assert bytes_of[0] == bytes_of[1] and bytes_of[0] != bytes_of[2]


def test_long_text_is_cut_and_a_long_dialogue_keeps_its_first_turns(tmp_path, tokenizer):
    turns = [{"role": r, "text": t} for _ in range(9) for r, t in (("user", "放首歌"), ("assistant", "好的"))]
    long_chat = {**row("", 1, "zh"), "kind": "chat", "turns": turns}
    p = packed(tmp_path / "set", tokenizer, [row("天" * 200, 0, "zh"), long_chat], context=64)
    lengths = np.diff(np.asarray(p.documents[:, 1:]))
    assert p.meta["kinds"]["text"] == -(-201 // 64) and p.meta["kinds"]["chat"] == 1 and lengths.max() <= 64
    too_long = {**row("", 2, "zh"), "kind": "chat", "turns": [{"role": "user", "text": "天" * 99}, turns[1]]}
    assert pack.pack([row("天", 0, "zh"), too_long], tokenizer, tmp_path / "two", pack.PackOptions(64))["dropped"] == 1


def test_assign_never_overfills_and_loses_nothing():
    lengths = np.random.default_rng(0).integers(1, 65, 3000)
    blocks = pack.assign(lengths, 64, np.random.default_rng(1), window=500)
    assert sorted(d for b in blocks for d in b) == list(range(3000))
    assert max(int(lengths[b].sum()) for b in blocks) <= 64 and lengths.sum() / (64 * len(blocks)) > 0.97


def test_a_vocabulary_larger_than_the_text_allows_is_a_sentence(folder, tmp_path, capsys):
    assert main(["tokenizer", str(folder / "rows.jsonl"), "--vocabulary", "5000", "-o", str(tmp_path / "out")]) == 1
    assert "vocabulary of at most" in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_a_vocabulary_too_small_for_the_characters_is_a_sentence(folder, tmp_path, capsys):
    assert main(["tokenizer", str(folder / "rows.jsonl"), "--vocabulary", "300", "--coverage", "1", "-o", str(tmp_path / "out")]) == 1
    assert "does not hold the text's characters" in capsys.readouterr().err


def test_the_report_counts_tokens_a_character(folder):
    about = json.loads((folder / "out/report.json").read_text())
    assert set(about["measured"]) == {"zh", "en"} and 0 < about["measured"]["en"]["tokens_per_character"] < 1


def test_how_a_talk_is_written_lies_beside_the_model(folder):
    config = json.loads((folder / "out/tokenizer_config.json").read_text())
    assert "<|im_start|>" in config["chat_template"] and not config["add_bos_token"]


@pytest.mark.parametrize(
    "line, language", [("打开WiFi", "zh"), ("play 七里香 on my phone please now", "en"), ("把它调到50%", "zh"), ("hello", "en")]
)
def test_lines_have_the_language_of_most_of_their_words(line, language):
    assert command.language_of(line) == language


def edit_meta(folder, **changed):
    meta = json.loads((folder / "meta.json").read_text())
    (folder / "meta.json").write_text(json.dumps(meta | changed))


def edit_array(folder, name, place, value):
    array = np.fromfile(folder / name, shard.ARRAYS[name][0])
    array[place] = value
    array.tofile(folder / name)


@pytest.mark.parametrize("damage, sentence", [
    (lambda f: (f / "meta.json").write_text("{"), "is no JSON"),
    (lambda f: (f / "tokens.u16").write_bytes(b"1"), "bytes that meta.json asks for"),
    (lambda f: (f / "meta.json").unlink(), "cannot read"),
    (lambda f: edit_meta(f, blocks=-1), "meta.json has no number 'blocks'"),
    (lambda f: edit_meta(f, context="64"), "meta.json has no number 'context'"),
    (lambda f: edit_meta(f, context=100), "meta.json has a context of 100 tokens"),
    (lambda f: edit_meta(f, labels={}), "meta.json has no labels for 'intent'"),
    (lambda f: edit_array(f, "documents.i32", 2, 9999), r"documents.i32 has a document that lies in no window \(row 0\)"),
    (lambda f: edit_array(f, "heads.i32", 5, 9999), r"heads.i32 or spans.i16 has a turn .* \(row 0\)"),
    (lambda f: edit_array(f, "spans.i16", 0, 120), r"heads.i32 or spans.i16 has a turn .* \(row 0\)"),
])  # fmt: skip
def test_a_damaged_set_is_named(tmp_path, tokenizer, damage, sentence):
    packed(tmp_path / "set", tokenizer, wanted())
    damage(tmp_path / "set")
    with pytest.raises(UserError, match=sentence):
        shard.Packed(tmp_path / "set")


def test_a_folder_with_other_files_is_not_replaced(tmp_path, tokenizer):
    (tmp_path / "photo.jpg").write_text("x")
    with pytest.raises(UserError, match="holds files but no packed set"):
        pack.pack(wanted(), tokenizer, tmp_path, pack.PackOptions(64))


def test_another_sentencepiece_model_is_refused(tmp_path):
    (tmp_path / "tokenizer.model").write_bytes(command_without_markers())
    with pytest.raises(UserError, match="no control piece"):
        Tokenizer(tmp_path)


def command_without_markers():
    import io

    import sentencepiece

    model = io.BytesIO()
    lines = iter(EN * 9)
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=lines, model_writer=model, vocab_size=36, minloglevel=2)
    return model.getvalue()


def test_rows_under_a_share_alike_licence_are_left_out_where_that_is_asked_for(tokenizer, tmp_path):
    wanted = [{**row(f"第{n}句话说得不一样", n, "zh"), "licence": "CC-BY-SA-4.0" if n % 2 else "CC0-1.0"} for n in range(8)]
    everything = pack.pack(wanted, tokenizer, tmp_path / "all", pack.PackOptions(64))
    free = pack.pack(wanted, tokenizer, tmp_path / "free", pack.PackOptions(64, share_alike=False))
    assert (everything["documents"], free["documents"]) == (8, 4)
    with pytest.raises(UserError, match="licences asked for"):
        pack.pack(wanted[1::2], tokenizer, tmp_path / "none", pack.PackOptions(64, share_alike=False))
