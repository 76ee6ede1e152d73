// head.glsl - one head of q or k in shared memory: normalised and rotated as plan.h says, by all lanes of a workgroup.
// REQUIRES: shared float head[], scratch[gl_WorkGroupSize.x]; batch_word; vector_at(i); a barrier before.
const uint kNormAfter = 1u, kLayerNorm = 2u, kHalves = 4u, kInterleaved = 8u;

struct HeadArgs {
  uint head_dim;
  uint norm_at, norm_bias_at;  // in the vectors; kAbsent: no norm, no bias
  float epsilon;
  uint flags;
  uint rotary_dim;
  uint angles;  // batch words: cosines of the pairs, then sines
};

float sum_of_lanes(float x) {
  uint lane = gl_LocalInvocationID.x;
  scratch[lane] = x;
  barrier();
  for (uint half_size = gl_WorkGroupSize.x / 2u; half_size > 0u; half_size /= 2u) {
    if (lane < half_size) scratch[lane] += scratch[lane + half_size];
    barrier();
  }
  float sum = scratch[0];
  barrier();
  return sum;
}

void normalise_head(HeadArgs a) {
  float mean = 0.0;
  if ((a.flags & kLayerNorm) != 0u) {
    float sum = 0.0;
    for (uint d = gl_LocalInvocationID.x; d < a.head_dim; d += gl_WorkGroupSize.x) sum += head[d];
    mean = sum_of_lanes(sum) / float(a.head_dim);
  }
  float squares = 0.0;
  for (uint d = gl_LocalInvocationID.x; d < a.head_dim; d += gl_WorkGroupSize.x) squares += (head[d] - mean) * (head[d] - mean);
  float scale = 1.0 / sqrt(sum_of_lanes(squares) / float(a.head_dim) + a.epsilon);
  for (uint d = gl_LocalInvocationID.x; d < a.head_dim; d += gl_WorkGroupSize.x) {
    float y = (head[d] - mean) * scale * vector_at(a.norm_at + d);
    if (a.norm_bias_at != kAbsent) y += vector_at(a.norm_bias_at + d);
    head[d] = y;
  }
  barrier();
}

void rotate_head(HeadArgs a) {
  uint pairs = a.rotary_dim / 2u;
  bool interleaved = (a.flags & kInterleaved) != 0u;
  for (uint i = gl_LocalInvocationID.x; i < pairs; i += gl_WorkGroupSize.x) {
    uint first = interleaved ? 2u * i : i, second = interleaved ? 2u * i + 1u : i + pairs;
    float c = uintBitsToFloat(batch_word(a.angles + i)), s = uintBitsToFloat(batch_word(a.angles + pairs + i));
    float u = head[first], w = head[second];
    head[first] = u * c - w * s;
    head[second] = u * s + w * c;
  }
  barrier();
}

// Every lane calls it.
void prepare_head(HeadArgs a) {
  bool norms = a.norm_at != kAbsent, after = (a.flags & kNormAfter) != 0u;
  if (norms && !after) normalise_head(a);
  if ((a.flags & (kHalves | kInterleaved)) != 0u) rotate_head(a);
  if (norms && after) normalise_head(a);
}
