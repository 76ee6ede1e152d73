from sotto_train.prepare import tagging


def test_the_verb_that_opens_a_command_is_a_verb():
    tags = dict(tagging.english("wake me up at 7:30"))
    assert tags["wake"] == "VB" and tags["me"] == "PRP" and tags["7:30"] == "CD"


def test_the_tagger_bends_to_the_sentence():
    assert dict(tagging.english("the lights are bright"))["lights"].startswith("NN")
    assert [tag for word, tag in tagging.english("book a table and read the book") if word == "book"] == ["VB", "NN"]


def test_contractions_and_slashes():
    assert [word for word, _ in tagging.english("don't play rock/pop, it's late")] == [
        "do",
        "n't",
        "play",
        "rock",
        "/",
        "pop",
        ",",
        "it",
        "'s",
        "late",
    ]


def test_chinese_words_and_placeholders():
    tags = tagging.chinese("打开客厅的灯，给<NAME>打电话")
    assert ("打开", "v") in tags and ("客厅", "n") in tags and ("<NAME>", "nz") in tags
