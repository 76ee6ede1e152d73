// kv.glsl - how a head's row lies in a cell of the cache: F32 words; F16 two to a word; Q8_0 blocks of 32 as a float32 scale and 8
// words (9 words: all aligned, unlike the stored blocks of weights). Mirrors kv_words in cache.h.
const uint kKvF32 = 0u, kKvF16 = 1u, kKvQ8 = 8u;

float kv_byte(uint w, uint i) { return float(int(w << (24u - 8u * i)) >> 24); }
