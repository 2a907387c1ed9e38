// The data set in MNIST's four files.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/testing/idx_file.h"
#include "weft/data.h"

namespace weft::data {
namespace {

using testing::Bytes;
using testing::gzip;
using testing::idx_bytes;
using testing::write_file;

constexpr unsigned char kU8 = 0x08;

// A folder with two images of one row and three pixels.
class FashionMnist : public ::testing::Test {
 protected:
  FashionMnist() {
    write("t10k-images-idx3-ubyte", idx_bytes(kU8, {2, 1, 3}, {0, 51, 102, 153, 204, 255}));
    write("t10k-labels-idx1-ubyte", idx_bytes(kU8, {2}, {9, 0}));
  }
  ~FashionMnist() override { std::filesystem::remove_all(folder()); }

  static std::string folder() { return ::testing::TempDir() + "/fashion_mnist_test"; }
  static void write(const std::string& name, const Bytes& bytes) { write_file("fashion_mnist_test/" + name, bytes); }
  static std::string error() {
    try {
      fashion_mnist(folder(), /*train=*/false);
      return "";
    } catch (const Error& e) {
      return e.what();
    }
  }
  static void expect_error(const std::string& rule) { EXPECT_NE(error().find(rule), std::string::npos) << error(); }
};

TEST_F(FashionMnist, ScalesPixelsAndFlattensImages) {
  const Dataset set = fashion_mnist(folder(), /*train=*/false);
  EXPECT_EQ(set.inputs.shape(), Shape({2, 3}));
  EXPECT_EQ(set.inputs.to_vector<float>(), (std::vector<float>{0.0F, 0.2F, 0.4F, 0.6F, 0.8F, 1.0F}));
  EXPECT_EQ(set.targets.shape(), Shape({2}));
  EXPECT_EQ(set.targets.to_vector<std::int64_t>(), (std::vector<std::int64_t>{9, 0}));
}

TEST_F(FashionMnist, PrefersCompressedFiles) {
  write("t10k-labels-idx1-ubyte.gz", gzip(idx_bytes(kU8, {2}, {3, 4})));
  EXPECT_EQ(fashion_mnist(folder(), false).targets.to_vector<std::int64_t>(), (std::vector<std::int64_t>{3, 4}));
}

TEST_F(FashionMnist, NamesTheFileThatIsMissing) {
  EXPECT_THROW(fashion_mnist(folder(), /*train=*/true), Error);
  std::filesystem::remove(folder() + "/t10k-labels-idx1-ubyte");
  expect_error("/t10k-labels-idx1-ubyte: there is no such file");
}

TEST_F(FashionMnist, RefusesAnotherNumberOfLabelsThanImages) {
  write("t10k-labels-idx1-ubyte", idx_bytes(kU8, {3}, {9, 0, 1}));
  expect_error("3 labels for 2 images");
}

TEST_F(FashionMnist, RefusesLabelsWithoutAClass) {
  write("t10k-labels-idx1-ubyte", idx_bytes(kU8, {2}, {9, 10}));
  expect_error("labels must be from 0 to 9");
}

TEST_F(FashionMnist, RefusesOtherArrays) {
  write("t10k-labels-idx1-ubyte", idx_bytes(kU8, {2, 1}, {9, 1}));
  expect_error("must hold unsigned bytes of 1 dimensions");
  write("t10k-images-idx3-ubyte", idx_bytes(0x09, {2, 1, 3}, {0, 51, 102, 153, 204, 255}));
  expect_error("must hold unsigned bytes of 3 dimensions");
}

TEST(FashionMnistPackage, TestSetHasAThousandImagesOfEachClass) {
  const Dataset set = fashion_mnist("/usr/share/datasets/fashion-mnist", /*train=*/false);
  EXPECT_EQ(set.inputs.shape(), Shape({10000, 784}));
  const std::vector<std::int64_t> labels = set.targets.to_vector<std::int64_t>();
  for (std::int64_t label = 0; label < 10; ++label) EXPECT_EQ(std::count(labels.begin(), labels.end(), label), 1000);
  const std::vector<float> pixels = set.inputs.to_vector<float>();
  EXPECT_EQ(*std::min_element(pixels.begin(), pixels.end()), 0.0F);
  EXPECT_EQ(*std::max_element(pixels.begin(), pixels.end()), 1.0F);
}

}  // namespace
}  // namespace weft::data
