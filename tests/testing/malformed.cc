#include "tests/testing/malformed.h"

#include <algorithm>
#include <vector>

namespace weft {
namespace {

constexpr std::string_view kJunk[] = {"",
                                      "x",
                                      "-1",
                                      "0",
                                      "1",
                                      "3",
                                      "7",
                                      "65535",
                                      "65536",
                                      "4294967296",
                                      "99999999999999999999",
                                      "1e999",
                                      "nan",
                                      "-inf",
                                      "1e-9",
                                      "0.5",
                                      "0x1",
                                      "+1",
                                      "1;",
                                      "\t1",
                                      "\xff\xfe",
                                      "out",
                                      "neg",
                                      "mul",
                                      ";",
                                      "1 1",
                                      "'",
                                      "rows",
                                      "elements",
                                      "Elements",
                                      "inputs",
                                      "column_sums",
                                      "block_sums"};

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (c == ' ' || c == ';') words.emplace_back();
    if (c != ' ') words.back() += c;
    if (c == ';') words.emplace_back();
  }
  std::erase(words, "");
  return words;
}

}  // namespace

void for_each_word_replaced(std::string_view text, const std::function<void(const std::string&)>& check) {
  const std::vector<std::string> words = words_of(text);
  for (std::size_t replaced = 0; replaced < words.size(); ++replaced)
    for (const std::string_view junk : kJunk) {
      std::string changed;
      for (std::size_t i = 0; i < words.size(); ++i)
        (changed += i > 0 ? " " : "") += i == replaced ? junk : std::string_view(words[i]);
      check(changed);
    }
}

std::string mutated(std::string text, std::mt19937_64& random) {
  constexpr std::string_view kBytes = "0123456789 ;-.einfou";
  constexpr std::size_t kLongestPiece = 12;
  for (std::size_t times = 1 + random() % 2; times > 0; --times) {
    const std::size_t at = random() % (text.size() + 1), length = random() % (kLongestPiece + 1);
    const std::size_t statement = std::min(text.find(';', at), text.size());
    const std::size_t end = std::min(text.find(';', statement + 1), text.size());
    switch (random() % 6) {
      case 0:
        text.insert(at, 1, kBytes[random() % kBytes.size()]);
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(random() % (text.size() + 1), text.substr(at, length));
        break;
      case 3:
        if (at < text.size()) text[at] = static_cast<char>(random());
        break;
      case 4: {  // another number
        const std::size_t digit = text.find_first_of("0123456789", at);
        if (digit != text.npos) text[digit] = kBytes[random() % 10];
        break;
      }
      default:  // a statement once more
        text.insert(random() % 2 == 0 ? end : text.size(), text.substr(statement, end - statement));
    }
  }
  return text;
}

}  // namespace weft
