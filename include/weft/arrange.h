// Parts, repetitions and orders of elements. All move elements of any dtype and have gradients. Those of the first
// group are views; the others are new tensors.
//
// Threads: as for all operations (weft/ops.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "weft/tensor.h"

namespace weft {

// ---- Views -----------------------------------------------------------------------------------------------------

// Parts of `size` along dim, the last of what is left.
std::vector<Tensor> split(const Operand& x, std::int64_t size, std::int64_t dim = 0);
// Parts of these sizes, which must add up to the extent.
std::vector<Tensor> split(const Operand& x, const std::vector<std::int64_t>& sizes, std::int64_t dim = 0);
// At most `chunks` parts of equal size along dim, but for the last, which may be smaller.
std::vector<Tensor> chunk(const Operand& x, std::int64_t chunks, std::int64_t dim = 0);
// The parts of extent 1 along dim, without that dim.
std::vector<Tensor> unbind(const Operand& x, std::int64_t dim = 0);
// Dim source[i] becomes dim destination[i]; the others keep their order.
Tensor movedim(const Operand& x, DimsRef source, DimsRef destination);
Tensor swapaxes(const Operand& x, std::int64_t dim0, std::int64_t dim1);  // as transpose()
// Dim `dim` becomes dims of these extents, of which one may be -1.
Tensor unflatten(const Operand& x, std::int64_t dim, DimsRef sizes);
Tensor broadcast_to(const Operand& x, DimsRef shape);  // as expand()
// expand() to the shape of other, and view() of it.
Tensor expand_as(const Operand& x, const Tensor& other);
Tensor view_as(const Operand& x, const Tensor& other);
// The elements x[.., i, i + offset] of dims dim1 and dim2, along a last dim of its own; of a negative offset
// x[.., i - offset, i]. Copies where the matrices are not dense.
Tensor diagonal(const Operand& x, std::int64_t offset = 0, std::int64_t dim1 = 0, std::int64_t dim2 = 1);
// Coordinates of a grid: result k has the elements of vector k along dim k. indexing "xy" swaps the first two dims.
std::vector<Tensor> meshgrid(const std::vector<Tensor>& vectors, std::string_view indexing = "ij",
                             SourceLocation at = SourceLocation::current());

// ---- New tensors -----------------------------------------------------------------------------------------------

// The tensor repeats[d] times along each dim d; there may be more dims in front than it has.
Tensor repeat(const Operand& x, DimsRef repeats);
Tensor tile(const Operand& x, DimsRef repeats);  // as repeat(), fewer dims than it has stand for the last ones
// Each element `repeats` times in a row along dim, or of the flattened tensor.
Tensor repeat_interleave(const Operand& x, std::int64_t repeats, std::optional<std::int64_t> dim = std::nullopt);
Tensor flip(const Operand& x, DimsRef dims);  // from last to first along each of these dims
// Element i moves to i + shifts[k] along dims[k], those that leave come in on the other side; without dims, of the
// flattened tensor.
Tensor roll(const Operand& x, DimsRef shifts, DimsRef dims = {});
// Of matrices, or of batches of them: the elements with column - row <= diagonal (tril), or >= it (triu); 0 elsewhere.
Tensor tril(const Operand& x, std::int64_t diagonal = 0);
Tensor triu(const Operand& x, std::int64_t diagonal = 0);
// Of a vector: the square matrix that has it on this diagonal; of a matrix: that diagonal.
Tensor diag(const Operand& x, std::int64_t diagonal = 0);
// Square matrices with the last dim of x on this diagonal and 0 elsewhere: dims dim1 and dim2 of the result, whose
// other dims are those of x. diagonal() turned round.
Tensor diag_embed(const Operand& x, std::int64_t offset = 0, std::int64_t dim1 = -2, std::int64_t dim2 = -1);
// A quarter turn from dims[0] towards dims[1], k times over; two dims.
Tensor rot90(const Operand& x, std::int64_t k = 1, DimsRef dims = {0, 1});
// torch.Tensor.unfold: window i holds the elements i * step to i * step + size of dim, along a last dim of its own. A
// copy, where PyTorch's is a view; windows overlap where step < size, and their gradients are added.
Tensor unfold(const Operand& x, std::int64_t dim, std::int64_t size, std::int64_t step);
// Powers of each element of a vector: [n, columns] with x^(columns - 1), .., x, 1 in each row, or the other way round.
Tensor vander(const Operand& x, std::optional<std::int64_t> columns = std::nullopt, bool increasing = false);
// All combinations of one element of each vector, in rows, the last vector moving first.
Tensor cartesian_prod(const std::vector<Tensor>& vectors, SourceLocation at = SourceLocation::current());
// All ways to take r elements of a vector in their order, in rows; each once, or any number of times.
Tensor combinations(const Operand& x, std::int64_t r = 2, bool with_replacement = false);

}  // namespace weft
