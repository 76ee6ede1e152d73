from sotto_train.prepare.duplicates import HeldOut, Seen, signature


def problems(rows):
    seen = Seen()
    return [seen.problem(row, signature(row)) for row in rows]


def test_same_words_are_duplicates_whatever_case_and_points(command):
    assert problems([command("Turn on the lights", lang="en"), command("turn on the lights!", lang="en")]) == [None, "duplicate"]


def test_same_words_with_another_label_are_told_apart(command):
    assert problems([command("打开灯"), command("打开灯", "cover.open")]) == [None, "same words with another label"]


def test_near_duplicates_of_running_text(command):
    text = "数学是利用符号语言研究数量、结构、变化以及空间等概念的一门学科，从某种角度看属于形式科学的一种。" * 3
    first = {**command(text), "kind": "text"}
    near = {**command(text + "完"), "kind": "text"}
    other = {**command("音乐是由声音组成的艺术。" * 10), "kind": "text"}
    assert problems([first, near, other]) == [None, "near duplicate", None]


def test_numbers_and_directions_tell_near_sentences_apart(command):
    long = "please set a countdown timer in the kitchen for {} minutes and tell me when the potatoes are done"
    made = [command(long.format(n), "timer.start", lang="en") for n in (15, 16)]
    way = "please turn {} all of the lights in the living room and in the dining room downstairs right now"
    made += [command(way.format(w), lang="en") for w in ("on", "off")]
    assert problems(made) == [None] * 4


def test_held_out_sentences_are_found_in_another_case(command, tmp_path):
    held_out = HeldOut()
    held_out.add(command("Play some jazz.", lang="en"))
    assert held_out.holds(command("play some jazz", lang="en"))
    assert not held_out.holds(command("play some rock", lang="en"))


def test_in_talk_only_the_opening_is_compared(command):
    held_out = HeldOut()
    held_out.add(command("好的"))
    talk = {
        **command("x"),
        "kind": "chat",
        "turns": [{"role": "user", "text": "讲个故事"}, {"role": "assistant", "text": "好"}, {"role": "user", "text": "好的"}],
    }
    assert not held_out.holds(talk)
    held_out.add(command("讲个故事"))
    assert held_out.holds(talk)
