// weights.h: how much each kind of evidence counts, learned online, with what is not known about it.
//
// A Gaussian posterior over the weights of a softmax over features: mean w, precision A. A choice with gradient g of its log
// likelihood makes A += g gT and w += A^-1 g (an online Newton step: g gT is in expectation the Fisher information), the
// counterpart for choices of LinUCB's ridge regression (Li et al. 2010). Old evidence fades: A = fade A + (1 - fade) A0.
#pragma once

#include <array>
#include <cstddef>

namespace sotto::recommendation {

template <size_t kSize>
using Vector = std::array<double, kSize>;

constexpr size_t kExperts = 15;
using Evidence = Vector<kExperts>;  // log-odds, one for each expert of learner.h

class Weights {
 public:
  Weights();
  const Evidence& mean() const { return mean_; }
  void learn(const Evidence& gradient);
  // mean + spread * A^-1/2 noise: a draw for Thompson sampling. noise: independent, mean 0, deviation 1.
  Evidence draw(const Evidence& noise, double spread) const;

 private:
  using Matrix = std::array<Evidence, kExperts>;
  Matrix factor() const;  // lower L with L LT = A

  Evidence mean_;
  Matrix precision_{};
};

}  // namespace sotto::recommendation
