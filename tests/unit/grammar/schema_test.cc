// JSON Schema: what a schema takes and refuses as text, keyword by keyword, and what of a schema itself is refused.
#include <gtest/gtest.h>

#include "support.h"

namespace sotto::grammar {
namespace {

struct Case {
  const char* schema;
  std::vector<const char*> taken, refused;
};

const Case kCases[] = {
    {R"({"type":"null"})", {"null"}, {"0", ""}},
    {R"({"type":"boolean"})", {"true", "false"}, {"null", "True"}},
    {R"({"type":"integer"})", {"0", "-1", "9007199254740991"}, {"-0", "01", "1.0", "1e3", "9007199254740992"}},
    {R"({"type":"integer","minimum":-5,"maximum":12})", {"-5", "-1", "0", "9", "10", "12"}, {"-6", "13", "20", "-12", "100"}},
    {R"({"type":"integer","exclusiveMinimum":99,"exclusiveMaximum":1001})", {"100", "999", "1000"}, {"99", "1001", "10", "0"}},
    {R"({"type":"integer","minimum":1.5,"maximum":3.5})", {"2", "3"}, {"1", "4"}},
    {R"({"type":"integer","minimum":7,"maximum":7})", {"7"}, {"6", "8"}},
    {R"({"type":"integer","minimum":9223372036854775800})",
     {"9223372036854775800", "9223372036854775807"},
     {"9223372036854775799", "9223372036854775808"}},
    {R"({"type":"integer","maximum":-17})", {"-17", "-18", "-170"}, {"-16", "0", "17"}},
    {R"({"type":"number"})", {"0", "-1.5", "3e10", "2E-5", "0.001"}, {".5", "1.", "01", "+1", "1e"}},
    {R"({"type":"number","minimum":16,"maximum":30})", {"16", "16.0", "29.999", "30"}, {"15.9", "30.1", "30.0", "3", "160"}},
    {R"({"type":"number","minimum":-1,"maximum":1})", {"-1", "-0.5", "0", "0.25", "1"}, {"-1.1", "1.5", "2", "-0.0", "-0"}},
    {R"({"type":"number","exclusiveMinimum":0,"maximum":2})", {"0.5", "0.001", "1", "1.9", "2"}, {"0", "0.0", "2.5", "-1"}},
    {R"({"type":"number","exclusiveMaximum":0})", {"-0.5", "-1", "-300.25"}, {"0", "-0.0", "1", "-0"}},
    {R"({"type":"string"})",
     {"\"\"", "\"a b\"", "\"\xE4\xB8\xAD\"", R"("\n\"\\\u0001")"},
     {"\"", "a", "\"\n\"", R"("\u0061")", R"("\/")", "\"\xFF\""}},
    {R"({"type":"string","minLength":2,"maxLength":3})",
     {"\"ab\"", "\"\xE4\xB8\xAD\xE6\x96\x87\"", R"("\n\n\n")"},
     {"\"a\"", "\"abcd\"", "\"\""}},
    {R"({"type":"string","pattern":"^[a-c]+\\d$"})", {"\"a1\"", "\"abc9\""}, {"\"a\"", "\"1\"", "\"xa1\"", "\"a1 \""}},
    {R"({"type":"string","pattern":"b"})", {"\"b\"", "\"abc\""}, {"\"ac\"", "\"\""}},
    {R"({"type":"string","pattern":"^(?:on|off)$|^x{2,3}"})",
     {"\"on\"", "\"off\"", "\"xx\"", "\"xxxyz\""},
     {"\"onx\"", "\"x\"", "\"axx\""}},
    {R"({"type":"string","pattern":"^[^\\s\"]*$","maxLength":3})",
     {"\"\"", "\"ab\"", "\"\xE4\xB8\xAD\""},
     {"\"a b\"", "\"abcd\"", R"("\"")"}},
    {R"({"type":"string","pattern":"^\\w+\\.\\u4e2d$"})", {"\"a_1.\xE4\xB8\xAD\""}, {"\"a-.\xE4\xB8\xAD\""}},
    {R"({"type":"string","format":"date"})",
     {"\"2024-02-29\"", "\"2023-12-31\"", "\"2000-02-29\"", "\"0001-01-01\""},
     {"\"2023-02-29\"", "\"1900-02-29\"", "\"2023-04-31\"", "\"2023-13-01\"", "\"0000-01-01\"", "\"23-1-1\""}},
    {R"({"type":"string","format":"time"})",
     {"\"07:30:00Z\"", "\"23:59:59.5+08:00\""},
     {"\"24:00:00Z\"", "\"07:30\"", "\"07:30:00\""}},
    {R"({"type":"string","format":"date-time"})", {"\"2026-11-28T07:30:00Z\""}, {"\"2026-11-28\"", "\"2026-11-28 07:30:00Z\""}},
    {R"({"type":"string","format":"ipv4"})", {"\"127.0.0.1\"", "\"255.255.255.0\""}, {"\"256.0.0.1\"", "\"1.2.3\""}},
    {R"({"enum":["on",1,null,{"a":[1,"x"]}]})", {"\"on\"", "1", "null", R"({"a":[1,"x"]})"}, {"\"off\"", "2", "{}"}},
    {R"({"enum":["on",1],"type":"string"})", {"\"on\""}, {"1"}},
    {R"({"const":"\u5ba2\u5385\n"})", {"\"\xE5\xAE\xA2\xE5\x8E\x85\\n\""}, {"\"\""}},
    {R"({"type":["string","null"],"maxLength":1})", {"null", "\"a\""}, {"\"ab\"", "0"}},
    {R"({"type":"integer","nullable":true,"minimum":0,"maximum":1})", {"0", "1", "null"}, {"2", "true"}},
    {R"({"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"boolean"},"c":{"const":1}},"required":["b"]})",
     {R"({"b":true})", R"({"a":1,"b":true,"c":1})", R"({"a": 1, "b": false})", R"({"b":true,"c":1})"},
     {"{}", R"({"a":1})", R"({"b":true,"a":1})", R"({"b":true,})", R"({,"b":true})", R"({"b":true,"d":1})",
      R"({"b": true ,"c":1})"}},
    {R"({"type":"object","properties":{"a":{"const":1},"b":{"const":2}}})",
     {"{}", R"({"a":1})", R"({"b":2})", R"({"a":1,"b":2})"},
     {R"({"b":2,"a":1})"}},
    {R"({"type":"object","properties":{"ab":{"const":1}},"additionalProperties":{"type":"integer"}})",
     {"{}", R"({"ab":1})", R"({"ab":1,"x":5})", R"({"a":5,"abc":6})", R"({"":0})"},
     {R"({"ab":2})", R"({"x":"y"})", R"({"x":1,"ab":1})"}},
    {R"({"type":"object","properties":{},"additionalProperties":false})", {"{}"}, {R"({"a":1})"}},
    {R"({"type":"object","required":["x"],"properties":{"y":{"const":1}}})",
     {R"({"x":[true]})", R"({"y":1,"x":null})"},
     {"{}", R"({"y":1})"}},
    {R"({"type":"object"})", {"{}", R"({"a":{"b":[1,"x",null]}})"}, {"[]"}},
    {R"({"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":3})",
     {"[1]", "[1,2]", "[1, 2, 3]"},
     {"[]", "[1,2,3,4]", "[1,]", "[\"a\"]"}},
    {R"({"type":"array","items":{"type":"integer"}})", {"[]", "[1,2,3,4,5]"}, {"[,]", "[true]"}},
    {R"({"type":"array","prefixItems":[{"const":1},{"const":2}],"items":{"const":3},"minItems":1})",
     {"[1]", "[1,2]", "[1,2,3,3]"},
     {"[]", "[2]", "[1,3]"}},
    {R"({"type":"array","prefixItems":[{"const":1}],"items":false})", {"[]", "[1]"}, {"[1,1]"}},
    {R"({"type":"array","prefixItems":[{"const":1}]})", {"[]", "[1]"}, {"[1,2]"}},
    {R"({"type":"array","maxItems":0})", {"[]"}, {"[1]"}},
    {R"({"anyOf":[{"type":"string","maxLength":1},{"type":"integer","minimum":0,"maximum":3},{"const":"long"}]})",
     {"\"a\"", "3", "\"long\""},
     {"\"lo\"", "4"}},
    {R"({"oneOf":[{"type":"object","properties":{"k":{"const":"a"},"x":{"const":1}},"required":["k"]},{"type":"object","properties":{"k":{"const":"b"}},"required":["k"]}]})",
     {R"({"k":"a","x":1})", R"({"k":"b"})"},
     {R"({"k":"b","x":1})", R"({"k":"c"})"}},
    {R"({"$defs":{"n":{"type":"integer","minimum":1,"maximum":2}},"type":"array","items":{"$ref":"#/$defs/n"}})",
     {"[1,2]"},
     {"[3]"}},
    {R"({"definitions":{"a/b":{"const":5}},"allOf":[{"$ref":"#/definitions/a~1b"}]})", {"5"}, {"6"}},
    {R"({"type":"object","properties":{"next":{"$ref":"#"},"v":{"const":1}},"required":["v"]})",
     {R"({"v":1})", R"({"next":{"next":{"v":1},"v":1},"v":1})"},
     {R"({"next":{"v":1}})"}},
    {"true", {"1", "\"x\"", R"({"a":[[],{}]})"}, {"tru"}},
    {R"({"title":"t","description":"d","default":3,"examples":[1],"x-mine":{},"type":"null"})", {"null"}, {"3"}},
    {R"({"properties":{"a":{"const":1}},"required":["a"]})", {R"({"a":1})"}, {"1"}},
};

TEST(Schema, TakesAndRefuses) {
  for (const Case& c : kCases) {
    const CompiledRef g = schema(c.schema);
    if (!g) continue;
    for (const char* text : c.taken) EXPECT_TRUE(accepts(*g, text)) << c.schema << "\n" << text;
    for (const char* text : c.refused) EXPECT_FALSE(accepts(*g, text)) << c.schema << "\n" << text;
  }
}

struct Fault {
  const char* schema;
  const char* place;
  const char* says;
};

const Fault kFaults[] = {
    {"{\n  \"type\": \"string\",\n  \"maxLenght\": 3\n}", "line 3, column 16 (#)", "'maxLenght' is not known"},
    {R"({"type":"object","properties":{"a":{"not":{}}}})", "(#/properties/a)", "'not' is not taken"},
    {R"({"type":"object","patternProperties":{}})", "(#)", "patternProperties"},
    {R"({"type":"array","uniqueItems":true})", "(#)", "uniqueItems"},
    {R"({"type":"number","multipleOf":2})", "(#)", "multipleOf"},
    {R"({"type":"number","minimum":0.5})", "(#)", "'minimum'"},
    {R"({"type":"string","format":"email"})", "(#)", "format 'email'"},
    {R"({"type":"string","pattern":"(?=a)b"})", "(#)", "look-around"},
    {R"({"type":"string","pattern":"(a)\\1"})", "(#)", "reference to a group"},
    {R"({"type":"string","pattern":"a\\b"})", "(#)", "word boundaries"},
    {R"({"type":"string","pattern":"a$b"})", "(#)", "anchor"},
    {R"({"type":"string","pattern":"(a"})", "(#)", "')'"},
    {R"({"oneOf":[{"type":"string"},{"type":"string","maxLength":3}]})", "(#)", "schemas 0 and 1 may both hold"},
    {R"({"oneOf":[{"type":"integer"},{"type":"number"}]})", "(#)", "may both hold"},
    {R"({"allOf":[{"type":"string"},{"maxLength":3}]})", "(#)", "allOf"},
    {R"({"if":{},"then":{}})", "(#)", "'if'"},
    {R"({"$ref":"#/$defs/none"})", "(#)", "which is not there"},
    {R"({"$ref":"https://example.com/schema"})", "(#)", "only references within"},
    {R"({"$ref":"#/$defs/a","maxLength":3,"$defs":{"a":{}}})", "(#)", "beside $ref"},
    {R"({"type":"strin"})", "(#)", "'type'"},
    {R"({"type":"array","items":[{"type":"null"}]})", "(#)", "prefixItems"},
    {R"({"type":"string","minLength":-1})", "(#)", "'minLength'"},
    {R"({"type":"array","maxItems":1000000})", "(#)", "more than"},
    {R"({"enum":[1,2],"minimum":2})", "(#)", "'minimum' beside"},
    {R"({"enum":["a"],"type":"integer"})", "(#)", "no value is left"},
    {R"({"type":"object","properties":{"a":5}})", "(#/properties/a)", "a schema is expected"},
    {"{\n\"type\": \"object\",,}", "line 2, column 18", "a key in quotes"},
    {"{\"a\":1,\"a\":2}", "line 1", "twice"},
    {R"({"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]})", "", "allows no text at all"},
    {"false", "", "allows no text at all"},
    {"", "line 1, column 1", "a value is expected"},
    {"3", "line 1, column 1", "a schema is expected"},
};

TEST(Schema, RefusesByNameAndPlace) {
  for (const Fault& f : kFaults) {
    const std::string told = schema_fault(f.schema);
    EXPECT_NE(told.find(f.place), std::string::npos) << f.schema << "\n" << told;
    EXPECT_NE(told.find(f.says), std::string::npos) << f.schema << "\n" << told;
  }
}

TEST(Schema, WritesNoBlanksWhenCompact) {
  SchemaOptions o;
  o.is_compact = true;
  const CompiledRef g = schema(R"({"type":"object","properties":{"a":{"type":"array","items":{"const":1}}}})", o);
  ASSERT_TRUE(g);
  EXPECT_TRUE(accepts(*g, R"({"a":[1,1]})"));
  EXPECT_FALSE(accepts(*g, R"({"a": [1,1]})"));
  EXPECT_FALSE(accepts(*g, R"({"a":[1, 1]})"));
}

TEST(Schema, LimitsTextsToWhatWasSaid) {
  SchemaOptions o;
  o.limits_texts = true;
  o.values = {"living room", "a \"b\""};
  o.spans = {"switch on the kitchen light", "\xE6\x89\x93\xE5\xBC\x80\xE5\x8E\xA8\xE6\x88\xBF"};
  const CompiledRef g =
      schema(R"({"type":"object","properties":{"room":{"type":"string"},"short":{"type":"string","maxLength":5},
    "mode":{"enum":["free"]},"day":{"type":"string","format":"date"}},"additionalProperties":{"const":1}})",
             o);
  ASSERT_TRUE(g);
  for (const char* text :
       {R"({"room":"the kitchen"})", R"({"room":"living room","mode":"free","day":"2026-11-28"})", R"({"room":"a \"b\""})",
        "{\"room\":\"\xE5\x8E\xA8\xE6\x88\xBF\"}", R"({"short":"light"})", R"({"kitchen":1})"})
    EXPECT_TRUE(accepts(*g, text)) << text;
  for (const char* text : {R"({"room":"bath"})", R"({"room":"kit"})", R"({"room":"the light"})", R"({"room":""})",
                           R"({"short":"kitchen"})", R"({"other":1})"})
    EXPECT_FALSE(accepts(*g, text)) << text;
  o.values.clear();
  o.spans.clear();
  EXPECT_NE(schema_fault(R"({"type":"string"})", o).find("allows no text"), std::string::npos);
}

TEST(Schema, BoundsRecursion) {
  SchemaOptions o;
  o.max_recursion = 2;
  const CompiledRef g = schema(R"({"type":"array","items":{"$ref":"#"}})", o);
  ASSERT_TRUE(g);
  EXPECT_TRUE(accepts(*g, "[[[]],[]]"));
  EXPECT_FALSE(begins(*g, "[[[["));
  const CompiledRef deep = schema(
      R"({"type":"array","items":{"$ref":"#/$defs/a"},"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/c"},"c":{"const":1}}})",
      o);
  ASSERT_TRUE(deep) << "references that do not come back to themselves are no recursion";
  EXPECT_TRUE(accepts(*deep, "[1]"));
}

}  // namespace
}  // namespace sotto::grammar
