// job.h: the job of several processes that mpirun started this one in, for the command and the samples.
#pragma once

#include <string>

#include "sotto/ranks.h"
#include "sotto/sotto.hpp"

namespace sotto::tools {

// By the environment that mpirun gives: the library itself reads none.
bool is_in_job();
// The library of the communicator beside the plugins; empty: there is no job, or no such library.
std::string communicator_in(const std::string& plugin_folder);
// The communicator, joined, and this process's place; {NULL, NULL} without a job. The runtime was given communicator_in.
sotto_interface join_job(const Runtime& runtime, sotto_comm_facts* facts);
// Threads of a process at that place: those of one host share its cores, unless mpirun gave each its own or `wanted` says so.
uint32_t threads_beside(const sotto_comm_facts& facts, uint32_t wanted);

}  // namespace sotto::tools
