import dataclasses
from pathlib import Path

import pytest

from sotto_train.errors import UserError
from sotto_train.training import config

FOLDER = Path(__file__).resolve().parents[2] / "configs"


@pytest.mark.parametrize(("name", "millions"), [("base", 27.3), ("mini", 7.9)])
def test_sizes_are_what_the_names_promise(name, millions):
    assert round(config.read(FOLDER / f"{name}.yaml").parameters() / 1e6, 1) == millions


def test_the_count_is_that_of_the_model(world):
    from sotto_train.training import model

    shape = config.read(FOLDER / "tiny.yaml")
    built = model.SottoModel(shape, model.Build(), {})
    assert sum(p.numel() for p in built.parameters()) == shape.parameters()


def test_arguments_and_back():
    shape = config.read(FOLDER / "mini.yaml")
    assert config.of_arguments(config.checkpoint_arguments(shape, 2, 1)) == shape


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"layers": 0}, "layers is 0"),
        ({"layers": "many"}, "layers is 'many'"),
        ({"groups": 3}, "3 groups do not divide 4 heads"),
        ({"head_dim": 15}, "head_dim 15 must be even"),
        ({"layers": 2.5}, "layers is 2.5, expected a whole number"),
        ({"depth": 3}, "unknown key 'depth'"),
        ({"ffn": None}, "ffn is None"),
    ],
)
def test_wrong_sizes_are_sentences(tmp_path, change, sentence):
    import yaml

    values = dataclasses.asdict(config.read(FOLDER / "tiny.yaml")) | change
    (tmp_path / "x.yaml").write_text(yaml.safe_dump(values))
    with pytest.raises(UserError, match=sentence):
        config.read(tmp_path / "x.yaml")


def test_a_file_that_is_no_text_is_a_sentence(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfel\x00")
    with pytest.raises(UserError, match="x.yaml is no YAML"):
        config.read(tmp_path / "x.yaml")


def test_tensor_ranks_must_divide():
    with pytest.raises(UserError, match="groups 2 cannot be split over 4 tensor ranks"):
        config.check_tensor_ranks(config.read(FOLDER / "tiny.yaml"), 4)
