// The ops that graph/ itself puts into graphs. They are defined above it, and no hook of one op can tell which other op
// takes its place: so they are found by name, once, and nowhere but here. Each throws Error where nobody registered it.
#pragma once

#include "graph/op.h"

namespace weft::known_ops {

const OpDef& full();
const OpDef& arange();
const OpDef& reshape();
const OpDef& expand();
const OpDef& add();
const OpDef& square();
const OpDef& accumulate();  // the sum of its operands, in their order
const OpDef& fused();       // a program (element_program.h) over a shape
const OpDef& fused_matmul();
const OpDef& custom_call();  // its first operands, differentiated by code of a user's own
const OpDef& after();        // its first operand, once the others are there
const OpDef& sum_blocks();   // the total of a fused op's block sums

// Attributes of full: each element of a value of this type is this number.
Attrs full_attrs(const TensorType& type, double value);
// The same for i64, with all digits.
Attrs full_attrs(const TensorType& type, std::int64_t value);

}  // namespace weft::known_ops
