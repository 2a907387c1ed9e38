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
  for (std::size_t i = 0; i < taken_; ++i)
    if (uses_[i].kind != Kind::read && uses_[i].variable.get() == &obstacle)
      throw Error(ErrorKind::state, "[assign] a leaf is written twice");
  release();
  if (to_writer)
    obstacle.wait_for_writer();
  else
    obstacle.wait_for_value();
  return false;
}

void VariableAccess::begin() {
  begun_ = true;
  for (Use& use : uses_)
    if (use.kind == Kind::write) use.bytes = use.variable->begin_write();
}

void VariableAccess::commit() {
  // Readers see all of the next values or none: nobody can read any of them before each is there.
  for (Use& use : uses_)
    if (use.kind == Kind::write) use.variable->hide();
  for (Use& use : uses_)
    if (use.kind == Kind::write) use.variable->end_write();
  committed_ = true;
}

void VariableAccess::release() {
  bool locked = false;
  for (std::size_t i = 0; i < uses_.size(); ++i) {
    Use& use = uses_[i];
    use.value.reset();
    if (i >= taken_ || use.kind == Kind::read) continue;
    if (begun_ && !committed_ && use.kind == Kind::write) use.variable->abandon_write();
    use.variable->unlock();
    locked = true;
  }
  if (locked) {
    Variable::wake_fence();
    for (std::size_t i = 0; i < taken_; ++i)
      if (uses_[i].kind != Kind::read) uses_[i].variable->wake();
  }
  taken_ = 0;
  begun_ = committed_ = false;
}

}  // namespace weft
