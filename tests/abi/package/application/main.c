/* Lists plugins and backends: application FOLDER [LIBRARY...]. Ends with 0 when every plugin was taken. */
#include <sotto/sotto.h>
#include <stdio.h>

int main(int argc, char** argv) {
  sotto_error err = {sizeof err, SOTTO_OK, ""};
  sotto_runtime_options options = {sizeof options};
  sotto_runtime* runtime = NULL;
  sotto_str files[8];
  uint32_t i, refused = 0;
  for (i = 0; i < 8 && (int)i + 2 < argc; ++i) files[i] = sotto_cstr(argv[i + 2]);
  options.plugin_folder = sotto_cstr(argc > 1 ? argv[1] : NULL);
  options.plugin_files = files;
  options.plugin_file_count = i;
  if (sotto_runtime_create(&options, &runtime, &err) != SOTTO_OK) {
    printf("%s: %s\n", sotto_status_text(err.status), err.text);
    return 2;
  }
  printf("%s\n%s\n", sotto_version(), sotto_build_info());
  for (i = 0; i < sotto_runtime_plugin_count(runtime); ++i) {
    sotto_plugin_info info = {sizeof info};
    sotto_runtime_plugin_info(runtime, i, &info, NULL);
    printf("plugin %s %s: %s\n", info.id, info.version, info.status == SOTTO_OK ? "loaded" : info.reason);
    refused += info.status != SOTTO_OK;
  }
  for (i = 0; i < sotto_runtime_backend_count(runtime); ++i) {
    sotto_backend_info info = {sizeof info};
    sotto_runtime_backend_info(runtime, i, &info, NULL);
    printf("backend %s: %u devices\n", info.name, (unsigned)info.device_count);
  }
  printf("tea: %s\n", sotto_runtime_query(runtime, "com.example.tea/1").table ? "found" : "none");
  sotto_runtime_destroy(runtime);
  return refused ? 1 : 0;
}
