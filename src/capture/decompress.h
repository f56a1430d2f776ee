// Compressed captures: gzip (RFC 1952) and zstd (RFC 8878), recognised by content.
#pragma once

#include <memory>

#include "capture/input.h"

namespace dcmwatch {

[[nodiscard]] bool is_compressed(ByteView beginning);

/// What `input` holds, decompressed; members and frames that follow one another are one. `beginning` was read of it
/// already and is kept alive by `first`. Memory is bounded by the formats' windows: 32 KiB, and 128 MiB at most.
std::unique_ptr<Input> decompress(std::unique_ptr<Input> input, Window first, ByteView beginning);

}  // namespace dcmwatch
