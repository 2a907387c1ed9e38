// The ops that random programs are made of, beside those of random_dag.h. They are not registered: registered ops are
// the library's own.
#pragma once

#include "graph/op.h"

namespace weft {

extern const OpDef kTestMix;       // from one operand's shape and further ones of that shape or of one element
extern const OpDef kTestGather;    // "size" elements, each from several of each operand
extern const OpDef kTestSplit;     // two results, elementwise
extern const OpDef kTestRows;      // elementwise in place, a part for each row of a matrix [n / 4, 4]
extern const OpDef kTestColumns;   // a part for each column of a matrix [n / 4, 4], from all rows
extern const OpDef kTestReversed;  // uses scratch
extern const OpDef kTestValue;     // "size" elements from the attribute "value"
extern const OpDef kTestFold;      // alias: [n / 4, 4]
extern const OpDef kTestFlat;      // alias: ["size"]

}  // namespace weft
