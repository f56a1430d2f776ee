#include "protocol/dicom/inflater.h"

#include <algorithm>
#include <array>
#include <bit>

namespace dcmwatch::dicom {
namespace {

constexpr std::size_t kPieceBytes = 1024;
constexpr std::size_t kStateBytes = 7 * 1024;  // of zlib, beside the window
constexpr std::uint64_t kBytesFromOne = 64;    // what each byte adds to what may come of all; images may be flat

}  // namespace

// Negative: without zlib's header.
Inflater::Inflater(std::uint64_t most_bytes)
    : left_bytes_(most_bytes), failed_(inflateInit2(&stream_, -std::countr_zero(kWindowBytes)) != Z_OK) {}

Inflater::~Inflater() { inflateEnd(&stream_); }

std::size_t Inflater::kept_bytes() { return kStateBytes + kWindowBytes; }

void Inflater::feed(ByteView bytes, const std::function<bool(ByteView)>& take) {
  std::array<std::uint8_t, kPieceBytes> piece;
  left_bytes_ += kBytesFromOne * bytes.size();
  stream_.next_in = const_cast<Bytef*>(bytes.data());  // zlib does not write there
  stream_.avail_in = static_cast<uInt>(bytes.size());
  while (!failed_ && !ended_) {
    stream_.next_out = piece.data();
    stream_.avail_out = piece.size();
    const int result = inflate(&stream_, Z_NO_FLUSH);
    const std::size_t made = piece.size() - stream_.avail_out;
    ended_ = result == Z_STREAM_END;
    failed_ = made > left_bytes_;
    if (failed_) return;
    left_bytes_ -= made;
    // What came before the damage may be all that is wanted.
    if (made != 0 && !take(ByteView{piece}.first(made))) return;
    failed_ = result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR;
    if (made == 0) return;
  }
}

}  // namespace dcmwatch::dicom
