// The variables of a run, from its beginning to its end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "graph/variable.h"

namespace weft {

// A run reads the values that its variables have at one moment, and its own next values take their place at one moment.
// Runs that write the same variable take turns. Nobody who holds a variable waits for another, so runs never wait for
// each other in a ring, whatever they touch, in whatever order.
class VariableAccess {
 public:
  enum class Kind : std::uint8_t {
    read,          // while others may write
    read_in_turn,  // other writers wait
    write          // and it has another value in the end
  };
  struct Use {
    std::shared_ptr<Variable> variable;
    Kind kind = Kind::read;
    // Of what is read: held while the access lasts.
    std::shared_ptr<const Buffer> value;
    std::uint64_t version = 0;
    // Of what is written, from begin() on: where it is, and where the next value goes. moved: elsewhere than in the
    // access before that used this.
    Variable::Bytes bytes;
    bool moved = true;
  };

  explicit VariableAccess(std::span<Use> uses) : uses_(uses) {}
  // Without commit() everything is as it was, as far as it was not written in place.
  ~VariableAccess() { release(); }
  VariableAccess(const VariableAccess&) = delete;
  VariableAccess& operator=(const VariableAccess&) = delete;

  // Takes the uses up to `end`; the last call reads the values. Where it would have to wait, it lets everything go,
  // waits, and returns false: to be begun again. Throws Error where a variable is written and there twice.
  bool take(std::size_t end);
  // When all are taken, and those let go who need not keep what is there: gives the bytes. Throws Error.
  void begin();
  // The next values are those of the variables.
  void commit();
  // Lets go of everything.
  void release();

 private:
  bool try_take(Use& use);
  bool read_values();
  bool give_way(Variable& obstacle, bool to_writer);

  std::span<Use> uses_;
  std::size_t taken_ = 0;
  bool begun_ = false, committed_ = false, any_beside_ = false;
};

}  // namespace weft
