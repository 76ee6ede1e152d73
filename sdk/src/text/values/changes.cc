// changes.cc: how much more or less: 调高10%, 亮一点, "two degrees warmer", "down a bit".
#include "text/values/rules.h"

namespace sotto::values {
namespace {

// A measure that a change can have: percent, degrees, a number.
bool read_measure(Context& context, size_t at, bool takes_numbers, Readings* out) {
  at = context.reader.skip(at);
  for (const Rule rule : {find_percent, find_temperature}) {
    Readings found;
    rule(context, at, &found);
    if (found.end > out->end && found.count == 1) *out = found;
  }
  if (out->end != 0 || !takes_numbers) return out->end != 0;
  const Number n = context.reader.number(at);
  if (!n || n.is_signed || letter_at(context.reader.text(), n.end) || context.reader.word(n.end, Word::kTimeUnit) != 0)
    return false;
  if (context.reader.word(n.end, Word::kClock) != 0) return false;
  out->end = n.end;
  if (const size_t counter = context.reader.word(n.end, Word::kGear)) out->end = counter;
  out->add(number_value(SOTTO_VALUE_NUMBER, n.value, n.to));
  return true;
}

bool read_amount(Reader& reader, size_t at, Readings* out) {
  int32_t size = 0;
  const size_t end = reader.word(at, Word::kAmount, &size);
  if (end == 0) return false;
  out->end = end;
  out->add(number_value(SOTTO_VALUE_AMOUNT, size));
  return true;
}

// 点 for 一点: 亮点, but 亮点灯 and 优点 are other words.
bool read_short_amount(Reader& reader, size_t at, Readings* out) {
  int32_t kind = 0;
  const size_t end = reader.word(at, Word::kClock, &kind);
  if (end == 0 || kind != 1 || reader.skip(at) != at) return false;
  const size_t tail = reader.word(end, Word::kTail);
  if (tail == 0 && !reader.clause_ends(end)) return false;
  out->end = end;
  out->add(number_value(SOTTO_VALUE_AMOUNT, SOTTO_AMOUNT_BIT));
  return true;
}

void set_change(int direction, Readings* out) {
  for (uint32_t i = 0; i < out->count; ++i) {
    out->items[i].flags |= SOTTO_VALUE_RELATIVE;
    out->items[i].direction = direction;
  }
}

// 调高10%, 升两度, 亮一点, "up a bit", "down by 10 percent".
bool find_led(Context& context, size_t at, Readings* out) {
  Reader& reader = context.reader;
  int32_t direction = 0;
  size_t end = reader.word(at, Word::kUp, &direction);
  const bool is_verb = end != 0;
  if (!is_verb && (end = reader.word(at, Word::kMore, &direction)) == 0) return false;
  if (reader.word(end, Word::kTo) != 0) return false;  // 调高到: where, not how far
  const size_t by = reader.word(end, Word::kByWord);
  if (by != 0) end = by;
  const bool found =
      read_amount(reader, end, out) || read_measure(context, end, is_verb, out) || read_short_amount(reader, end, out);
  if (!found) return false;
  set_change(direction, out);
  return true;
}

// "two degrees warmer", "a bit louder", "much brighter".
bool find_compared(Context& context, size_t at, Readings* out) {
  Reader& reader = context.reader;
  int32_t size = 0, direction = 0;
  const size_t adverb = reader.word(at, Word::kAmountAdj, &size);
  if (adverb != 0) {
    out->end = adverb;
    out->add(number_value(SOTTO_VALUE_AMOUNT, size));
  } else if (!read_measure(context, at, false, out) && !read_amount(reader, at, out)) {
    return false;
  }
  size_t end = reader.word(out->end, Word::kMore, &direction);
  if (end == 0) end = reader.word(out->end, Word::kUp, &direction);
  if (end == 0 || reader.word(end, Word::kTo) != 0) return false;
  const size_t more = adverb != 0 ? reader.word(end, Word::kAmount) : 0;  // 稍微亮一点
  out->end = more != 0 ? more : end;
  set_change(direction, out);
  return true;
}

}  // namespace

void find_change(Context& context, size_t at, Readings* out) {
  Reader& reader = context.reader;
  Readings led, compared;
  if (find_led(context, at, &led)) *out = led;
  if (find_compared(context, at, &compared) && compared.end > out->end) *out = compared;
  if (out->end != 0) return;
  Readings amount;
  int32_t size = 0;
  if (read_amount(reader, at, &amount)) {
    reader.word(at, Word::kAmount, &size);
    // "a lot" is one behind a change only: "a lot of rain" is none.
    if (reader.word(amount.end, Word::kOf) != 0 || (size == SOTTO_AMOUNT_LOT && context.direction == 0)) return;
    set_change(context.direction, &amount);
    amount.is_shared = true;
    *out = amount;
    return;
  }
  if (const size_t end = context.direction != 0 ? reader.word(at, Word::kAmountAdj, &size) : 0) {  // "lower it a little"
    if (!reader.clause_ends(end)) return;
    out->end = end;
    out->add(number_value(SOTTO_VALUE_AMOUNT, size));
    return set_change(context.direction, out);
  }
  if (!reader.word_before(at, Word::kByWord) || context.direction == 0) return;
  if (!read_measure(context, at, true, &amount)) return;
  set_change(context.direction, &amount);
  *out = amount;
}

}  // namespace sotto::values
