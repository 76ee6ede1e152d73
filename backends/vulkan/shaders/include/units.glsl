// units.glsl - products of 32 weights with 32 inputs where the inputs are brought to fewer bits, all of a unit by one scale: to int8
// (SOTTO_DOT, weights with blocks alone) or to fp16 (SOTTO_FLOAT16, F16 too). Sums of more than four products are int32 or float32.
// REQUIRES: linear_args.glsl.

#ifdef SOTTO_DOT
#define PART uint  // four of a unit
#define SUM int
#else
#define PART f16vec4
#define SUM float
#endif

struct Weights {
  PART parts[8];
  vec2 scale;  // of the first and the last 16
  float minimum;
};
struct Inputs {
  PART parts[8];
  float scale;
  float sum;  // of all 32, as rounded
};

#ifdef SOTTO_DOT
// OpSDotKHR of four bytes each in a word (SPV_KHR_integer_dot_product; the capabilities DotProduct and DotProductInput4x8BitPacked).
spirv_instruction(extensions = ["SPV_KHR_integer_dot_product"], capabilities = [6019, 6018], id = 4450)
int dot_of_packed(uint a, uint b, spirv_literal int format);
int product_of(uint w, uint x) { return dot_of_packed(w, x, 0); }
const uint kOnes = 0x01010101u;
const float kMost = 127.0;
uint rounded(vec4 x) {
  uvec4 q = uvec4(ivec4(roundEven(x))) & 0xFFu;
  return q.x | q.y << 8 | q.z << 16 | q.w << 24;
}
#else
// At most a quarter: four products with the largest weight stay below the largest number of 16 bits.
float product_of(f16vec4 w, f16vec4 x) { return float(dot(w, x)); }
const f16vec4 kOnes = f16vec4(1.0);
const float kMost = 0.25;
f16vec4 rounded(vec4 x) { return f16vec4(x); }
#endif

const float kNothing = 1e-30;  // inputs below it are zero: their inverse would not be finite
const float kLargest = 3.4e38;

// A number that is none among the inputs stays one.
Inputs inputs_of(vec4 x[8], bool sums) {
  Inputs made;
  vec4 most = vec4(0.0), all = vec4(0.0);
  [[unroll]] for (uint i = 0u; i < 8u; ++i) {
    most = max(most, abs(x[i]));
    all += x[i];
  }
  float largest = max(max(most.x, most.y), max(most.z, most.w)), total = all.x + all.y + all.z + all.w;
  float inverse = largest < kNothing ? 0.0 : kMost / largest;
  [[unroll]] for (uint i = 0u; i < 8u; ++i) made.parts[i] = rounded(x[i] * inverse);
  made.scale = abs(total) <= kLargest ? largest / kMost : total;
  SUM sum = SUM(0);
  if (sums)
    [[unroll]] for (uint i = 0u; i < 8u; ++i) sum += product_of(kOnes, made.parts[i]);
  made.sum = made.scale * float(sum);
  return made;
}

Weights weights_of(uint which, uint type, uint weight_row, uint row_bytes, uint unit, uint skip) {
  Weights made;
#ifdef SOTTO_FLOAT16
  if (type == kF16) {
    vec4 w[8];
    weights_at(which, type, weight_row, row_bytes, unit, skip, w);
    [[unroll]] for (uint i = 0u; i < 8u; ++i) made.parts[i] = f16vec4(w[i]);
    made.scale = vec2(1.0);
    made.minimum = 0.0;
    return made;
  }
#endif
  // What the slice does not have of a block meets inputs that are zero.
  Block b;
  read_block(which, type, weight_row * row_bytes, unit, b);
  [[unroll]] for (uint i = 0u; i < 8u; ++i)
#ifdef SOTTO_DOT
    made.parts[i] = b.q[i];
#else
    made.parts[i] = f16vec4(signed_bytes_of(b.q[i]));
#endif
  made.scale = b.scale;
  made.minimum = b.minimum;
  return made;
}

float product(Weights w, Inputs x) {
  SUM first = SUM(0), second = SUM(0);
  [[unroll]] for (uint i = 0u; i < 4u; ++i) {
    first += product_of(w.parts[i], x.parts[i]);
    second += product_of(w.parts[i + 4u], x.parts[i + 4u]);
  }
  return x.scale * (w.scale.x * float(first) + w.scale.y * float(second)) + w.minimum * x.sum;
}
