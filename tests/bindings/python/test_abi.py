"""The ctypes structs are laid out as the pins of tests/abi say, and hold every function that the table has there."""
import ctypes
import os
import re

from sotto import _abi, _skills_abi



def pins():
    found = {}
    with open(os.environ["SOTTO_LAYOUT"], encoding="utf-8") as file:
        for line in file:
            name, *numbers = line.split()
            if all(n.isdigit() for n in numbers):  # the others are values of constants
                found[name] = [int(n) for n in numbers]
    return found


def structs():
    return [value for module in (_abi, _skills_abi) for value in vars(module).values()
            if isinstance(value, type) and issubclass(value, ctypes.Structure) and value.__module__ == module.__name__]


def c_name(struct):
    return "sotto_" + re.sub(r"(?<!^)(?=[A-Z])", "_", struct.__name__).lower()


def test_sizes_and_offsets_are_the_pinned_ones():
    pinned = pins()
    compared = 0
    for struct in structs():
        name = c_name(struct)
        assert name in pinned, name
        assert ctypes.sizeof(struct) == pinned[name][0], name
        fields = {key.split(".")[1]: value for key, value in pinned.items() if key.startswith(name + ".")}
        assert list(fields) == [field[0] for field in struct._fields_], name
        for field, (offset, size) in fields.items():
            assert (getattr(struct, field).offset, getattr(struct, field).size) == (offset, size), f"{name}.{field}"
            compared += 1
    assert compared > 350
