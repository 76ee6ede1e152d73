// mqtt.h: a mosquitto broker of this program's own on the loopback device, and clients of it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

struct mosquitto;

// Runs while the object lives. Listens on 127.0.0.1 alone, on a port that the system chose, and takes only clients whose name
// begins with a secret of this run: other users of the machine are kept out.
class Broker {
 public:
  Broker();  // throws sotto::Error
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;
  int port() const { return port_; }
  const std::string& folder() const { return folder_; }  // its owner's alone; gone with the broker
  const std::string& secret() const { return secret_; }

 private:
  std::string folder_, secret_;
  int port_ = 0;
  pid_t process_ = -1;
};

// [any thread] after construction. Messages come on a thread of the client.
class MqttClient {
 public:
  using OnMessage = std::function<void(const std::string& topic, const std::string& payload)>;
  // Connects, within a few seconds while the broker starts; subscribes. Throws sotto::Error.
  MqttClient(const Broker& broker, const std::string& name, const std::string& topics, OnMessage on_message);
  ~MqttClient();
  MqttClient(const MqttClient&) = delete;
  MqttClient& operator=(const MqttClient&) = delete;

  void publish(const std::string& topic, const std::string& payload);  // throws sotto::Error

 private:
  OnMessage on_message_;
  mosquitto* client_ = nullptr;
};
