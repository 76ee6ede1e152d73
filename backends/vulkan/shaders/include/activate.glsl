// activate.glsl - the activations of plan.h; numbers are SOTTO_ACT_*.

// The built-in tanh may overflow to NaN for large x and is coarse near zero.
float safe_tanh(float x) {
  float square = x * x;
  if (square < 0.01) return x * (1.0 - square * (1.0 / 3.0 - square * (2.0 / 15.0)));
  return 1.0 - 2.0 / (exp(2.0 * x) + 1.0);
}

// Abramowitz and Stegun 7.1.26: absolute error below 1.5e-7.
float erf_of(float x) {
  float a = abs(x);
  float t = 1.0 / (1.0 + 0.3275911 * a);
  float tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * exp(-a * a);
  return x < 0.0 ? tail - 1.0 : 1.0 - tail;
}

float sigmoid(float x) { return 1.0 / (1.0 + exp(-x)); }

float activate(uint kind, float x) {
  switch (kind) {
    case 1u: return 0.5 * x * (1.0 + safe_tanh(0.7978845608 * (x + 0.044715 * x * x * x)));
    case 2u: return 0.5 * x * (1.0 + erf_of(x * 0.70710678118654752));
    case 3u: return x * sigmoid(1.702 * x);
    case 4u: return x * sigmoid(x);
    case 5u: return max(x, 0.0);
    case 6u: return max(x, 0.0) * max(x, 0.0);
    case 7u: return sigmoid(x);
    case 8u: return safe_tanh(x);
  }
  return x;
}

float softcap_of(float x, float cap) { return cap == 0.0 ? x : cap * safe_tanh(x / cap); }
