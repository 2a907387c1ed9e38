#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <mutex>

#include "runtime/io/append_file.h"
#include "runtime/io/event_records.h"
#include "runtime/io/json.h"

namespace weft {
namespace {

double wall_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// A name that TensorBoard knows, and that nobody else takes.
std::string new_path(const std::string& folder) {
  static std::atomic<int> files{0};
  char host[256] = "host";
  ::gethostname(host, sizeof host - 1);
  return folder + "/events.out.tfevents." + std::to_string(static_cast<long long>(wall_time())) + "." + host + "." +
         std::to_string(::getpid()) + "." + std::to_string(files++);
}

void make_folder(const std::string& folder, SourceLocation at) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) FileCall{"TensorBoard", folder, at}.fail("cannot be made: " + error.message());
}

}  // namespace

struct TensorBoard::Impl {
  explicit Impl(const FileCall& call) : path(call.path), file(call, IfExists::fail) {
    file.append(call, record_of(version_event(wall_time())));
  }

  FileCall call(SourceLocation at) const { return {"TensorBoard", path, at}; }

  void check_tag(const std::string& tag, SourceLocation at) const {
    if (tag.empty()) call(at).fail(ErrorKind::value, "a tag is empty");
    json_string(tag, call(at));  // throws for one that is no UTF-8, which no reader would take
  }

  void append(const std::string& records, SourceLocation at) {
    const std::lock_guard lock(mutex);
    file.append(call(at), records);
  }

  const std::string path;
  std::mutex mutex;  // guards what follows
  AppendFile file;
};

TensorBoard::TensorBoard(const std::string& folder, SourceLocation at) {
  make_folder(folder, at);
  impl_ = std::make_unique<Impl>(FileCall{"TensorBoard", new_path(folder), at});
}
TensorBoard::~TensorBoard() = default;

void TensorBoard::scalar(const std::string& tag, double value, std::int64_t step, SourceLocation at) {
  scalars({{tag, value}}, step, at);
}

void TensorBoard::scalars(const Metrics& metrics, std::int64_t step, SourceLocation at) {
  std::string records;
  for (const auto& [tag, value] : metrics) {
    impl_->check_tag(tag, at);
    records += record_of(scalar_event(wall_time(), step, tag, static_cast<float>(value)));
  }
  impl_->append(records, at);
}

void TensorBoard::histogram(const std::string& tag, const Tensor& values, std::int64_t step, SourceLocation at) {
  impl_->check_tag(tag, at);
  if (!values.defined()) impl_->call(at).fail(ErrorKind::state, "undefined tensor");
  std::vector<double> finite = values.detach(at).to(kFloat64, at).to_vector<double>(at);
  std::erase_if(finite, [](double value) { return !std::isfinite(value); });
  if (finite.empty()) impl_->call(at).fail(ErrorKind::value, "\"" + tag + "\" has no element that is finite");
  impl_->append(record_of(histogram_event(wall_time(), step, tag, histogram_of(finite))), at);
}

const std::string& TensorBoard::path() const { return impl_->path; }

}  // namespace weft
