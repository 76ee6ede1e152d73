#include "summary.h"

#include <memory>

namespace notes {
namespace {

using sotto::plugin::Failure;
using sotto::plugin::str;

constexpr std::string_view kTask = "Summarise these notes in one or two short sentences:\n";
constexpr uint32_t kUsualTokens = 120;

// The service with the model, each call's failure thrown on.
class Model {
 public:
  Model(const sotto::plugin::Host& host, sotto_model* model) : model_(model) {
    void* self = nullptr;
    service_ = host.find<sotto_session_service>(SOTTO_SESSION_SERVICE_ID, &self);
    if (service_ == nullptr)
      throw Failure(SOTTO_UNSUPPORTED, "notes: the host does not offer the whole of " SOTTO_SESSION_SERVICE_ID);
    if (model == nullptr) throw Failure(SOTTO_INVALID_ARGUMENT, "notes: no model is given to summarise with");
  }
  const sotto_session_service* operator->() const { return service_; }

  template <class Call>
  static void ask(Call call) {
    sotto_error err{sizeof err, SOTTO_OK, {}};
    if (const sotto_status status = call(&err); status != SOTTO_OK) throw sotto::plugin::failure(status, err);
  }
  uint32_t context_tokens() const {
    sotto_model_facts facts{};
    facts.struct_size = sizeof facts;
    ask([&](sotto_error* err) { return service_->model_get_facts(model_, &facts, err); });
    return facts.context_tokens;
  }
  bool has_template() const {
    uint64_t size = 0;
    return service_->model_text(model_, sotto_cstr("tokenizer.chat_template"), nullptr, 0, &size, nullptr) == SOTTO_OK;
  }
  // The two-call idiom: how many, then the ids.
  std::vector<uint32_t> prompt(const std::string& text) const {
    std::vector<uint32_t> ids;
    uint64_t count = 0;
    const std::string messages = has_template() ? messages_of(text) : std::string();
    sotto_template_options options{};
    options.struct_size = sizeof options;
    options.messages = str(messages);
    const auto fill = [&](sotto_error* err) {
      return messages.empty() ? service_->tokenize(model_, str(text), 0, ids.data(), ids.size(), &count, err)
                              : service_->template_tokenize(model_, &options, ids.data(), ids.size(), &count, err);
    };
    ask(fill);
    ids.resize(static_cast<size_t>(count));
    ask(fill);
    return ids;
  }
  std::unique_ptr<sotto_session, void (*)(sotto_session*)> session() const {
    sotto_session* made = nullptr;
    ask([&](sotto_error* err) { return service_->session_create(model_, nullptr, &made, err); });
    return {made, service_->session_destroy};
  }

 private:
  // One turn of the user as JSON. Notes hold no control characters; the line breaks are ours.
  static std::string messages_of(const std::string& text) {
    std::string json = R"([{"role": "user", "content": ")";
    for (const char c : text) {
      if (c == '"' || c == '\\') json += '\\';
      json += c == '\n' ? std::string("\\n") : std::string(1, c);
    }
    return json + "\"}]";
  }

  const sotto_session_service* service_ = nullptr;
  sotto_model* model_;
};

// The newest notes that leave room for the answer.
std::vector<uint32_t> fit(const Model& model, const std::vector<Note>& notes, uint32_t max_tokens, uint32_t* used) {
  const uint32_t context = model.context_tokens();
  for (size_t first = 0; first < notes.size(); first += (notes.size() - first + 3) / 4) {
    std::string text(kTask);
    for (size_t i = first; i < notes.size(); ++i) text += "- " + notes[i].text + "\n";
    const std::vector<uint32_t> ids = model.prompt(text);
    *used = static_cast<uint32_t>(notes.size() - first);
    if (ids.size() + max_tokens <= context) return ids;
  }
  throw Failure(SOTTO_CONTEXT_FULL, "notes: not even the last note leaves room for " + std::to_string(max_tokens) +
                                        " tokens of summary in a context of " + std::to_string(context));
}

}  // namespace

void summarise(const sotto::plugin::Host& host, sotto_model* given, std::vector<Note> notes,
               const notes_summary_options& options, sotto_on_text on_text, void* user, notes_summary_result* result) {
  const Model model(host, given);
  if (notes.empty()) throw Failure(SOTTO_NOT_FOUND, "notes: there is nothing to summarise");
  sotto_generate_options o{};
  o.struct_size = sizeof o;
  o.max_tokens = options.max_tokens == 0 ? kUsualTokens : options.max_tokens;
  o.deadline_ms = options.deadline_ms;
  o.repeat_penalty = 1.1f;  // small models repeat themselves
  const std::vector<uint32_t> ids = fit(model, notes, o.max_tokens, &result->used_notes);
  result->left_out = static_cast<uint32_t>(notes.size()) - result->used_notes;
  o.prompt_ids = ids.data();
  o.prompt_id_count = ids.size();
  sotto_generate_result done{};
  done.struct_size = sizeof done;
  o.result = &done;
  const auto session = model.session();
  Model::ask([&](sotto_error* err) { return model->generate(session.get(), sotto_str{}, &o, on_text, user, err); });
  result->finish = done.finish;
}

}  // namespace notes
