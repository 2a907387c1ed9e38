#include "tests/testing/public_functions.h"

#include <cctype>
#include <filesystem>
#include <fstream>
#include <regex>
#include <vector>

namespace weft {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// The code of a header on one line: without comments, directives, and what strings hold.
std::string code_of(const std::filesystem::path& path) {
  static const std::regex kString(R"re("(\\.|[^"\\])*")re"), kComment("//.*$");
  std::string code;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("#")) continue;
    code += std::regex_replace(std::regex_replace(line, kString, "\"\""), kComment, "") + " ";
  }
  return code;
}

// Where the bracket that opens at `open` is closed.
std::size_t closing(const std::string& text, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    if (text[i] == '(' || text[i] == '{') ++depth;
    if ((text[i] == ')' || text[i] == '}') && --depth == 0) return i;
  }
  return text.size();
}

// The word that ends before `end`, with the spaces behind it left out.
std::string word_before(const std::string& text, std::size_t end) {
  while (end > 0 && text[end - 1] == ' ') --end;
  std::size_t begin = end;
  while (begin > 0 && is_word(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

// The function that a declaration declares, "" for anything else.
std::string declared_function(const std::string& text) {
  static const std::regex kOther(R"(^\s*(using|static_assert|friend|typedef)\b)"),
      kNoBody(R"(=\s*(default|delete)\s*$)");
  if (std::regex_search(text, kOther) || std::regex_search(text, kNoBody)) return "";
  static const std::regex kOperator(R"(\boperator\s*(\(\)|\[\]|[^\s(]+))");
  if (std::smatch match; std::regex_search(text, match, kOperator))
    return (is_word(match[1].str()[0]) ? "operator " : "operator") + match[1].str();
  for (std::size_t open = text.find('('); open != text.npos; open = text.find('(', open)) {
    const std::string name = word_before(text, open);
    if (name == "requires" || name == "decltype") {
      open = closing(text, open);
      continue;
    }
    const bool initialised = text.find('=') < open && text.find("template") == text.npos;
    const bool destructor = open > name.size() && text[open - name.size() - 1] == '~';
    return initialised || destructor ? "" : name;
  }
  return "";
}

class HeaderReader {
 public:
  HeaderReader(std::string code, std::set<std::string>& found) : code_(std::move(code)), found_(found) {}

  void read() {
    for (at_ = 0; at_ < code_.size(); ++at_) {
      const char c = code_[at_];
      if (c == '(') {
        const std::size_t end = closing(code_, at_);
        head_ += code_.substr(at_, end - at_ + 1);
        at_ = end;
      } else if (c == ';') {
        end_declaration();
      } else if (c == '{') {
        open_brace();
      } else if (c == '}') {
        scopes_.pop_back();
        head_.clear();
      } else if (c == ':' && ends_access()) {
        head_.clear();
      } else {
        head_ += c;
      }
    }
  }

 private:
  struct Scope {
    std::string name;
    bool hidden = false;
  };

  // Of "public:", "protected:" and "private:".
  bool ends_access() {
    const std::string word = word_before(head_, head_.size());
    if (word != "public" && word != "protected" && word != "private") return false;
    if (code_[at_ + 1] == ':') return false;
    static const std::regex kOnlyAccess(R"(^\s*\w+\s*$)");
    if (!std::regex_match(head_, kOnlyAccess)) return false;
    scopes_.back().hidden = word == "private";
    return true;
  }

  void end_declaration() {
    const std::string function = declared_function(head_);
    head_.clear();
    if (function.empty()) return;
    std::string name;
    for (const Scope& scope : scopes_) {
      if (scope.hidden || scope.name == "detail") return;
      if (!scope.name.empty() && scope.name != "weft") name += scope.name + "::";
    }
    found_.insert(name + function);
  }

  void open_brace() {
    static const std::regex kNamespace(R"(^\s*namespace\s+([\w:]*)\s*$)");
    static const std::regex kClass(R"(^\s*(?:template\s*<.*>\s*)?(class|struct)\s+([\w:]+)\s*(<.*>)?\s*(:.*)?$)");
    std::smatch match;
    if (std::regex_match(head_, match, kNamespace)) {
      const std::string name = match[1];  // "weft::nn" is one scope
      scopes_.push_back({name.starts_with("weft::") ? name.substr(6) : name, false});
      head_.clear();
    } else if (std::regex_match(head_, match, kClass)) {
      scopes_.push_back({match[2], match[1] == "class"});
      head_.clear();
    } else {
      const bool function = head_.find('(') != head_.npos;
      at_ = closing(code_, at_);
      if (function) end_declaration();
    }
  }

  const std::string code_;
  std::set<std::string>& found_;
  std::vector<Scope> scopes_;
  std::string head_;
  std::size_t at_ = 0;
};

}  // namespace

std::set<std::string> public_functions(const std::string& folder) {
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    HeaderReader(code_of(entry.path()), found).read();
  return found;
}

}  // namespace weft
