#include "text/grammar/schema_keywords.h"

#include <algorithm>
#include <iterator>

namespace sotto::grammar {
namespace {

using U = KeywordUse;
constexpr uint8_t kNumbers = kIntegerValue | kNumberValue;

constexpr Keyword kKeywords[] = {
    {"$comment", U::kAnnotation},
    {"$defs", U::kAnnotation},
    {"$id", U::kAnnotation},
    {"$schema", U::kAnnotation},
    {"contentEncoding", U::kAnnotation},
    {"contentMediaType", U::kAnnotation},
    {"default", U::kAnnotation},
    {"definitions", U::kAnnotation},
    {"deprecated", U::kAnnotation},
    {"description", U::kAnnotation},
    {"example", U::kAnnotation},
    {"examples", U::kAnnotation},
    {"readOnly", U::kAnnotation},
    {"title", U::kAnnotation},
    {"writeOnly", U::kAnnotation},

    {"$ref", U::kShape},
    {"allOf", U::kShape},
    {"anyOf", U::kShape},
    {"const", U::kShape},
    {"enum", U::kShape},
    {"nullable", U::kShape},
    {"oneOf", U::kShape},
    {"type", U::kShape},

    {"additionalProperties", U::kOfKind, kObjectValue},
    {"exclusiveMaximum", U::kOfKind, kNumbers},
    {"exclusiveMinimum", U::kOfKind, kNumbers},
    {"format", U::kOfKind, kTextValue},
    {"items", U::kOfKind, kListValue},
    {"maxItems", U::kOfKind, kListValue},
    {"maxLength", U::kOfKind, kTextValue},
    {"maximum", U::kOfKind, kNumbers},
    {"minItems", U::kOfKind, kListValue},
    {"minLength", U::kOfKind, kTextValue},
    {"minimum", U::kOfKind, kNumbers},
    {"pattern", U::kOfKind, kTextValue},
    {"prefixItems", U::kOfKind, kListValue},
    {"properties", U::kOfKind, kObjectValue},
    {"required", U::kOfKind, kObjectValue},
    {"uniqueItems", U::kOfKind, kListValue},

    {"$anchor", U::kRefused, 0, "refer by path: #/$defs/name"},
    {"$dynamicAnchor", U::kRefused, 0, "refer by path: #/$defs/name"},
    {"$dynamicRef", U::kRefused, 0, "refer by path: #/$defs/name"},
    {"additionalItems", U::kRefused, 0, "write prefixItems and items"},
    {"contains", U::kRefused, 0, "say it of every item"},
    {"dependencies", U::kRefused, 0, "write the cases as anyOf"},
    {"dependentRequired", U::kRefused, 0, "write the cases as anyOf"},
    {"dependentSchemas", U::kRefused, 0, "write the cases as anyOf"},
    {"else", U::kRefused, 0, "write the cases as anyOf"},
    {"if", U::kRefused, 0, "write the cases as anyOf"},
    {"maxContains", U::kRefused, 0, "say it of every item"},
    {"maxProperties", U::kRefused, 0, "name the properties, and which are required"},
    {"minContains", U::kRefused, 0, "say it of every item"},
    {"minProperties", U::kRefused, 0, "name the properties, and which are required"},
    {"multipleOf", U::kRefused, 0, "list the values as enum"},
    {"not", U::kRefused, 0, "say what is allowed instead"},
    {"patternProperties", U::kRefused, 0, "name the properties"},
    {"propertyNames", U::kRefused, 0, "name the properties"},
    {"then", U::kRefused, 0, "write the cases as anyOf"},
    {"unevaluatedItems", U::kRefused, 0, "write items"},
    {"unevaluatedProperties", U::kRefused, 0, "write additionalProperties"},
};

}  // namespace

const Keyword* find_keyword(std::string_view name) {
  const auto* row = std::find_if(std::begin(kKeywords), std::end(kKeywords), [&](const Keyword& k) { return k.name == name; });
  return row == std::end(kKeywords) ? nullptr : row;
}

}  // namespace sotto::grammar
