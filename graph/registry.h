// Registration of operations at run time. WEFT_REGISTER_OP in graph/op.h is for those of the library.
#pragma once

#include "graph/op.h"

namespace weft {

// Enters an op, which must live as long as the process. The op that had the name before, or null where it is entered
// now. Any thread.
const OpDef* enter_op(const OpDef& op);

}  // namespace weft
