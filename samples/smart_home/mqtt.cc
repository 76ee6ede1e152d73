#include "mqtt.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <mosquitto.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "sotto/sotto.hpp"

namespace {

constexpr int kKeepAliveSeconds = 30, kAtLeastOnce = 1;
constexpr auto kStarts = std::chrono::seconds(5);

[[noreturn]] void fail(const std::string& what) { throw sotto::Error(SOTTO_IO_ERROR, ("smart_home: " + what).c_str()); }

std::string random_name() {
  unsigned char bytes[12];
  if (getrandom(bytes, sizeof bytes, 0) != static_cast<ssize_t>(sizeof bytes)) fail("the system gives no random bytes");
  std::string name;
  for (const unsigned char byte : bytes) name += "0123456789abcdef"[byte & 15];
  return name;
}

int free_port() {
  const int probe = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool is_bound = probe >= 0 && bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                        getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (probe >= 0) close(probe);
  if (!is_bound) fail("no port of 127.0.0.1 is free");
  return ntohs(address.sin_port);
}

std::string made_folder() {
  std::string path = (std::filesystem::temp_directory_path() / "sotto-home-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) fail("no folder can be made in " + path);
  return path;
}

void taken(mosquitto*, void* user, const mosquitto_message* message) {
  const auto* on_message = static_cast<const MqttClient::OnMessage*>(user);
  try {
    (*on_message)(message->topic,
                  std::string(static_cast<const char*>(message->payload), static_cast<size_t>(message->payloadlen)));
  } catch (...) {  // what a message cannot do is no matter of the library's thread
  }
}

}  // namespace

Broker::Broker() : folder_(made_folder()), secret_(random_name()), port_(free_port()) {
  const std::string settings = folder_ + "/mosquitto.conf";
  std::ofstream(settings) << "listener " << port_ << " 127.0.0.1\nallow_anonymous true\nclientid_prefixes " << secret_
                          << "\npersistence false\nset_tcp_nodelay true\nlog_dest none\n";
  const char* const words[] = {SOTTO_MOSQUITTO, "-c", settings.c_str(), nullptr};
  process_ = fork();
  if (process_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM);  // it ends with this program, however that ends
    // It says that clientid_prefixes will go; this program says by itself when no broker answers.
    if (const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC); nowhere >= 0) dup2(nowhere, STDERR_FILENO);
    execv(words[0], const_cast<char* const*>(words));
    _exit(127);
  }
  if (process_ < 0) fail("the broker " SOTTO_MOSQUITTO " cannot be started");
}

Broker::~Broker() {
  kill(process_, SIGTERM);
  waitpid(process_, nullptr, 0);
  std::error_code unused;
  std::filesystem::remove_all(folder_, unused);
}

MqttClient::MqttClient(const Broker& broker, const std::string& name, const std::string& topics, OnMessage on_message)
    : on_message_(std::move(on_message)) {
  static const int is_ready = mosquitto_lib_init();
  if (is_ready == MOSQ_ERR_SUCCESS) client_ = mosquitto_new((broker.secret() + name).c_str(), true, &on_message_);
  if (client_ == nullptr) fail("libmosquitto makes no client");
  mosquitto_message_callback_set(client_, taken);
  mosquitto_int_option(client_, MOSQ_OPT_TCP_NODELAY, 1);  // orders are small, and somebody waits
  const auto last = std::chrono::steady_clock::now() + kStarts;
  int status = MOSQ_ERR_UNKNOWN;
  while ((status = mosquitto_connect(client_, "127.0.0.1", broker.port(), kKeepAliveSeconds)) != MOSQ_ERR_SUCCESS &&
         std::chrono::steady_clock::now() < last)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  if (status == MOSQ_ERR_SUCCESS) status = mosquitto_subscribe(client_, nullptr, topics.c_str(), kAtLeastOnce);
  if (status == MOSQ_ERR_SUCCESS) status = mosquitto_loop_start(client_);
  if (status == MOSQ_ERR_SUCCESS) return;
  mosquitto_destroy(client_);
  fail("the broker on port " + std::to_string(broker.port()) + " does not take the client \"" + name +
       "\": " + mosquitto_strerror(status));
}

MqttClient::~MqttClient() {
  mosquitto_disconnect(client_);
  mosquitto_loop_stop(client_, false);
  mosquitto_destroy(client_);
}

void MqttClient::publish(const std::string& topic, const std::string& payload) {
  const int status =
      mosquitto_publish(client_, nullptr, topic.c_str(), static_cast<int>(payload.size()), payload.data(), kAtLeastOnce, false);
  if (status != MOSQ_ERR_SUCCESS) fail("publishing on " + topic + ": " + mosquitto_strerror(status));
}
