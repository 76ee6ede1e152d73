// table.h: the table "sotto.assistant/1" that the plugin's query hands out.
#pragma once

namespace sotto::assistant {

const void* table();  // sotto_assistant_api; `self` is the plugin's dialogue::Services

}  // namespace sotto::assistant
