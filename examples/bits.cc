// Trains a network of images, meets an error, and prints a hash of every number that came of it. However Weft was built
// and linked, it is the same on one machine: .ci/consumers compares the hashes of all its programs.
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

#include "weft/weft.h"

namespace {

class Hash {
 public:
  template <class T>
  void add(const weft::Tensor& tensor) {
    for (const T value : tensor.to_vector<T>()) {
      std::uint64_t bits = 0;
      std::memcpy(&bits, &value, sizeof value);
      value_ = (value_ ^ bits) * 0x100000001b3u;  // FNV-1a
    }
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325u;
};

void train(Hash& hash) {
  weft::manual_seed(1);
  weft::nn::Sequential model(weft::nn::Conv2d(1, 4, 3), weft::nn::BatchNorm2d(4), weft::nn::GELU(),
                             weft::nn::MaxPool2d(2), weft::nn::Flatten(), weft::nn::Linear(4 * 13 * 13, 10));
  weft::optim::Adam optimizer(model.parameters(), {.lr = 0.01});
  const auto step = weft::compile([&](weft::Tensor images, weft::Tensor labels) {
    const auto loss = weft::cross_entropy(model(images), labels);
    loss.backward();
    optimizer.step();
    optimizer.zero_grad();
    return loss;
  });
  const auto images = weft::randn({16, 1, 28, 28});
  const auto labels = weft::remainder(weft::arange(16), 10);
  for (int i = 0; i < 10; ++i) hash.add<float>(step(images, labels));
  for (const weft::Tensor& parameter : model.parameters()) hash.add<float>(parameter.detach());
}

// Doubles, integers and eager gradients.
void differentiate(Hash& hash) {
  const auto x = weft::randn({50, 60}, weft::kFloat64).requires_grad_();
  const auto y = weft::softmax(weft::matmul(x, weft::sin(x).transpose(0, 1)), 1);
  weft::sum(weft::logsumexp(y, {1}) * weft::erf(weft::mean(x, {1}))).backward();
  hash.add<double>(x.grad());
  hash.add<std::int64_t>(weft::argmax(x.detach(), 1));
}

// What the library throws, the program catches by its type.
bool catches_errors() {
  try {
    weft::matmul(weft::ones({2, 3}), weft::ones({2, 3}));
  } catch (const weft::Error& error) {
    return error.kind() == weft::ErrorKind::shape && std::string(error.where().file).ends_with("bits.cc");
  }
  return false;
}

}  // namespace

int main() {
  if (!catches_errors() || std::string(weft::version()) != weft::kVersion) return 1;
  Hash hash;
  train(hash);
  differentiate(hash);
  std::printf("%016llx\n", static_cast<unsigned long long>(hash.value()));
}
