#include "run/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/mapped_file.h"
#include "run/device_guard.h"
#include "run/divided.h"
#include "run/vocabulary.h"

namespace sotto {
namespace {

constexpr uint32_t kUsualSessions = 4;
// What the host itself holds, measured with SmolLM2 (docs/performance.md): fixed, per token of the vocabulary, per weight of
// the plan.
constexpr uint64_t kHostBytes = 3 << 20, kHostBytesPerToken = 190, kHostBytesPerWeight = 700;

// Fast ones first; the reference is for checking and only taken when nothing else is there. Vulkan stands behind the CPU, taken
// when it is named, until it has been measured on a real graphics processor: so far only software drivers have run it.
constexpr const char* kPreference[] = {"cuda", "cpu", "vulkan"};

int preference(const Backend& b) {
  const auto* found =
      std::find_if(std::begin(kPreference), std::end(kPreference), [&](const char* name) { return b.name == name; });
  return b.name == "reference" ? 100 : static_cast<int>(found - std::begin(kPreference));
}

// Stays at the most instead of wrapping: costs are a plugin's word, and a sum that wraps would pass under the cap.
void add(uint64_t bytes, uint64_t* sum) { *sum = bytes > UINT64_MAX - *sum ? UINT64_MAX : *sum + bytes; }

sotto_cache_options cache_options(const MemoryChoice& choice, uint32_t sequences) {
  sotto_cache_options o{};
  o.struct_size = sizeof o;
  o.k_type = o.v_type = type_of_kv(choice.kv_type);
  o.sequences = sequences;
  o.tokens = choice.kv_tokens;
  return o;
}

}  // namespace

Engine::Engine() = default;
Engine::~Engine() = default;

// A SentencePiece model has no magic number: it is one if it reads as one.
Status Engine::open_bare_tokenizer(const ModelBytes& bytes) {
  Vocabulary v;
  v.sentencepiece_model = bytes.bytes();
  auto made = make_tokenizer(v);
  if (!made.ok())
    return Status(SOTTO_BAD_FILE,
                  fmt::format("{} is neither a GGUF file nor a SentencePiece model ({})", bytes.name(), made.status().text()));
  tokenizer_ = made.take();
  return {};
}

Status Engine::open_text(const PluginHost* host, ModelBytes bytes, bool vocabulary_only) {
  const auto content = bytes.bytes();
  file_bytes_ = content.size();
  const bool is_gguf = content.size() >= 4 && std::equal(content.begin(), content.begin() + 4, "GGUF");
  if (!is_gguf && vocabulary_only) return open_bare_tokenizer(bytes);
  SOTTO_ASSIGN(ModelFile opened, ModelFile::open(std::move(bytes), vocabulary_only));
  file_ = std::make_unique<const ModelFile>(std::move(opened));
  hash_ = file_->hash();
  auto tokenizer = tokenizer_of(file_->gguf());
  if (!tokenizer.ok())
    tokenizer_failure_ = tokenizer.status().within(file_->name());
  else
    tokenizer_ = tokenizer.take();
  // A model whose tokenizer we cannot reproduce still runs by ids; a damaged one is refused.
  if (tokenizer_failure_.code() == SOTTO_BAD_FILE) return tokenizer_failure_;
  if (!tokenizer_failure_.ok() && host) host->log().warning(tokenizer_failure_.text());
  // One that is not there is missed by who asks for it.
  if (!tokenizer_ && tokenizer_failure_.ok())
    tokenizer_failure_ = Status(
        SOTTO_NOT_FOUND, fmt::format("{} has no tokenizer: feed it token ids, or import it again with one", file_->name()));
  SOTTO_ASSIGN(const std::string_view source, file_->gguf().text("tokenizer.chat_template", ""));
  if (source.empty()) {
    template_failure_ =
        Status(SOTTO_NOT_FOUND, fmt::format("{} has no chat template: give one, or feed it text as it is", file_->name()));
    return {};
  }
  auto parsed = ChatTemplate::parse(source);
  if (parsed.ok())
    template_ = std::make_unique<ChatTemplate>(parsed.take());
  else
    template_failure_ = parsed.status().within(file_->name());
  return {};
}

Result<sotto_memory_estimate> Engine::measure(const MemoryChoice& choice, bool owns_bytes) const {
  std::vector<sotto_rank_cost> costs(local_ranks());
  const sotto_cache_options cache = cache_options(choice, program_->sequences);
  SOTTO_TRY(program_->call("check", [&](const sotto_backend& t, sotto_error* err) {
    return t.check(program_->group, &plan().c(), choice.max_batch, &cache, costs.data(), sizeof costs[0], err);
  }));
  sotto_memory_estimate e{};
  e.struct_size = sizeof e;
  e.context_tokens = choice.context_tokens;
  e.max_batch = choice.max_batch;
  e.kv_type = choice.kv_type;
  uint64_t borrowed = 0;
  for (const sotto_rank_cost& c : costs) {
    add(c.weights_borrowed, &borrowed);
    add(c.weights_copied, &e.weights_copied);
    add(c.cache, &e.kv_cache);
    add(c.workspace, &e.workspace);
  }
  if (owns_bytes)
    add(file()->file_bytes(), &e.weights_copied);
  else
    e.weights_mapped = borrowed;
  e.host = kHostBytes + kHostBytesPerToken * file()->config().vocabulary + kHostBytesPerWeight * plan().c().weight_count;
  for (const uint64_t part : {e.weights_mapped, e.weights_copied, e.kv_cache, e.workspace, e.host}) add(part, &e.total);
  return e;
}

Status Engine::make_group(const PluginHost& host, const EngineOptions& o, bool in_place) {
  if (const ShardFile* shard = file() ? file()->shard() : nullptr;
      shard && (first_rank() != shard->rank() || local_ranks() != 1))
    return Status(SOTTO_MISMATCH, fmt::format("{} is {}; this process is to hold {} from rank {} on", file()->name(),
                                              shard->describe(), local_ranks() == 1 ? "one rank" : "ranks", first_rank()));
  const Backend& backend = *program_->backend;
  SOTTO_ASSIGN(const uint32_t devices, host.device_count(backend));
  if (devices == 0) return Status(SOTTO_NOT_FOUND, fmt::format("backend {} has no device on this machine", backend.name));
  const uint32_t world = plan().c().world;
  if (!o.devices.empty() && o.devices.size() != world)
    return Status(SOTTO_INVALID_ARGUMENT, fmt::format("{} devices are named for {} ranks", o.devices.size(), world));
  for (const uint32_t device : o.devices)
    if (device >= devices)
      return Status(SOTTO_NOT_FOUND, fmt::format("backend {} has no device {}, it has {}", backend.name, device, devices));
  for (uint32_t rank = first_rank(); o.guard && rank < first_rank() + local_ranks(); ++rank)
    SOTTO_TRY(o.guard->admit(backend, o.devices.empty() ? 0 : o.devices[rank]));
  sotto_group_options g{};
  g.struct_size = sizeof g;
  g.world = world;
  g.local_ranks = local_ranks();
  g.first_rank = first_rank();
  g.devices = o.devices.empty() ? nullptr : o.devices.data() + first_rank();
  if (team_) {
    g.comm = &team_->comm();
    g.comm_deadline_ms = team_->deadline_ms();
  }
  g.threads = o.threads;
  if (const uint32_t cores = std::thread::hardware_concurrency(); cores != 0 && o.threads > cores)
    host.log().warning(
        fmt::format("{} threads on {} core{}: they take turns and wait for each other; as many as cores are faster", o.threads,
                    cores, cores == 1 ? "" : "s"));
  g.affinity_mask = o.affinity_mask;
  g.thread_priority = o.thread_priority;
  g.flags = in_place ? SOTTO_GROUP_IN_PLACE : 0;
  SOTTO_TRY(program_->make("group_create", &program_->group, [&](const sotto_backend& t, sotto_group** made, sotto_error* err) {
    return t.group_create(backend.self, &g, made, err);
  }));
  uint32_t invariant_rows = UINT32_MAX;
  for (uint32_t rank = first_rank(); rank < first_rank() + local_ranks(); ++rank) {
    SOTTO_ASSIGN(const sotto_device_info info, host.device_info(backend, o.devices.empty() ? 0 : o.devices[rank]));
    if (rank == first_rank()) program_->device_name = info.name;
    invariant_rows = std::min(invariant_rows, std::max(info.batch_invariant_rows, 1u));
  }
  program_->invariant_rows = invariant_rows;
  return {};
}

// Group, plan and memory on one backend; nothing is loaded yet.
Status Engine::prepare(const Backend& backend, const PluginHost& host, const EngineOptions& o) {
  program_ = std::make_unique<Program>();
  program_->backend = &backend;
  program_->traffic_api = host.traffic_api(backend);
  program_->sequences = o.sessions ? o.sessions : kUsualSessions;
  program_->output_widths[kLogitsOutput] = file_->config().vocabulary;
  program_->output_widths[kHiddenOutput] = file_->config().hidden;
  SOTTO_ASSIGN(plan_, file_->plan(o.plan));
  SOTTO_TRY(make_group(host, o, false));
  MemoryWishes wishes = o.memory;
  wishes.context_trained = file_->config().context_trained;
  const auto measured = [&](const MemoryChoice& c) { return measure(c, o.owns_bytes); };
  MemoryWishes unlimited = wishes;
  unlimited.cap_bytes = 0;
  SOTTO_ASSIGN(memory_, plan_memory(unlimited, measured));
  // A faster layout of the weights is the first thing to give up under a cap.
  if (wishes.cap_bytes != 0 && memory_.estimate.total > wishes.cap_bytes) {
    program_->destroy_group();
    SOTTO_TRY(make_group(host, o, true));
    SOTTO_ASSIGN(memory_, plan_memory(wishes, measured));
  }
  program_->max_batch = memory_.choice.max_batch;
  return {};
}

Status Engine::try_backend(const Backend& backend, const PluginHost& host, const EngineOptions& o, bool with_weights) {
  Status s = prepare(backend, host, o);
  if (s.ok() && with_weights && o.reserve) s = o.reserve(memory_.estimate.total);
  if (s.ok() && with_weights) s = team_ ? load_together(o) : load(o);
  if (s.ok() && with_weights) scheduler_ = std::make_unique<Scheduler>(*program_);
  if (!s.ok()) close();
  return s;
}

// On the backend that is named, or on the first in the order of preference that can: a vendor's driver that fails in the middle
// of loading costs the application a line in the log, not the model.
Status Engine::open_backend(const PluginHost& host, const EngineOptions& o, bool with_weights) {
  if (!o.backend.empty()) {
    const Backend* named = host.find_backend(o.backend);
    if (named && o.device_layers != 0) return open_divided(*named, host, o, with_weights);
    if (named) return try_backend(*named, host, o, with_weights);
    std::string known;
    for (const Backend& b : host.backends()) known += (known.empty() ? "" : ", ") + b.name;
    return Status(SOTTO_NOT_FOUND,
                  fmt::format("backend '{}' is not loaded; loaded are: {}", o.backend, known.empty() ? "none" : known));
  }
  std::vector<const Backend*> candidates;
  for (const Backend& b : host.backends()) candidates.push_back(&b);
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Backend* a, const Backend* b) { return preference(*a) < preference(*b); });
  Status first(SOTTO_NOT_FOUND, "no backend is loaded: name a plugin folder or a backend's library in the runtime's options");
  std::vector<std::string> passed_over;
  for (const Backend* b : candidates) {
    Status s = try_backend(*b, host, o, with_weights);
    if (s.ok()) {
      for (const std::string& line : passed_over) host.log().warning(fmt::format("{}; {} runs the model", line, b->name));
      return s;
    }
    if (s.code() == SOTTO_CANCELLED) return s;
    // That there is no such device is nothing to tell; the first real obstacle is the one to report.
    if (s.code() != SOTTO_NOT_FOUND) passed_over.push_back(fmt::format("backend {} is passed over: {}", b->name, s.text()));
    if (first.code() == SOTTO_NOT_FOUND) first = std::move(s);
  }
  return first;
}

void Engine::close() {
  scheduler_.reset();
  program_.reset();
  uploaded_.clear();
}

Status Engine::load(const EngineOptions& o) {
  Program& p = *program_;
  SOTTO_TRY(p.make("weights_create", &p.weights, [&](const sotto_backend& t, sotto_weights** made, sotto_error* err) {
    return t.weights_create(p.group, &plan().c(), made, err);
  }));
  const Upload upload = [&](uint32_t weight, uint32_t rank, sotto_upload data) {
    if (file()->is_mapped()) {
      uploaded_.emplace_back(static_cast<const uint8_t*>(data.bytes), data.byte_count);
      data.user = &uploaded_.back();
      data.release = [](void* part) { MappedFile::give_back(*static_cast<const Span<const uint8_t>*>(part)); };
    }
    return p.call("upload",
                  [&](const sotto_backend& t, sotto_error* err) { return t.upload(p.weights, weight, rank, &data, err); });
  };
  SOTTO_TRY(upload_weights(plan(), first_rank(), local_ranks(), upload, o.progress));
  SOTTO_TRY(p.make("compile", &p.program, [&](const sotto_backend& t, sotto_program** made, sotto_error* err) {
    return t.compile(p.group, &plan().c(), p.weights, p.max_batch, made, err);
  }));
  const sotto_cache_options cache = cache_options(memory_.choice, p.sequences);
  return p.make("cache_create", &p.cache, [&](const sotto_backend& t, sotto_cache** made, sotto_error* err) {
    return t.cache_create(p.program, &cache, made, err);
  });
}

Result<std::unique_ptr<Engine>> Engine::open(const PluginHost* host, ModelBytes bytes, const EngineOptions& given) {
  EngineOptions o = given;
  auto e = std::make_unique<Engine>();
  SOTTO_TRY(e->open_text(host, std::move(bytes), o.vocabulary_only));
  if (o.vocabulary_only) return e;
  if (!host) return Status(SOTTO_INVALID_ARGUMENT, "opening a model to run needs a runtime");
  if (o.comm.table) SOTTO_TRY(e->join_team(*host, &o));
  if (o.plan.ranks == 0) o.plan.ranks = 1;
  if (Status s = e->open_backend(*host, o, true); !s.ok()) {
    if (e->team_ && !e->team_->is_lost()) e->team_->give_up(s.text());
    return s;
  }
  e->host_ = host;
  e->options_ = o;
  e->options_.progress = nullptr;
  e->options_.reserve = nullptr;
  const sotto_memory_estimate& m = e->memory();
  if (host->log().wants(SOTTO_LOG_INFO))
    host->log().info(fmt::format(
        "{}: on {} ({}), {} ranks, {} tokens of context, {:.1f} MB of weights, {:.1f} MB of cache, {:.1f} MB besides",
        e->file_->name(), e->program_->backend->name, e->program_->device_name, e->plan_.c().world, m.context_tokens,
        static_cast<double>(m.weights_mapped + m.weights_copied) / 1e6, static_cast<double>(m.kv_cache) / 1e6,
        static_cast<double>(m.workspace + m.host) / 1e6));
  return e;
}

Result<sotto_memory_estimate> Engine::estimate(const PluginHost& host, ModelBytes bytes, const EngineOptions& o) {
  Engine e;
  SOTTO_ASSIGN(ModelFile opened, ModelFile::open(std::move(bytes), false));
  e.file_ = std::make_unique<const ModelFile>(std::move(opened));
  EngineOptions alone = o;
  alone.comm = {};
  if (alone.plan.ranks == 0) alone.plan.ranks = 1;
  SOTTO_TRY(e.open_backend(host, alone, false));
  return e.memory_.estimate;
}

Result<std::shared_ptr<const grammar::TokenOrder>> Engine::token_order() const {
  SOTTO_ASSIGN(const Tokenizer* t, need_tokenizer());
  const std::lock_guard<std::mutex> lock(order_mutex_);
  if (!order_) order_ = std::make_shared<const grammar::TokenOrder>(*t, file_ ? file_->config().vocabulary : t->size());
  return order_;
}

Result<const Tokenizer*> Engine::need_tokenizer() const {
  if (tokenizer_) return static_cast<const Tokenizer*>(tokenizer_.get());
  return tokenizer_failure_;
}

Result<const ChatTemplate*> Engine::chat_template() const {
  if (template_) return static_cast<const ChatTemplate*>(template_.get());
  if (!template_failure_.ok()) return template_failure_;
  return Status(SOTTO_NOT_FOUND, "a bare tokenizer model has no chat template: give one");
}

void Engine::trim(uint32_t level) {
  if (level < 2 || !can_run()) return;
  Scheduler::Turn turn(*scheduler_);
  turn.sequences().release_idle();
}

}  // namespace sotto
