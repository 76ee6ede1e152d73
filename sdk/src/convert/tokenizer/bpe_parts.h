// bpe_parts.h: what byte-level BPE and BPE over characters share in a tokenizer.json: the lists, and what is refused in both.
#pragma once

#include <string>

#include "base/status.h"
#include "convert/json.h"
#include "convert/tokenizer/added_tokens.h"
#include "convert/tokenizer_data.h"

namespace sotto {

std::string type_of(const Json* json);  // "": none

// model.vocab and model.merges. Every part and every whole of a merge is a token.
Status read_vocabulary(const Json& vocab, TokenList* list);
Status read_merges(const Json* merges, const TokenList& list, TokenizerData* data);
Status add_merge(const std::string& left, const std::string& right, const TokenList& list, TokenizerData* data);
Status read_added_tokens(const Json& json, TokenList* list);
// TemplateProcessing: at most one token before a text and one after it become bos and eos.
Status read_post_processor(const Json* processor, const TokenList& list, TokenizerData* data);
// dropout, affixes of subwords: they change ids.
Status refuse_bpe_options(const Json& model, const std::string& where);

// BPE over characters as a SentencePiece list; see spm_json.cc.
Status read_converted_sentencepiece(const Json& json, TokenList* list, TokenizerData* data);
// What ignore_merges changes: a word of the vocabulary that merging does not make. REQUIRES: byte-level, complete.
Result<bool> merging_makes_all_words(const TokenizerData& data, const std::string& where);

}  // namespace sotto
