#include "runtime/running/variable_access.h"

#include "weft/error.h"

namespace weft {

bool VariableAccess::try_take(Use& use) {
  if (use.kind == Kind::read) return true;
  if (use.kind == Kind::write) return use.variable->try_lock_hidden();
  if (!use.variable->try_lock()) return false;
  use.value = use.variable->buffer();
  return true;
}

bool VariableAccess::take(std::size_t end) {
  if (taken_ == 0 && end > 0 && uses_[0].kind != Kind::read) uses_[0].variable->let_waiting_go_first();
  while (taken_ < end) {
    if (!try_take(uses_[taken_])) return give_way(*uses_[taken_].variable, /*to_writer=*/true);
    ++taken_;
  }
  return taken_ < uses_.size() || read_values();
}

// Values of one moment: none of them changed while they were taken.
bool VariableAccess::read_values() {
  for (bool same = false; !same;) {
    same = true;
    for (Use& use : uses_)
      if (use.kind == Kind::read && !use.variable->try_read(use.value, use.version))
        return give_way(*use.variable, /*to_writer=*/false);
    for (const Use& use : uses_) same = same && (use.kind != Kind::read || use.variable->is_at(use.version));
  }
  return true;
}

bool VariableAccess::give_way(Variable& obstacle, bool to_writer) {
  bool own = false;
  for (std::size_t i = 0; i < taken_; ++i)
    own = own || (uses_[i].kind != Kind::read && uses_[i].variable.get() == &obstacle);
  release();
  if (own) throw Error(ErrorKind::state, "[assign] a leaf is written twice");
  if (to_writer)
    obstacle.wait_for_writer();
  else
    obstacle.wait_for_value();
  return false;
}

void VariableAccess::begin() {
  begun_ = true;
  for (Use& use : uses_) {
    if (use.kind != Kind::write) continue;
    const Variable::Bytes bytes = use.variable->begin_write();
    any_beside_ = any_beside_ || bytes.now != bytes.next;
    use.moved = bytes.now != use.bytes.now || bytes.next != use.bytes.next;
    use.bytes = bytes;
  }
}

void VariableAccess::commit() {
  // Readers see all of the next values or none: nobody can read any of them before each is there.
  if (any_beside_)
    for (Use& use : uses_)
      if (use.kind == Kind::write) use.variable->hide();
  for (Use& use : uses_)
    if (use.kind == Kind::write) use.variable->end_write();
  committed_ = true;
}

void VariableAccess::release() {
  const std::span<Use> taken = uses_.first(taken_);
  const bool abandons = begun_ && !committed_;
  bool locked = false;
  for (Use& use : uses_)
    if (use.kind != Kind::write && use.value) use.value.reset();
  for (Use& use : taken) {
    if (use.kind == Kind::read) continue;
    if (abandons && use.kind == Kind::write) use.variable->abandon_write();
    use.variable->unlock();
    locked = true;
  }
  if (locked) Variable::wake_fence();
  for (Use& use : taken)
    if (use.kind != Kind::read) use.variable->wake();
  taken_ = 0;
  begun_ = committed_ = any_beside_ = false;
}

}  // namespace weft
