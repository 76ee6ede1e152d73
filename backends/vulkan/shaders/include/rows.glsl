// rows.glsl - the batch as the host writes it (batch.h): per row 8 words, then lists and numbers at offsets given in the push
// constants. REQUIRES: `uint batch_word(uint index)`.
const uint kRowWords = 8u;
const uint kAbsent = 0xFFFFFFFFu;

uint row_token(uint row) { return batch_word(row * kRowWords); }
uint row_position(uint row) { return batch_word(row * kRowWords + 1u); }
uint row_table(uint row) { return batch_word(row * kRowWords + 2u); }  // where the sequence's cells begin
uint row_end(uint row) { return batch_word(row * kRowWords + 3u); }    // tokens of its sequence, this batch's with them
uint row_cell(uint row) { return batch_word(row * kRowWords + 4u); }
uint row_adapter(uint row) { return batch_word(row * kRowWords + 5u); }
float row_strength(uint row) { return uintBitsToFloat(batch_word(row * kRowWords + 6u)); }

// The batch row behind row `i` of a class.
uint listed(uint list_at, uint i) { return list_at == kAbsent ? i : batch_word(list_at + i); }
