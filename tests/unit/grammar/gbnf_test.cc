// GBNF: what is taken means what llama.cpp's page says; what is wrong or not taken is told by line and column.
#include <gtest/gtest.h>

#include "support.h"

namespace sotto::grammar {
namespace {

struct Case {
  const char* name;
  const char* source;
  std::vector<const char*> taken, refused;
};

const Case kCases[] = {
    {"literal", "root ::= \"abc\"", {"abc"}, {"", "ab", "abcd", "abd"}},
    {"empty literal", "root ::= \"\"", {""}, {"a"}},
    {"alternatives", "root ::= \"a\" | \"bc\" |\n  \"d\"", {"a", "bc", "d"}, {"b", "ad"}},
    {"empty alternative", "root ::= \"a\" x\nx ::= | \"b\"", {"a", "ab"}, {"b", "abb"}},
    {"group", "root ::= (\"a\" | \"b\") \"c\"", {"ac", "bc"}, {"c", "abc"}},
    {"group over lines", "root ::= (\n  \"a\" # first\n  | \"b\"\n) \"c\"\n", {"ac", "bc"}, {"a"}},
    {"star", "root ::= \"ab\"*", {"", "ab", "abab"}, {"a", "aba"}},
    {"plus", "root ::= [0-9]+", {"0", "0123456789"}, {"", "a", "1a"}},
    {"optional", "root ::= \"-\"? \"1\"", {"1", "-1"}, {"--1", "-"}},
    {"exactly", "root ::= [a-c]{3}", {"abc", "aaa"}, {"ab", "abca"}},
    {"at least", "root ::= \"x\"{2,}", {"xx", "xxxxx"}, {"x", ""}},
    {"between", "root ::= \"x\"{1, 3} \"y\"", {"xy", "xxxy"}, {"y", "xxxxy"}},
    {"none", "root ::= \"x\"{0} \"y\"", {"y"}, {"xy"}},
    {"class", "root ::= [a-z_.-]", {"a", "z", "_", ".", "-"}, {"A", "ab", "`"}},
    {"negated", "root ::= [^a-c\\n]", {"d", "\t", "\xE4\xB8\xAD", "\xF0\x9F\x98\x80"}, {"a", "b", "\n", "\xE4\xB8", "\xFF"}},
    {"escapes in a class", "root ::= [\\]\\[\\\\\\x41-\\x43]+", {"]", "[", "\\", "ABC"}, {"D"}},
    {"hexadecimal", "root ::= \"\\x41\\u4e2d\\U0001F600\"", {"A\xE4\xB8\xAD\xF0\x9F\x98\x80"}, {"A"}},
    {"class of other scripts", "root ::= [\xE4\xB8\x80-\xE9\xBE\xA5]+", {"\xE5\x8E\xA8\xE6\x88\xBF"}, {"a", "\xE3\x81\x82"}},
    {"two and three bytes",
     "root ::= [\\u00e0-\\u0915]",
     {"\xC3\xA0", "\xDF\xBF", "\xE0\xA0\x80", "\xE0\xA4\x95"},
     {"\xC3\x9F", "\xE0\xA4\x96", "\xE0\x9F\xBF"}},
    {"any",
     "root ::= . .",
     {"ab", "\n\n", "\xE4\xB8\xAD\xF0\x9F\x98\x80"},
     {"a", "abc",
      "\xED\xA0\x80"
      "a"}},
    {"rule names", "root ::= first-part second_2\nfirst-part ::= \"a\"\nsecond_2 ::= \"b\"", {"ab"}, {"a", "b"}},
    {"recursion in the middle", "root ::= \"(\" root \")\" | \"x\"", {"x", "((x))"}, {"(x", "x)", "()"}},
    {"recursion to the right", "root ::= \"a\" root | \"b\"", {"b", "aaaab"}, {"a", "ba"}},
    {"ambiguous", "root ::= s\ns ::= \"a\" s \"a\" | \"a\" s | \"a\"", {"a", "aaaaaaaa"}, {"", "b"}},
    {"hidden in what may be empty", "root ::= x \"a\" root | \"b\"\nx ::= \" \"?", {"b", "a a ab", " ab"}, {"a", "  ab"}},
    {"two calls of one rule",
     "root ::= e \"+\" e | e \"-\" e\ne ::= [0-9]+ | \"(\" root \")\"",
     {"1+2", "(1-2)+3"},
     {"1", "1+", "(1)"}},
    {"comments", "# all\nroot ::= \"a\" # b\n# c\n", {"a"}, {"b"}},
    {"arithmetic of the page",
     "root  ::= (expr \"=\" term \"\\n\")+\nexpr  ::= term ([-+*/] term)*\nterm  ::= num | \"(\" expr \")\"\nnum   ::= "
     "[0-9]+\n",
     {"1+1=2\n", "(1*2)/3=4\n5=5\n"},
     {"1+=2\n", "1+1=2"}},
};

TEST(Gbnf, TakesAndRefuses) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const CompiledRef g = gbnf(c.source);
    if (!g) continue;
    for (const char* text : c.taken) EXPECT_TRUE(accepts(*g, text)) << text;
    for (const char* text : c.refused) EXPECT_FALSE(accepts(*g, text)) << text;
  }
}

struct Fault {
  const char* source;
  const char* place;
  const char* says;
};

const Fault kFaults[] = {
    {"root ::= \"a\"\nother = \"b\"", "line 2, column 7", "'::='"},
    {"root ::= \"a", "line 1, column 10", "closing quote"},
    {"root ::= [a", "line 1, column 10", "no ']'"},
    {"root ::= (\"a\"\n\"b\"", "line 2, column 4", "')'"},
    {"root ::= \"\\q\"", "line 1, column 11", "escape"},
    {"root ::= \"\\u12\"", "line 1, column 11", "4 hexadecimal digits"},
    {"root ::= \"\\ud800\"", "line 1, column 11", "no character"},
    {"root ::= [z-a]", "line 1, column 11", "range"},
    {"root ::= []", "line 1, column 10", "no character"},
    {"root ::= *", "line 1, column 10", "repeats nothing"},
    {"root ::= \"a\"{3,2}", "line 1, column 13", "3 to 2"},
    {"root ::= \"a\"{99999999}", "line 1, column 14", "repetitions"},
    {"root ::= \"a\"{x}", "line 1, column 14", "number"},
    {"root ::= missing", "line 1, column 10", "'missing' is not defined"},
    {"root ::= \"a\"\nroot ::= \"b\"", "line 2, column 1", "defined twice"},
    {"root ::= <think>", "line 1, column 10", "token"},
    {"root ::= \"a\" )", "line 1, column 14", "end of the rule"},
    {"root ::= \"\xFF\"", "line 1, column 1", "UTF-8"},
    {"start ::= \"a\"", "", "no rule 'root'"},
    {"", "", "no rule 'root'"},
    {"root ::= root \"a\" | \"b\"", "", "rule 'root' begins with itself (root -> root)"},
    {"root ::= \"x\" a\na ::= b \"c\" | \"d\"\nb ::= w a\nw ::= \" \"*", "", "begins with itself (a -> b -> a)"},
    {"root ::= \"a\" root", "", "rule 'root' allows no text at all"},
    {"root ::= \"a\"{50000} root2\nroot2 ::= (\"b\"{50000}){50000}", "", "more than"},
};

TEST(Gbnf, TellsWhatIsWrongAndWhere) {
  for (const Fault& f : kFaults) {
    const std::string told = gbnf_fault(f.source);
    EXPECT_NE(told.find(f.place), std::string::npos) << f.source << "\n" << told;
    EXPECT_NE(told.find(f.says), std::string::npos) << f.source << "\n" << told;
  }
}

// A way that cannot end is no way at all: what was matched can always go on.
TEST(Gbnf, LeavesOutWaysThatCannotEnd) {
  const CompiledRef g = gbnf("root ::= \"a\" dead | \"ab\"\ndead ::= \"x\" dead");
  ASSERT_TRUE(g);
  EXPECT_TRUE(accepts(*g, "ab"));
  EXPECT_FALSE(begins(*g, "ax"));
}

}  // namespace
}  // namespace sotto::grammar
