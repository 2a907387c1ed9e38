// The functions that headers declare, for tests that must know all of them.
#pragma once

#include <set>
#include <string>

namespace weft {

// The names of the functions, constructors and methods that users may call or override, from all headers of a folder:
// "add", "Tensor::sum", "nn::Linear::Linear", "operator+". Overloads are one name. Without what is private or in
// namespace detail, destructors, and what is defaulted or deleted.
std::set<std::string> public_functions(const std::string& folder);

}  // namespace weft
