#include "head.h"

#include <algorithm>
#include <cmath>

namespace sotto::sentiment {

std::optional<Head> Head::find(const Services& services, const sotto_model* model, const Task& task) {
  uint32_t index = 0;
  sotto_error err{};
  err.struct_size = sizeof err;
  const sotto_status status = services.hidden->head_find(model, str(task.head), &index, &err);
  if (status == SOTTO_NOT_FOUND) return std::nullopt;
  if (status != SOTTO_OK) throw plugin::failure(status, err);
  Head head(services, model, index);
  head.take_labels(task);
  return head;
}

void Head::take_labels(const Task& task) {
  const std::string name(task.head);
  sotto_head_info info{};
  info.struct_size = sizeof info;
  ask([&](sotto_error* err) { return services_->hidden->head_info(model_, index_, &info, err); });
  if (info.kind != SOTTO_HEAD_SEQUENCE)
    throw Failure(SOTTO_UNSUPPORTED, "sentiment: the model's head '" + name + "' is not of the kind sequence");
  std::array<bool, kMostLabels> is_taken{};
  for (uint32_t i = 0; i < info.labels; ++i) {
    sotto_head_label label{};
    label.struct_size = sizeof label;
    ask([&](sotto_error* err) { return services_->hidden->head_label(model_, index_, i, &label, err); });
    const std::string_view* const names = task.names.data();
    const auto at = static_cast<size_t>(std::find(names, names + task.labels, std::string_view(label.text)) - names);
    if (at == task.labels || is_taken[at])
      throw Failure(SOTTO_UNSUPPORTED, "sentiment: label " + std::to_string(i) + " of the model's head '" + name + "' is \"" +
                                           label.text + "\", which is unknown or there twice (sentiment.h names the labels)");
    is_taken[at] = true;
    label_of_.push_back(at);
    thresholds_[at] = label.threshold;
  }
  if (label_of_.size() < 2)
    throw Failure(SOTTO_UNSUPPORTED, "sentiment: the model's head '" + name + "' has one label, two at least are wanted");
}

Shares Head::read(const std::vector<float>& hidden) const {
  std::vector<float> logits(label_of_.size());
  ask([&](sotto_error* err) {
    return services_->hidden->head_apply(model_, index_, hidden.data(), 1, logits.data(), logits.size(), err);
  });
  std::array<double, kMostLabels> wide{};
  std::copy(logits.begin(), logits.end(), wide.begin());
  const Shares own = softmax(wide.data(), logits.size());
  Shares shares{};
  for (size_t i = 0; i < label_of_.size(); ++i) shares[label_of_[i]] = own[i];
  return shares;
}

Shares softmax(const double* logits, size_t count) {
  const double largest = *std::max_element(logits, logits + count);
  Shares shares{};
  double sum = 0;
  for (size_t i = 0; i < count; ++i) sum += shares[i] = std::exp(logits[i] - largest);
  if (!std::isfinite(sum) || sum <= 0)
    throw Failure(SOTTO_BAD_FILE, "sentiment: the model computes what is no number: its weights or its heads are damaged");
  for (double& share : shares) share /= sum;
  return shares;
}

}  // namespace sotto::sentiment
