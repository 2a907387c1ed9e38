// Texts that are nearly right, for parsers that must refuse what they cannot take.
#pragma once

#include <functional>
#include <random>
#include <string>
#include <string_view>

namespace weft {

// Calls check with the text once for each of its words and each piece of junk: numbers that are negative, huge or no
// numbers, words of other places, bytes that are no text. Words end at spaces and semicolons.
void for_each_word_replaced(std::string_view text, const std::function<void(const std::string&)>& check);

// The text with one or two bytes, short pieces, numbers or statements put in, left out, replaced or repeated.
std::string mutated(std::string text, std::mt19937_64& random);

}  // namespace weft
