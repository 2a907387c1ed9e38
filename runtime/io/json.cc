#include "runtime/io/json.h"

#include <array>
#include <nlohmann/json.hpp>
#include <unordered_set>

namespace weft {
namespace {

using Json = nlohmann::json;

class Reader : public nlohmann::json_sax<Json> {
 public:
  Reader(const FileCall& call, JsonVisitor& visitor) : call_(call), visitor_(visitor) {}

  bool null() override { return leaf(std::monostate()); }
  bool boolean(bool) override { return leaf(std::monostate()); }
  bool number_integer(std::int64_t) override { return leaf(std::monostate()); }
  bool number_float(double, const std::string&) override { return leaf(std::monostate()); }
  bool binary(Json::binary_t&) override { return leaf(std::monostate()); }
  bool string(std::string& text) override { return leaf(std::move(text)); }
  bool number_unsigned(std::uint64_t number) override {
    if (!in_list_) return leaf(number);
    list_.push_back(number);
    return true;
  }

  bool start_object(std::size_t) override {
    if (in_list_ || depth_ == kMaxDepth) refuse("an object in a place that has none");
    keys_[depth_++].clear();
    return true;
  }
  bool key(std::string& key) override {
    path_.resize(depth_ - 1);
    if (!keys_[depth_ - 1].insert(key).second) call_.fail("has " + printable(key) + " twice");
    path_.push_back(std::move(key));
    return true;
  }
  bool end_object() override {
    path_.resize(--depth_);
    visitor_.end_object(path_);
    return true;
  }
  bool start_array(std::size_t) override {
    if (in_list_ || depth_ == 0) refuse("a list in a place that has none");
    in_list_ = true;
    list_.clear();
    return true;
  }
  bool end_array() override {
    in_list_ = false;
    return leaf(std::move(list_));
  }
  bool parse_error(std::size_t place, const std::string&, const nlohmann::detail::exception&) override {
    call_.fail("has a text that is no JSON, at its byte " + std::to_string(place));
  }

 private:
  static constexpr std::size_t kMaxDepth = 2;

  [[noreturn]] void refuse(const std::string& what) const { call_.fail("its JSON has " + what); }
  bool leaf(JsonValue value) {
    if (in_list_) refuse("a list of other things than whole numbers");
    if (depth_ == 0) refuse("no object");
    visitor_.value(path_, std::move(value));
    return true;
  }

  const FileCall& call_;
  JsonVisitor& visitor_;
  std::size_t depth_ = 0;  // objects that are open
  std::array<std::unordered_set<std::string>, kMaxDepth> keys_;
  std::vector<std::string> path_;
  bool in_list_ = false;
  std::vector<std::uint64_t> list_;
};

}  // namespace

void read_json(std::string_view text, const FileCall& call, JsonVisitor& visitor) {
  Reader reader(call, visitor);
  Json::sax_parse(text.begin(), text.end(), &reader);
}

std::string json_string(const std::string& text, const FileCall& call) {
  try {
    return Json(text).dump();
  } catch (const Json::type_error&) {
    call.fail(ErrorKind::value, "the text " + printable(text) + " is no UTF-8");
  }
}

std::string printable(const std::string& name) {
  constexpr std::size_t kMost = 80;
  const std::string text = Json(name.substr(0, kMost)).dump(-1, ' ', true, Json::error_handler_t::replace);
  return name.size() > kMost ? text + "..." : text;
}

}  // namespace weft
