// known_names.cc: the names that checkpoints of PyTorch and Megatron-LM mention, and what they mean to us. Everything here is
// data; a name that is not here could mean anything, and is refused.
#include <algorithm>

#include "convert/torch/pickle.h"

namespace sotto {
namespace {

constexpr Meaning kStorage = Meaning::kStorage, kElement = Meaning::kElement;

constexpr KnownName storage(const char* name, uint8_t bytes) { return {"torch", name, kStorage, bytes, false, Element::kF32}; }
constexpr KnownName storage(const char* name, uint8_t bytes, Element element) {
  return {"torch", name, kStorage, bytes, true, element};
}
constexpr KnownName dtype(const char* name, uint8_t bytes) { return {"torch", name, kElement, bytes, false, Element::kF32}; }
constexpr KnownName dtype(const char* name, uint8_t bytes, Element element) {
  return {"torch", name, kElement, bytes, true, element};
}

constexpr const char* kCheckpoint = "torch.distributed.checkpoint.metadata";
constexpr const char* kPlanner = "torch.distributed.checkpoint.planner";

constexpr KnownName kNames[] = {
    // Python
    {"collections", "OrderedDict", Meaning::kDictionary},
    {"collections", "defaultdict", Meaning::kDictionary},
    {"argparse", "Namespace"},
    {"types", "SimpleNamespace"},
    {"signal", "Signals"},
    {"datetime", "timedelta"},
    {"datetime", "datetime"},
    {"pathlib", "PosixPath"},
    {"pathlib", "WindowsPath"},
    {"pathlib", "PurePosixPath"},
    {"pathlib._local", "PosixPath"},
    {"_codecs", "encode"},
    {"_io", "BytesIO"},
    {"copyreg", "_reconstructor"},
    {"copy_reg", "_reconstructor"},
    {"builtins", "getattr"},  // of an enumeration: the name of a value
    {"builtins", "set", Meaning::kSequence},
    {"builtins", "frozenset", Meaning::kSequence},
    {"builtins", "list", Meaning::kSequence},
    {"builtins", "dict"},
    {"builtins", "object"},
    {"builtins", "bytearray"},
    {"builtins", "slice"},
    {"builtins", "complex"},
    {"builtins", "range"},
    {"builtins", "int"},
    {"builtins", "float"},
    {"builtins", "bool"},
    {"builtins", "str"},
    {"__builtin__", "getattr"},
    {"__builtin__", "set", Meaning::kSequence},
    {"__builtin__", "frozenset", Meaning::kSequence},
    {"__builtin__", "list", Meaning::kSequence},
    {"__builtin__", "dict"},
    {"__builtin__", "object"},
    {"__builtin__", "bytearray"},
    {"__builtin__", "slice"},
    {"__builtin__", "complex"},
    {"__builtin__", "xrange"},
    {"__builtin__", "int"},
    {"__builtin__", "long"},
    {"__builtin__", "float"},
    // NumPy: states of random generators, scalars among the arguments
    {"numpy", "ndarray"},
    {"numpy", "dtype"},
    {"numpy.core.multiarray", "_reconstruct"},
    {"numpy.core.multiarray", "scalar"},
    {"numpy._core.multiarray", "_reconstruct"},
    {"numpy._core.multiarray", "scalar"},
    {"numpy.dtypes", "*"},
    // PyTorch
    {"torch._utils", "_rebuild_tensor_v2", Meaning::kTensor},
    {"torch._utils", "_rebuild_tensor", Meaning::kTensor},
    {"torch._utils", "_rebuild_tensor_v3", Meaning::kTypedTensor},
    {"torch._utils", "_rebuild_parameter", Meaning::kParameter},
    {"torch._tensor", "_rebuild_from_type_v2"},
    {"torch.nn.parameter", "Parameter"},
    {"torch.serialization", "_get_layout"},
    {"torch.storage", "_load_from_bytes"},
    {"torch.storage", "TypedStorage"},
    {"torch.storage", "UntypedStorage", kStorage, 1},
    {"torch", "UntypedStorage", kStorage, 1},
    {"torch", "Size", Meaning::kSequence},
    {"torch", "device"},
    {"torch", "Generator"},
    storage("FloatStorage", 4, Element::kF32),
    storage("HalfStorage", 2, Element::kF16),
    storage("BFloat16Storage", 2, Element::kBF16),
    storage("DoubleStorage", 8, Element::kF64),
    storage("LongStorage", 8),
    storage("IntStorage", 4),
    storage("ShortStorage", 2),
    storage("CharStorage", 1),
    storage("ByteStorage", 1),
    storage("BoolStorage", 1),
    dtype("float32", 4, Element::kF32),
    dtype("float", 4, Element::kF32),
    dtype("float16", 2, Element::kF16),
    dtype("half", 2, Element::kF16),
    dtype("bfloat16", 2, Element::kBF16),
    dtype("float64", 8, Element::kF64),
    dtype("double", 8, Element::kF64),
    dtype("int64", 8),
    dtype("int32", 4),
    dtype("int16", 2),
    dtype("int8", 1),
    dtype("uint8", 1),
    dtype("bool", 1),
    dtype("uint16", 2),
    dtype("uint32", 4),
    dtype("uint64", 8),
    dtype("float8_e4m3fn", 1),
    dtype("float8_e5m2", 1),
    // PyTorch's distributed checkpoints
    {kCheckpoint, "Metadata"},
    {kCheckpoint, "TensorStorageMetadata"},
    {kCheckpoint, "BytesStorageMetadata"},
    {kCheckpoint, "TensorProperties"},
    {kCheckpoint, "ChunkStorageMetadata"},
    {kCheckpoint, "MetadataIndex"},
    {kCheckpoint, "StorageMeta"},
    {kCheckpoint, "_MEM_FORMAT_ENCODING"},
    {"torch.distributed.checkpoint.filesystem", "_StorageInfo"},
    {"torch.distributed.checkpoint.filesystem", "_StoragePrefix"},
    {kPlanner, "SavePlan"},
    {kPlanner, "WriteItem"},
    {kPlanner, "WriteItemType"},
    {kPlanner, "TensorWriteData"},
    {"torch.distributed._shard.sharded_tensor.metadata", "TensorProperties"},
    {"torch.distributed._shard.sharded_tensor.metadata", "MEM_FORMAT_ENCODING"},
    {"torch.distributed._shard.metadata", "ShardMetadata"},
    // Megatron-LM: enumerations and records among the arguments
    {"megatron.core.enums", "*"},
    {"megatron.model.enums", "*"},
    {"megatron.core.transformer.enums", "*"},
    {"megatron.core.optimizer", "OptimizerConfig"},
    {"megatron.core.optimizer.optimizer_config", "OptimizerConfig"},
    {"megatron.core.rerun_state_machine", "*"},
    {"megatron.core.dist_checkpointing.strategies.torch", "MCoreSavePlan"},
    {"megatron.core.dist_checkpointing.strategies.torch", "MCoreMetadata"},
    {"megatron.core.transformer.pipeline_parallel_layer_layout", "*"},
    {"megatron.fp16.loss_scaler", "DynamicLossScaler"},
    {"fp16.loss_scaler", "DynamicLossScaler"},
    {"transformer_engine.common.recipe", "*"},
};

}  // namespace

const KnownName* find_known_name(std::string_view module, std::string_view name) {
  const auto* row = std::find_if(std::begin(kNames), std::end(kNames), [&](const KnownName& known) {
    return module == known.module && (name == known.name || std::string_view(known.name) == "*");
  });
  return row == std::end(kNames) ? nullptr : row;
}

}  // namespace sotto
