// source.h: where a model or an adapter comes from, as ModelSource.java packs it.
#pragma once

#include "call.h"

namespace sotto::jni {

// The struct points into this object and its arguments.
class Source {
 public:
  // `packed`: kind, descriptor, offset, length; `place`: the path, or the file itself in a direct buffer.
  Source(const Call& call, jlongArray packed, jobject place) : place_(call, place) {
    const std::vector<jlong> s = call.longs(packed);
    it.struct_size = sizeof it;
    it.kind = static_cast<uint32_t>(s.at(0));
    it.fd = static_cast<int32_t>(s.at(1));
    it.offset = static_cast<uint64_t>(s.at(2));
    it.length = static_cast<uint64_t>(s.at(3));
    if (it.kind == SOTTO_SOURCE_PATH) it.path = place_.str();
    if (it.kind == SOTTO_SOURCE_MEMORY) {
      it.data = place_.str().data;
      it.size = place_.str().size;
    }
  }

  sotto_model_source it{};

 private:
  Bytes place_;
};

}  // namespace sotto::jni
