"""A checkpoint as a Predictor. torch is loaded here and nowhere else in evaluate/."""

import importlib
from pathlib import Path

from sotto_train.errors import UserError
from sotto_train.evaluate.predictor import Predictor

# training/predict.py gives load(checkpoint: Path) -> Predictor
MODULE = "sotto_train.training.predict"


def load(checkpoint: Path) -> Predictor:
    if not checkpoint.exists():
        raise UserError(f"{checkpoint} does not exist; --checkpoint is a folder that pretrain or finetune wrote")
    try:
        module = importlib.import_module(MODULE)
    except ModuleNotFoundError as error:
        raise UserError(f"a checkpoint cannot be evaluated here: the module {error.name} is missing; pip install 'sotto-train[train]'") from None
    return module.load(checkpoint)
